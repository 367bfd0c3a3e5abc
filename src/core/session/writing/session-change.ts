/** The change of the table of sessions that stores a session, with the record of its user's session. */
import type { SessionChange, Visitor } from "../../effect.ts"
import type { SessionKey } from "../../session-key.ts"
import type { Moment } from "../../transition.ts"
import * as Expiry from "../lifetime/expiry.ts"
import type { LoadedSession } from "../value/session.ts"
import { nameSameUser } from "../value/session-operation.ts"
import type { SessionSettings } from "../value/session-settings.ts"
import * as SessionRecord from "./session-record.ts"

/**
 * The change that stores the session. It gets a new key if it has none.
 *
 * @param visitor the client, if the sessions of users are recorded
 */
export const changeOf = (
  settings: SessionSettings,
  visitor: Visitor | undefined,
  session: LoadedSession,
  moment: Moment
): SessionChange => {
  const text = settings.codec.encode(session.data, moment.now)
  const expiresAt = Expiry.expiresAt(session.data, settings, moment.now)
  const change = rowChange(settings, session, session.key ?? moment.fresh.sessionKey, text, expiresAt)
  return settings.userSessions === undefined ? change : withVisit(settings, visitor, session, change, moment)
}

/** The record changes together with the row. A `Move` always says whose session it is then. */
const withVisit = (
  settings: SessionSettings,
  visitor: Visitor | undefined,
  session: LoadedSession,
  change: SessionChange,
  { now }: Moment
): SessionChange => {
  if (change._tag === "Delete") return change
  const key = change._tag !== "Move" ? change.key : change.forwards === true ? change.from : change.to
  const visit = SessionRecord.visitOf(settings, visitor, session, key, now)
  const isDue = change._tag === "Insert" ? visit?.user !== undefined : change._tag === "Move"
  return visit !== undefined && (isDue || SessionRecord.isDue(session, visit)) ? { ...change, visit } : change
}

const rowChange = (
  settings: SessionSettings,
  session: LoadedSession,
  key: SessionKey,
  text: string,
  expiresAt: number
): SessionChange => {
  const { storedKey } = session
  if (storedKey === undefined) return { _tag: "Insert", key, text, expiresAt }
  const was = session.base._tag === "Read" || session.base._tag === "Expired" ? session.base.text : undefined
  return key === storedKey
    ? { _tag: "Update", key, was, text, expiresAt }
    : {
        _tag: "Move",
        from: storedKey,
        was,
        to: key,
        text,
        expiresAt,
        ifGone: session.ifGone === "Insert" ? "Insert" : "Refuse",
        ...(keepsUser(settings, session) ? { forwards: true } : {})
      }
}

/**
 * Whether a session that gets a new key keeps its user. Only then may a client that has only the old key end the
 * session: after a login, a client that knew the anonymous key must not be able to.
 */
const keepsUser = ({ codec }: SessionSettings, { base, data }: LoadedSession): boolean => {
  const before = base._tag === "Read" ? codec.decode(base.text) : undefined
  return before?._tag === "Decoded" && nameSameUser(before.data, data)
}
