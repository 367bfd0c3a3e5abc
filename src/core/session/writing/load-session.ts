/**
 * Loads the session, at most once.
 *
 * | state          | answer, condition           | next           | what happens                                               |
 * | -------------- | --------------------------- | -------------- | ---------------------------------------------------------- |
 * | (start)        | nothing to load             | Done           |                                                            |
 * | (start)        | else                        | LoadingSession |                                                            |
 * | LoadingSession | SessionFound                | Done           | the session has the decoded data; for a corrupt text no    |
 * |                |                             |                | data, but the same key. A text over the size limit throws  |
 * |                |                             |                | {@link SessionUnreadable}                                  |
 * | LoadingSession | SessionFound, lifetime over | Done           | the session is empty, and its row is deleted when the      |
 * |                |                             |                | response is sent; a caller that only reads deletes nothing |
 * | LoadingSession | SessionFound, lacks a proof | Done           | the session is closed: no data, but the same key. See      |
 * |                |                             |                | `device-verdict.ts`                                        |
 * | LoadingSession | SessionAbsent               | Done           | the session has no key any more                            |
 * | LoadingSession | SessionExpired              | Done           | the session is empty and has a new key. It is written when |
 * |                |                             |                | the response is sent; a caller that only reads never       |
 * |                |                             |                | writes it                                                  |
 */

import * as DeviceVerdict from "../../device-bound/device-verdict.ts"
import type { Command, LoadSession, LoadSessionAnswer } from "../../effect.ts"
import * as Data from "../../json/session-data.ts"
import { type Moment, noEffects, type Transition } from "../../transition.ts"
import * as Lifetime from "../lifetime/lifetime.ts"
import { storedData } from "../text/stored-data.ts"
import type { LoadedSession, Session } from "../value/session.ts"
import * as SessionValue from "../value/session.ts"
import type { SessionSettings } from "../value/session-settings.ts"

/** A paused load: the store was asked for the session. */
export interface LoadingSession {
  readonly _tag: "LoadingSession"
}

/** One step of loading the session. The value is the session with its data. */
export type OpenSession<Request> = Transition<Request, Session, LoadingSession, LoadedSession, LoadSession>

/** Loads the session if that has not been done. Does not mark it as accessed: the caller does, where it counts. */
export const openSession = <Request>(request: Request, session: Session): OpenSession<Request> => {
  if (SessionValue.isLoaded(session)) return done(request, session, [])
  return session.storedKey === undefined
    ? done(request, SessionValue.absent(session), [])
    : {
        _tag: "Paused",
        request,
        session,
        effects: noEffects,
        query: { _tag: "LoadSession", key: session.storedKey },
        state: { _tag: "LoadingSession" }
      }
}

/** Continues with the store's answer. @throws {SessionUnreadable} */
export const resume = <Request>(
  settings: SessionSettings,
  request: Request,
  session: Session,
  _state: LoadingSession,
  answer: LoadSessionAnswer,
  moment: Moment
): OpenSession<Request> => {
  if (SessionValue.isLoaded(session)) return done(request, session, [])
  const { effects, session: loaded } = loadedBy(settings, session, answer, moment)
  return done(request, loaded, effects)
}

/**
 * The session after the store's answer.
 *
 * @param moment decides whether the session's lifetime has ended, and has the key of the session that replaces an
 * expired one
 * @throws {SessionUnreadable}
 */
export const loadedBy = (
  settings: SessionSettings,
  session: Session,
  answer: LoadSessionAnswer,
  { fresh, now }: Moment
): { readonly session: LoadedSession; readonly effects: ReadonlyArray<Command<never>> } => {
  if (answer._tag === "SessionAbsent") return { session: SessionValue.absent(session), effects: noEffects }
  if (answer._tag === "SessionExpired")
    return { session: SessionValue.expired(session, answer.text, fresh.sessionKey), effects: noEffects }
  const { badSignature, data } = storedData(settings.codec, answer.text)
  if (data !== undefined) {
    const found = SessionValue.found(session, answer.text, data, answer.record)
    const hasEnded = Lifetime.ended(settings.lifetime, data, now) !== undefined
    return { session: hasEnded ? SessionValue.discard(found) : judged(settings, found), effects: noEffects }
  }
  const corrupt = SessionValue.found(session, answer.text, Data.empty, answer.record)
  return {
    session: settings.codec.replacesUnreadable ? SessionValue.modified(corrupt) : corrupt,
    effects: badSignature ? [{ _tag: "Warn", event: "SessionCorrupted" }] : []
  }
}

/** The session as the request may use it, if sessions are bound to devices. */
const judged = ({ deviceBound }: SessionSettings, session: LoadedSession): LoadedSession => {
  const { data, device } = session
  if (deviceBound === undefined || device?.isJudged !== true) return session
  const verdict = DeviceVerdict.judge(deviceBound, data, device)
  const seen = { ...session, verdict }
  return DeviceVerdict.closes(deviceBound, verdict, data.has("_auth_user_id")) ? SessionValue.closed(seen) : seen
}

const done = <Request>(
  request: Request,
  session: LoadedSession,
  effects: ReadonlyArray<Command<never>>
): OpenSession<Request> => ({ _tag: "Done", request, session, effects, value: session })
