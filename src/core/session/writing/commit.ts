/**
 * What happens to the session at the end of a request. Decided once per request.
 *
 * |   | condition, checked before the session is loaded                              | store      | cookie  | Vary        |
 * | - | ---------------------------------------------------------------------------- | ---------- | ------- | ----------- |
 * | 1 | the request had the cookie (even an empty one) and the session is empty      | delete row | deleted | yes         |
 * | 2 | not 1; modified or save-every-request; not empty; status below 500 (*)       | commit     | set     | yes         |
 * | 3 | like 2, but status 500 or above (*)                                          | delete row | none    | if accessed |
 * | 4 | otherwise                                                                    | nothing    | none    | if accessed |
 *
 * With an idle or absolute lifetime (`lifetime.ts`), a session that was only read is committed once per interval. If
 * another request has recorded its use, moved or deleted it meanwhile, nothing is written and the response is sent.
 *
 * A session that is closed to the request is in row 4 with all settings. In row 4 the use of a
 * session by its user may be recorded: see `session-record.ts`.
 *
 * (*) With `savesServerErrors`: row 3 is for status 500 only, row 2 for every other status.
 *
 * "delete row" happens only after a flush of a stored session. The cookie is made from what was committed, so the
 * response waits for the commit.
 *
 * | state          | answer, condition            | next                | what happens                              |
 * | -------------- | ---------------------------- | ------------------- | ----------------------------------------- |
 * | (start)        | row 1, 3 or 4, after a flush | Deleting            |                                           |
 * | (start)        | row 1, 3 or 4, else          | Done: Responded     | in row 1 the cookie is deleted            |
 * | (start)        | row 2, not loaded            | LoadingSession      |                                           |
 * | (start)        | row 2, loaded                | Committing          |                                           |
 * | LoadingSession | any                          | Committing          |                                           |
 * | Committing     | Committed                    | Done: Responded     | the cookie is set                         |
 * | Committing     | Changed                      | Committing          | the operations are applied to the row's   |
 * |                |                              |                     | new data                                  |
 * | Committing     | Changed, its use is recorded | Done: Responded     | if this request only read the session     |
 * | Committing     | Changed, names another user  | (row lost)          | this request only rewrites one user's     |
 * |                |                              |                     | hash                                      |
 * | Committing     | KeyTaken, fewer than 3 times | Committing          | with another key                          |
 * | Committing     | KeyTaken, the third time     | Done: KeysExhausted |                                           |
 * | Committing     | Moved                        | Committing          | in place of the moved row, or beside it   |
 * | Committing     | Moved, must not be inserted  | (row lost)          |                                           |
 * | Committing     | Gone                         | (row lost)          |                                           |
 * | (row lost)     | only a hash is lost          | Done: Responded     | without a cookie                          |
 * | (row lost)     | else                         | Done: Interrupted   |                                           |
 * | Deleting       | Deleted                      | Done: Responded     | in row 1 the cookie is deleted            |
 * | Deleting       | Moved, after a flush         | Deleting            | the moved row                             |
 * | Deleting       | Moved, otherwise             | Done: Responded     |                                           |
 *
 * A row moves when a parallel request renews the session. After a flush the moved row is replaced; a login from an
 * anonymous session is inserted beside it. If the session replaces an expired one that another request has written
 * since, that row stays too, and the session is inserted beside it.
 */
import type { Command, CommitAnswer, CommitSession, LoadSession, LoadSessionAnswer, Visitor } from "../../effect.ts"
import * as Data from "../../json/session-data.ts"
import type { SessionKey } from "../../session-key.ts"
import { type Moment, noEffects, type Transition } from "../../transition.ts"
import * as Lifetime from "../lifetime/lifetime.ts"
import { storedData } from "../text/stored-data.ts"
import type { LoadedSession, Session } from "../value/session.ts"
import * as SessionValue from "../value/session.ts"
import type { SessionSettings } from "../value/session-settings.ts"
import { loadedBy, openSession } from "./load-session.ts"
import { changeOf } from "./session-change.ts"
import * as SessionCookie from "./session-cookie.ts"
import * as SessionRecord from "./session-record.ts"

/** What `respond` needs to know about the request. */
export interface CookiePresence {
  /** The request had a session cookie, with any value. */
  readonly sessionCookiePresented: boolean
  /** The client, if the sessions of users are recorded. */
  readonly visitor?: Visitor
}

/** A paused `respond`: the session is being loaded, written or deleted. */
export type Responding =
  /** The store was asked for the session, to change it. */
  | { readonly _tag: "LoadingSession" }
  /** The session is being written. `keysTaken` is the number of new keys that were in use already. */
  | { readonly _tag: "Committing"; readonly keysTaken: number }
  /** The row is being deleted. `cookie` says what happens to the cookie then. */
  | { readonly _tag: "Deleting"; readonly cookie: "Delete" | "Leave" }

