/**
 * The records of the sessions of users. The record of a session is a string beside the session, in the same slot, so
 * that one script changes both. Its five lines are: id, started at, seen at, the user, the client. It expires a day
 * after its session.
 *
 * The keys of a user's sessions are in a sorted set, whose scores say when the records expire. It may be on another
 * node, so a key is added before its session is written, and removed after its session is deleted. So a session is
 * never missing from the set because a process died in between. The set may hold keys without a session: a list leaves
 * them out.
 */
import type { SessionRecord, SessionUser, SessionVisit } from "../../../../core/effect.ts"
import * as SessionKey from "../../../../core/session-key.ts"
import { mostListed, type StoredUserSession, type UserSessionQuery } from "../../../ports/session-store.ts"
import { clientText, parseRecord, userText } from "../../record-text.ts"
import { evaluate, type Servers } from "../connection/servers.ts"
import * as Scripts from "../scripts/scripts.ts"

/** The names in Redis, as bytes. */
export interface RecordNames {
  /** The name of the record of the session with this name. It is never the name of a session. */
  readonly recordOf: (name: string) => string
  /** The name of the set of a user's sessions. */
  readonly setOf: (user: SessionUser) => string
  readonly nameOf: (key: SessionKey.SessionKey) => string
}

/** A session and its record expire at different times, so that the record does not vanish first. */
const marginMilliseconds = 86_400_000

/** The arguments of a visit in a script. */
export const visitValues = (visit: SessionVisit): ReadonlyArray<string> => [
  visit.user === undefined ? "" : userText(visit.user),
  visit.id,
  String(visit.at),
  String(visit.seenBefore),
  clientText(visit)
]

/** Adds a session to the set of its user, before the session is written. */
export const addToSet = async (
  servers: Servers,
  { setOf }: RecordNames,
  key: SessionKey.SessionKey,
  visit: SessionVisit | undefined,
  liveMilliseconds: number
): Promise<void> => {
  if (visit?.user === undefined || liveMilliseconds <= 0) return
  const expiresAt = visit.at + liveMilliseconds + marginMilliseconds
  const values = [key, String(expiresAt), String(visit.at)]
  await evaluate(servers, Scripts.addToSet, [setOf(visit.user)], values, "repeatable")
}

/** Removes a session from the set of its user, after the session is deleted. No other session ever has its key. */
export const removeFromSet = async (
  servers: Servers,
  { setOf }: RecordNames,
  key: SessionKey.SessionKey,
  record: SessionRecord | undefined
): Promise<void> => {
  if (record === undefined) return
  const set = setOf(record.user)
  await servers.run(set, ["ZREM", set, key], "repeatable")
}

/** Records a visit of a session that exists. */
export const recordVisit = async (
  servers: Servers,
  names: RecordNames,
  key: SessionKey.SessionKey,
  visit: SessionVisit
): Promise<void> => {
  const name = names.nameOf(key)
  const left = Number(await servers.run(name, ["PTTL", name], "repeatable"))
  // -2: there is no such session. -1: it never expires.
  if (left === -2) return
  await addToSet(servers, names, key, visit, left < 0 ? marginMilliseconds : left)
  await evaluate(servers, Scripts.visit, [name, names.recordOf(name)], visitValues(visit), "repeatable")
}

/** The sessions of a user. */
export const listRecords = async (
  servers: Servers,
  names: RecordNames,
  { backends, id, userId }: UserSessionQuery,
  now: number
): Promise<ReadonlyArray<StoredUserSession>> => {
  const sets = backends.map((backend) => names.setOf({ backend, id: userId }))
  const members = await Promise.all(
    sets.map((set) => servers.run(set, ["ZRANGEBYSCORE", set, String(now), "+inf"], "repeatable"))
  )
  const keys = members.flat().flatMap((member) => {
    const key = typeof member === "string" ? SessionKey.parse(member) : undefined
    return key === undefined ? [] : [key]
  })
  const found: Array<StoredUserSession> = []
  // In parts, so that a long list does not delay the commands of other requests.
  for (let i = 0; i < keys.length; i += 100)
    found.push(...(await Promise.all(keys.slice(i, i + 100).map((key) => storedAt(servers, names, key)))).flat())
  return found
    .filter(
      ({ record }) =>
        record.user.id === userId && backends.includes(record.user.backend) && (id === undefined || record.id === id)
    )
    .sort((one, other) => other.record.seenAt - one.record.seenAt)
    .slice(0, mostListed)
}

const storedAt = async (
  servers: Servers,
  names: RecordNames,
  key: SessionKey.SessionKey
): Promise<ReadonlyArray<StoredUserSession>> => {
  const { record, text } = await loadBoth(servers, names, names.nameOf(key))
  return text === undefined || record === undefined ? [] : [{ key, text, record }]
}

/** A session and its record, with one command. */
export const loadBoth = async (
  servers: Servers,
  { recordOf }: RecordNames,
  name: string
): Promise<{ readonly text: string | undefined; readonly record: SessionRecord | undefined }> => {
  const reply = await servers.run(name, ["MGET", name, recordOf(name)], "repeatable")
  const [text, record] = Array.isArray(reply) ? reply : []
  return { text: typeof text === "string" ? text : undefined, record: parseRecord(record) }
}
