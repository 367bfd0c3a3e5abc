/**
 * Sessions in Redis, in the layout of Django's `cache` engine: one string per session, which expires with the session.
 *
 * The new key of a moved session is stored in a forwarding. Its name is never the name of a session. So nothing is left
 * under the old name that a Django could read or find, or that would keep Django from writing there.
 */
import * as Effect from "effect/Effect"
import type { CommitAnswer, LoadSessionAnswer, SessionChange } from "../../../core/effect.ts"
import * as SessionKey from "../../../core/session-key.ts"
import { StoreUnavailable } from "../../ports/errors.ts"
import type { SessionStore } from "../../ports/stores.ts"
import { makeJsonCodec } from "./json-codec.ts"
import type { Reply } from "./redis-connection.ts"
import { fromCause, RedisFailure, unexpected } from "./redis-failure.ts"
import * as Scripts from "./scripts.ts"
import { evaluate, type Servers } from "./servers.ts"

export type Move = Extract<SessionChange, { readonly _tag: "Move" }>

/** The arguments of a move, for both ways to make it. */
export interface Moving {
  readonly change: Move
  readonly from: string
  /** The name of the forwarding, which holds the session's new key. */
  readonly forwarding: string
  readonly to: string
  readonly liveMilliseconds: number
}

export interface SessionsSettings {
  readonly servers: Servers
  /** The text before the session key. */
  readonly prefix: string
  /** The name of the forwarding of a session. It is never the name of a session. */
  readonly forwardingOf: (name: string) => string
  /** Whether `mover` makes its changes atomically. */
  readonly atomicSwap: boolean
  readonly mover: (servers: Servers, moving: Moving) => Promise<CommitAnswer>
}

const absent: LoadSessionAnswer = { _tag: "SessionAbsent" }
const gone: CommitAnswer = { _tag: "Gone" }
const keyTaken: CommitAnswer = { _tag: "KeyTaken" }
const deleted: CommitAnswer = { _tag: "Deleted" }

export const makeSessions = (settings: SessionsSettings): SessionStore => {
  const { atomicSwap, forwardingOf, mover, prefix, servers } = settings
  const nameOf = (key: SessionKey.SessionKey): string => bytesOf(prefix + key)

  const load = async (key: SessionKey.SessionKey): Promise<LoadSessionAnswer> => {
    if (!isStorable(key)) return absent
    const text = await getText(servers, nameOf(key))
    return text === undefined ? absent : { _tag: "SessionFound", text, prefetched: undefined }
  }

  const commit = async (change: SessionChange, now: number): Promise<CommitAnswer> => {
    switch (change._tag) {
      case "Insert": {
        const { expiresAt, key, text } = change
        if (!isStorable(key)) return keyTaken
        const isNew = await putNew(servers, nameOf(key), text, liveUntil(expiresAt, now))
        return isNew ? { _tag: "Committed", key, text } : keyTaken
      }
      case "Update": {
        const { expiresAt, key, text, was } = change
        if (!isStorable(key)) return gone
        const values = [...compared(was), text, String(liveUntil(expiresAt, now))]
        return answered(await evaluate(servers, Scripts.update, [nameOf(key)], values, "once"), key, text)
      }
      case "Move": {
        const { expiresAt, from, ifGone, text, to } = change
        if (!isStorable(to)) return keyTaken
        if (!isStorable(from)) {
          return ifGone === "Insert" ? commit({ _tag: "Insert", key: to, text, expiresAt }, now) : gone
        }
        const [name, liveMilliseconds] = [nameOf(from), liveUntil(expiresAt, now)]
        return mover(servers, { change, from: name, forwarding: forwardingOf(name), to: nameOf(to), liveMilliseconds })
      }
      case "Delete":
        return isStorable(change.key) ? end(nameOf(change.key)) : deleted
      default:
        return change satisfies never
    }
  }

  /** The order matters: a move removes the session and writes its forwarding in one step, so this finds one of the two. */
  const end = async (name: string): Promise<CommitAnswer> => {
    await remove(servers, name)
    return (await movedTo(servers, forwardingOf(name))) ?? deleted
  }

  return {
    capabilities: { atomicSwap, merges: true, revokes: true, sharedWithDjango: true },
    codec: makeJsonCodec,
    load: (key) => attempt("load a session", () => load(key)),
    commit: (change, now) => attempt("write a session", () => commit(change, now)),
    // Redis removes expired sessions itself.
    clearExpired: () => Effect.succeed(0),
    countExpired: () => Effect.succeed(0)
  }
}

/** Moves a session atomically in one script, because both keys are on one server. */
export const moveAtOnce = async (servers: Servers, moving: Moving): Promise<CommitAnswer> => {
  const { change, forwarding, from, liveMilliseconds, to } = moving
  const values = [
    ...compared(change.was),
    change.text,
    String(liveMilliseconds),
    change.ifGone === "Insert" ? "1" : "0",
    forwarded(change)
  ]
  const names = [from, forwarding, to] as const
  return answered(await evaluate(servers, Scripts.move, names, values, "once"), change.to, change.text)
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

export const remove = (servers: Servers, name: string): Promise<Reply> => servers.run(name, ["DEL", name], "repeatable")

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

const attempt = <A>(operation: string, run: () => Promise<A>): Effect.Effect<A, StoreUnavailable> =>
  Effect.tryPromise({ try: run, catch: (cause) => new StoreUnavailable({ operation, cause: fromCause(cause) }) })