/** Whether the handler's response may be sent. */
export type Response =
  /** The response may be sent, with the cookies among the effects. */
  | { readonly _tag: "Responded" }
  /** Another request deleted the session while this request was changing it: the response is a 400, without cookies. */
  | { readonly _tag: "Interrupted" }
  /** Every new key was already in use: the source of random numbers is broken. */
  | { readonly _tag: "KeysExhausted" }

/** One step of `respond`. */
export type Respond<Request> = Transition<Request, Session, Responding, Response, LoadSession | CommitSession>

const maximumKeys = 3

/**
 * Decides what happens to the session, and asks the store for it where needed.
 *
 * @param status of the handler's response
 */
export const respond = <Request extends CookiePresence>(
  settings: SessionSettings,
  request: Request,
  session: Session,
  status: number,
  moment: Moment
): Respond<Request> => {
  const empty = SessionValue.isEmpty(session)
  if (empty && request.sessionCookiePresented) return retire(settings, request, session, "Delete")
  if (isFailure(settings, status)) return retire(settings, request, session, "Leave")
  if (SessionValue.isClosed(session)) return retire(settings, request, session, "Leave")
  const toBeWritten = !empty && (session.modified || settings.saveEveryRequest)
  if (!toBeWritten && isRenewalDue(settings, session, moment))
    return commit(settings, request, SessionValue.renewal(session), moment, 0)
  if (!toBeWritten)
    return withEffects(visits(settings, request, session, moment), retire(settings, request, session, "Leave"))
  const opened = openSession(request, session)
  return opened._tag === "Done"
    ? commit(settings, request, opened.value, moment, 0)
    : paused(request, session, [], opened.query, opened.state)
}

/**
 * Whether the status is an error after which changes are not stored. Only the row of a flushed session is still
 * deleted.
 */
const isFailure = ({ savesServerErrors = false }: SessionSettings, status: number): boolean =>
  savesServerErrors ? status === 500 : status >= 500

/**
 * Continues with the answer to the query.
 *
 * @param session as it is now; it may have changed since the query was made
 * @throws {SessionUnreadable}
 */
export const resume = <Request extends CookiePresence>(
  settings: SessionSettings,
  request: Request,
  session: Session,
  state: Responding,
  answer: LoadSessionAnswer | CommitAnswer,
  moment: Moment
): Respond<Request> => {
  switch (answer._tag) {
    case "SessionFound":
    case "SessionAbsent":
    case "SessionExpired": {
      const loaded = loadedBy(settings, session, answer, moment)
      // Its lifetime is over: there is nothing to write any more.
      if (loaded.session.base._tag === "Flushed") return retire(settings, request, loaded.session, "Delete")
      if (SessionValue.isClosed(loaded.session)) return retire(settings, request, loaded.session, "Leave")
      return withEffects(loaded.effects, commit(settings, request, loaded.session, moment, 0))
    }
    case "Deleted":
      return respondedTo(settings, request, SessionValue.committed(session, undefined, undefined), cookieAfter(state))
    case "Moved":
      return movedOn(settings, request, session, state, answer.to, moment)
    case "Committed":
      return committed(
        settings,
        request,
        SessionValue.committed(session, answer.key, answer.text),
        answer.key,
        moment.now
      )
    case "Changed": {
      const after = rebased(settings, session, answer.text)
      // A request of latchkey that has written the session has recorded its use. A Django site has not.
      const isRenewal = SessionValue.isRenewal(session)
      if (isRenewal && (after === undefined || !isRenewalDue(settings, after, moment)))
        return respondedTo(settings, request, session, "Leave")
      return after === undefined
        ? gone(settings, request, session)
        : commit(settings, request, after, moment, keysTaken(state))
    }
    case "KeyTaken":
      return SessionValue.isLoaded(session) && keysTaken(state) + 1 < maximumKeys
        ? commit(settings, request, withAnotherKey(session, moment), moment, keysTaken(state) + 1)
        : done(request, session, [], { _tag: "KeysExhausted" })
    case "Gone":
      return gone(settings, request, session)
    default:
      return answer satisfies never
  }
}

/** Row 4: whether the session was only read, and its use has to be recorded so that it does not end as unused. */
const isRenewalDue = ({ lifetime }: SessionSettings, session: Session, { now }: Moment): session is LoadedSession =>
  lifetime !== undefined && session.base._tag === "Read" && Lifetime.isDue(lifetime, session.data, now)

/** Row 4: the session was read. */
const visits = (
  settings: SessionSettings,
  { visitor }: CookiePresence,
  session: Session,
  moment: Moment
): ReadonlyArray<Command<never>> => {
  if (settings.userSessions === undefined || !SessionValue.isLoaded(session)) return []
  const visit = SessionRecord.visitToRecord(settings, visitor, session, moment.now)
  return visit === undefined ? [] : [visit]
}

// ---- rows 1, 3 and 4 ---------------------------------------------------------------------------------------------

