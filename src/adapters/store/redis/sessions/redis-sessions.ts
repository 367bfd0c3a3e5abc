/**
 * Sessions in Redis, in the layout of Django's `cache` engine: one string per session, which expires with the session.
 *
 * The new key of a moved session is stored in a forwarding. Its name is never the name of a session. So nothing is left
 * under the old name that a Django could read or find, or that would keep Django from writing there.
 */
import * as Effect from "effect/Effect"
import type {
  CommitAnswer,
  LoadSessionAnswer,
  SessionChange,
  SessionRecord,
  SessionVisit
} from "../../../../core/effect.ts"
import * as SessionKey from "../../../../core/session-key.ts"
import type { SessionStore, UserSessionStore } from "../../../ports/session-store.ts"
import { parseRecord } from "../../record-text.ts"
import type { Reply } from "../connection/redis-connection.ts"
import { RedisFailure, unexpected } from "../connection/redis-failure.ts"
import { attempt, evaluate, type Servers } from "../connection/servers.ts"
import * as Scripts from "../scripts/scripts.ts"
import { makeJsonCodec } from "./json-codec.ts"
import {
  addToSet,
  listRecords,
  loadBoth,
  type RecordNames,
  recordVisit,
  removeFromSet,
  visitValues
} from "./record-sets.ts"

export type Move = Extract<SessionChange, { readonly _tag: "Move" }>

/** The arguments of a move, for both ways to make it. */
export interface Moving {
  readonly change: Move
  readonly from: string
  /** The name of the forwarding, which holds the session's new key. */
  readonly forwarding: string
  readonly to: string
  readonly liveMilliseconds: number
  /** The names of the records of both sessions, if the sessions of users are recorded. */
  readonly records: { readonly from: string; readonly to: string; readonly visit: SessionVisit } | undefined
}

/** A move, and the record of the old session, which it deleted. */
export interface Moved {
  readonly answer: CommitAnswer
  readonly record?: SessionRecord | undefined
}

export interface SessionsSettings {
  readonly servers: Servers
  /** The text before the session key. */
  readonly prefix: string
  /** How long to wait for a connection or an answer, in seconds. */
  readonly deadlineSeconds: number
  /** The name of the forwarding of a session. It is never the name of a session. */
  readonly forwardingOf: (name: string) => string
  /** Whether `mover` makes its changes atomically. */
  readonly atomicSwap: boolean
  readonly mover: (servers: Servers, moving: Moving) => Promise<Moved>
  /** The names of records; `undefined` if the sessions of users are not recorded. */
  readonly records: Omit<RecordNames, "nameOf"> | undefined
}

const none = { text: undefined, record: undefined }
const absent: LoadSessionAnswer = { _tag: "SessionAbsent" }
const gone: CommitAnswer = { _tag: "Gone" }
const keyTaken: CommitAnswer = { _tag: "KeyTaken" }
const deleted: CommitAnswer = { _tag: "Deleted" }

