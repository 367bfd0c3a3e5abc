/**
 * Reading the session, once.
 *
 * | state          | answer         | next                                                                |
 * | -------------- | -------------- | ------------------------------------------------------------------- |
 * | (start)        |                | Done when there is nothing to read, else LoadingSession             |
 * | LoadingSession | SessionFound   | Done: decoded data; corrupt text is no data, the key stays; text    |
 * |                |                | of more than may be read is a {@link SessionUnreadable}             |
 * | LoadingSession | SessionAbsent  | Done: the key is dropped                                            |
 * | LoadingSession | SessionExpired | Done: an empty session under a new key, to be written when the      |
 * |                |                | response leaves; where none does (a reader), nothing comes of it    |
 */
import type { Command, LoadSession, LoadSessionAnswer } from "../effect.ts"
import type { Fresh, Transition } from "../transition.ts"
import * as Data from "./data.ts"
import type { LoadedSession, Session } from "./session.ts"
import * as SessionValue from "./session.ts"
import type { SessionSettings } from "./settings.ts"
import { storedData } from "./stored-data.ts"

export interface LoadingSession {
  readonly _tag: "LoadingSession"
}

export type OpenSession<Request> = Transition<Request, Session, LoadingSession, LoadedSession, LoadSession>

/** Makes sure that the session has been read. Counts as access only when the caller says so. */
export const openSession = <Request>(request: Request, session: Session): OpenSession<Request> => {
  if (SessionValue.isLoaded(session)) return done(request, session, [])
  return session.storedKey === undefined
    ? done(request, SessionValue.absent(session), [])
    : {
        _tag: "Paused",
        request,
        session,
        effects: [],
        query: { _tag: "LoadSession", key: session.storedKey },
        state: { _tag: "LoadingSession" }
      }
}

export const resume = <Request>(
  settings: SessionSettings,
  request: Request,
  session: Session,
  answer: LoadSessionAnswer,
  fresh: Fresh
): OpenSession<Request> => {
  if (SessionValue.isLoaded(session)) return done(request, session, [])
  const { effects, session: loaded } = loadedBy(settings, session, answer, fresh)
  return done(request, loaded, effects)
}

/**
 * The session with the answer taken in.
 *
 * @param fresh for the key of a session that takes an expired one's place
 * @throws {SessionUnreadable}
 */
export const loadedBy = (
  settings: SessionSettings,
  session: Session,
  answer: LoadSessionAnswer,
  fresh: Fresh
): { readonly session: LoadedSession; readonly effects: ReadonlyArray<Command<never>> } => {
  if (answer._tag === "SessionAbsent") return { session: SessionValue.absent(session), effects: [] }
  if (answer._tag === "SessionExpired")
    return { session: SessionValue.expired(session, answer.text, fresh.sessionKey), effects: [] }
  const { badSignature, data } = storedData(settings.codec, answer.text)
  if (data !== undefined) return { session: SessionValue.found(session, answer.text, data), effects: [] }
  const corrupt = SessionValue.found(session, answer.text, Data.empty)
  return {
    session: settings.codec.replacesUnreadable ? SessionValue.modified(corrupt) : corrupt,
    effects: badSignature ? [{ _tag: "Warn", event: "SessionCorrupted" }] : []
  }
}

const done = <Request>(
  request: Request,
  session: LoadedSession,
  effects: ReadonlyArray<Command<never>>
): OpenSession<Request> => ({ _tag: "Done", request, session, effects, value: session })