const retire = <Request extends CookiePresence>(
  settings: SessionSettings,
  request: Request,
  session: Session,
  cookie: "Delete" | "Leave"
): Respond<Request> =>
  session.storedKey !== undefined && session.base._tag === "Flushed"
    ? paused(
        request,
        session,
        [],
        { _tag: "CommitSession", change: { _tag: "Delete", key: session.storedKey } },
        { _tag: "Deleting", cookie }
      )
    : respondedTo(settings, request, session, cookie)

/** A parallel request renewed the session, so the row that this request wanted to remove has another key now. */
const movedOn = <Request extends CookiePresence>(
  settings: SessionSettings,
  request: Request,
  session: Session,
  state: Responding,
  to: SessionKey,
  moment: Moment
): Respond<Request> => {
  const after = SessionValue.isLoaded(session) ? SessionValue.moved(session, to) : undefined
  if (after === undefined) return gone(settings, request, session)
  if (state._tag === "Committing") return commit(settings, request, after, moment, state.keysTaken)
  return after.storedKey === undefined
    ? respondedTo(settings, request, SessionValue.committed(session, undefined, undefined), cookieAfter(state))
    : retire(settings, request, after, cookieAfter(state))
}

const respondedTo = <Request>(
  settings: SessionSettings,
  request: Request,
  session: Session,
  cookie: "Delete" | "Leave"
): Respond<Request> => {
  if (cookie === "Leave")
    return done(request, session, session.accessed ? accessEffects : noEffects, { _tag: "Responded" })
  return done(request, session, [SessionCookie.deletion(settings), varyOnCookie], { _tag: "Responded" })
}

// ---- row 2 -------------------------------------------------------------------------------------------------------

const commit = <Request extends CookiePresence>(
  settings: SessionSettings,
  request: Request,
  changed: LoadedSession,
  moment: Moment,
  keysTaken: number
): Respond<Request> => {
  const session = withUse(settings, changed, moment)
  const change = changeOf(settings, request.visitor, session, moment)
  return paused(request, session, [], { _tag: "CommitSession", change }, { _tag: "Committing", keysTaken })
}

/** The session with the time of its use, if it has an idle or absolute lifetime. */
const withUse = ({ lifetime }: SessionSettings, session: LoadedSession, { now }: Moment): LoadedSession =>
  lifetime === undefined ? session : { ...session, data: Lifetime.seen(lifetime, session.data, now) }

const committed = <Request>(
  settings: SessionSettings,
  request: Request,
  session: LoadedSession,
  key: SessionKey,
  now: number
): Respond<Request> =>
  done(request, session, [SessionCookie.cookieWith(settings, session, key, now), varyOnCookie], { _tag: "Responded" })

const gone = <Request>(settings: SessionSettings, request: Request, session: Session): Respond<Request> =>
  mayBeDropped(session)
    ? respondedTo(settings, request, session, "Leave")
    : done(request, session, [], { _tag: "Interrupted" })

const rebased = (settings: SessionSettings, session: Session, text: string): LoadedSession | undefined => {
  if (!SessionValue.isLoaded(session)) return undefined
  if (session.base._tag === "Expired") return SessionValue.detached(session)
  return SessionValue.rebase(session, text, storedData(settings.codec, text).data ?? Data.empty)
}

/** Replaces a key that was given by a renewal. Without one, the commit takes a new key in any case. */
const withAnotherKey = (session: LoadedSession, moment: Moment): LoadedSession =>
  session.key === undefined ? session : { ...session, key: moment.fresh.sessionKey }

/**
 * Whether the request changes only the session auth hash, because the secret key is new. If that change is lost, this
 * request keeps its user and nothing is stored.
 */
const mayBeDropped = (session: Session): boolean =>
  session.ifGone === "Drop" && session.operations.every((operation) => operation._tag === "Identify")

// ---- transitions -------------------------------------------------------------------------------------------------

const varyOnCookie: Command<never> = { _tag: "VaryOn", header: "Cookie" }
const accessEffects: ReadonlyArray<Command<never>> = [varyOnCookie]

const keysTaken = (state: Responding): number => (state._tag === "Committing" ? state.keysTaken : 0)

const cookieAfter = (state: Responding): "Delete" | "Leave" => (state._tag === "Deleting" ? state.cookie : "Leave")

const done = <Request>(
  request: Request,
  session: Session,
  effects: ReadonlyArray<Command<never>>,
  value: Response
): Respond<Request> => ({ _tag: "Done", request, session, effects, value })

const paused = <Request>(
  request: Request,
  session: Session,
  effects: ReadonlyArray<Command<never>>,
  query: LoadSession | CommitSession,
  state: Responding
): Respond<Request> => ({ _tag: "Paused", request, session, effects, query, state })

const withEffects = <Request>(effects: ReadonlyArray<Command<never>>, step: Respond<Request>): Respond<Request> =>
  effects.length === 0 ? step : { ...step, effects: [...effects, ...step.effects] }