export const makeSessions = (settings: SessionsSettings): SessionStore => {
  const { atomicSwap, deadlineSeconds, forwardingOf, mover, prefix } = settings
  const nameOf = (key: SessionKey.SessionKey): string => bytesOf(prefix + key)
  const names = settings.records === undefined ? undefined : { ...settings.records, nameOf }

  const load = async (servers: Servers, key: SessionKey.SessionKey): Promise<LoadSessionAnswer> => {
    if (!isStorable(key)) return absent
    const { record, text: recorded } = names === undefined ? none : await loadBoth(servers, names, nameOf(key))
    if (recorded !== undefined)
      return {
        _tag: "SessionFound",
        text: recorded,
        prefetched: undefined,
        ...(record === undefined ? {} : { record })
      }
    const text = await getText(servers, nameOf(key))
    return text === undefined ? absent : { _tag: "SessionFound", text, prefetched: undefined }
  }

  const commit = async (servers: Servers, change: SessionChange, now: number): Promise<CommitAnswer> => {
    switch (change._tag) {
      case "Insert": {
        const { expiresAt, key, text, visit } = change
        if (!isStorable(key)) return keyTaken
        if (names !== undefined && visit !== undefined) {
          await addToSet(servers, names, key, visit, liveUntil(expiresAt, now))
          const [name, liveMilliseconds] = [nameOf(key), liveUntil(expiresAt, now)]
          return putNewWithRecord(servers, { key, name, text, liveMilliseconds, record: names.recordOf(name), visit })
        }
        const isNew = await putNew(servers, nameOf(key), text, liveUntil(expiresAt, now))
        return isNew ? { _tag: "Committed", key, text } : keyTaken
      }
      case "Update": {
        const { expiresAt, key, text, visit, was } = change
        if (!isStorable(key)) return gone
        const values = [...compared(was), text, String(liveUntil(expiresAt, now))]
        if (names === undefined || visit === undefined)
          return answered(await evaluate(servers, Scripts.update, [nameOf(key)], values, "once"), key, text)
        await addToSet(servers, names, key, visit, liveUntil(expiresAt, now))
        const both = [nameOf(key), names.recordOf(nameOf(key))] as const
        return answered(
          await evaluate(servers, Scripts.update, both, [...values, ...visitValues(visit)], "once"),
          key,
          text
        )
      }
      case "Move": {
        const { expiresAt, from, ifGone, text, to, visit } = change
        if (!isStorable(to)) return keyTaken
        if (!isStorable(from)) {
          return ifGone === "Insert"
            ? commit(servers, { _tag: "Insert", key: to, text, expiresAt, ...(visit && { visit }) }, now)
            : gone
        }
        const [name, liveMilliseconds] = [nameOf(from), liveUntil(expiresAt, now)]
        const moving = { change, from: name, forwarding: forwardingOf(name), to: nameOf(to), liveMilliseconds }
        if (names === undefined || visit === undefined)
          return (await mover(servers, { ...moving, records: undefined })).answer
        await addToSet(servers, names, to, visit, liveMilliseconds)
        const records = { from: names.recordOf(name), to: names.recordOf(moving.to), visit }
        const { answer, record } = await mover(servers, { ...moving, records })
        await removeFromSet(servers, names, from, record)
        return answer
      }
      case "Delete":
        return isStorable(change.key) ? end(servers, change.key) : deleted
      default:
        return change satisfies never
    }
  }

  /** The order matters: a move removes the session and writes its forwarding in one step, so this finds one of the two. */
  const end = async (servers: Servers, key: SessionKey.SessionKey): Promise<CommitAnswer> => {
    const name = nameOf(key)
    if (names === undefined) await remove(servers, name)
    else {
      const values = compared(undefined)
      const reply = await evaluate(servers, Scripts.remove, [name, names.recordOf(name)], values, "repeatable")
      await removeFromSet(servers, names, key, recordIn(reply))
    }
    return (await movedTo(servers, forwardingOf(name))) ?? deleted
  }

  return {
    capabilities: { atomicSwap, merges: true, revokes: true, sharedWithDjango: true },
    codec: makeJsonCodec,
    deadlineSeconds,
    load: (key) => attempt(settings.servers, "load a session", (servers) => load(servers, key)),
    commit: (change, now) => attempt(settings.servers, "write a session", (servers) => commit(servers, change, now)),
    // Redis removes expired sessions itself.
    clearExpired: () => Effect.succeed(0),
    countExpired: () => Effect.succeed(0),
    ...(names === undefined ? {} : { userSessions: userSessionsOf(settings.servers, names) })
  }
}

const userSessionsOf = (all: Servers, names: RecordNames): UserSessionStore => ({
  visit: (key, of) =>
    isStorable(key)
      ? attempt(all, "record the use of a session", (servers) => recordVisit(servers, names, key, of))
      : Effect.void,
  list: (query, now) =>
    attempt(all, "list the sessions of a user", (servers) => listRecords(servers, names, query, now))
})

/** The record that a script has deleted. */
const recordIn = (reply: Reply): SessionRecord | undefined => parseRecord(Array.isArray(reply) ? reply[1] : undefined)

/** Moves a session atomically in one script, because both keys are on one server. */
export const moveAtOnce = async (servers: Servers, moving: Moving): Promise<Moved> => {
  const { change, forwarding, from, liveMilliseconds, records, to } = moving
  const values = [
    ...compared(change.was),
    change.text,
    String(liveMilliseconds),
    change.ifGone === "Insert" ? "1" : "0",
    forwarded(change),
    ...(records === undefined ? [] : visitValues(records.visit))
  ]
  const names = [from, forwarding, to, ...(records === undefined ? [] : [records.from, records.to])] as const
  const reply = await evaluate(servers, Scripts.move, names, values, "once")
  const answer = answered(reply, change.to, change.text)
  return { answer, record: answer._tag === "Committed" ? recordIn(reply) : undefined }
}

/** The new key to store in the forwarding of the old key; `""` for none. */
export const forwarded = ({ forwards, to }: Move): string => (forwards === true ? to : "")

// ---- single commands ---------------------------------------------------------------------------------------------

/** @returns the text; `""` if the value is not a string, `undefined` if there is none */
export const getText = async (servers: Servers, name: string): Promise<string | undefined> => {
  try {
    const reply = await servers.run(name, ["GET", name], "repeatable")
    return typeof reply === "string" ? reply : undefined
  } catch (cause) {
    if (cause instanceof RedisFailure && cause.code === "WRONGTYPE") return ""
    throw cause
  }
}

/** The answer that a forwarding gives, if it exists. */
export const movedTo = async (servers: Servers, forwarding: string): Promise<CommitAnswer | undefined> => {
  const to = SessionKey.parse(await getText(servers, forwarding))
  return to === undefined ? undefined : { _tag: "Moved", to }
}

/** @returns whether the name was free; a text with no time left to live is not stored */
export const putNew = async (
  servers: Servers,
  name: string,
  text: string,
  liveMilliseconds: number
): Promise<boolean> =>
  liveMilliseconds > 0
    ? (await servers.run(name, ["SET", name, text, "NX", "PX", String(liveMilliseconds)], "once")) !== null
    : (await servers.run(name, ["EXISTS", name], "once")) === 0

/** A new session with its record. */
export interface NewSession {
  readonly key: SessionKey.SessionKey
  readonly name: string
  readonly text: string
  readonly liveMilliseconds: number
  readonly record: string
  readonly visit: SessionVisit
  /** The record of the session that this one replaces, if it keeps its user. */
  readonly was?: string | undefined
}

/** Stores a new session and its record in one step. */
export const putNewWithRecord = async (servers: Servers, row: NewSession): Promise<CommitAnswer> => {
  const { key, liveMilliseconds, name, record, text, visit, was = "" } = row
  const values = [...compared(undefined), text, String(liveMilliseconds), ...visitValues(visit), was]
  return answered(await evaluate(servers, Scripts.insert, [name, record], values, "once"), key, text)
}

/** @param more names in the same slot */
export const remove = (servers: Servers, name: string, ...more: ReadonlyArray<string>): Promise<Reply> =>
  servers.run(name, ["DEL", name, ...more], "repeatable")

export const compared = (was: string | undefined): readonly [string, string] =>
  was === undefined ? ["0", ""] : ["1", was]

/** Converts the answer of a script. */
export const answered = (reply: Reply, key: SessionKey.SessionKey, text: string): CommitAnswer => {
  const [word, second] = Array.isArray(reply) ? reply : []
  switch (word) {
    case "done":
      return { _tag: "Committed", key, text }
    case "gone":
      return gone
    case "taken":
      return keyTaken
    case "changed":
      if (typeof second === "string") return { _tag: "Changed", text: second }
      break
    case "moved": {
      const to = typeof second === "string" ? SessionKey.parse(second) : undefined
      if (to !== undefined) return { _tag: "Moved", to }
    }
  }
  throw unexpected
}

/** In whole milliseconds, rounded down, so that the session has expired when `expiresAt` is reached. */
const liveUntil = (expiresAt: number, now: number): number => Math.floor(expiresAt - now)

/**
 * Whether the key can be one that latchkey or Django made. Other keys are never looked up: the cache may hold other
 * values, and with a crafted key a client could name them.
 */
const isStorable = (key: SessionKey.SessionKey): boolean => /^[a-z0-9]{8,40}$/.test(key)

const bytesOf = (text: string): string => Buffer.from(text, "utf8").toString("latin1")
