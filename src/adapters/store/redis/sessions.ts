/**
 * Sessions in Redis, as Django's `cache` engine lays them out: one string per session, which ends with it.
 *
 * Where a session went that was moved stands under a name of its own, which no session key makes. So nothing is left
 * under the old name that a Django could read, find or refuse to write over.
 */
import * as Effect from "effect/Effect"
import type { CommitAnswer, LoadSessionAnswer, SessionChange } from "../../../core/effect.ts"
import * as SessionKey from "../../../core/session/key.ts"
import { StoreUnavailable } from "../../interpreter/errors.ts"
import type { SessionStore } from "../../interpreter/ports.ts"
import type { Reply } from "./connection.ts"
import { fromCause, RedisFailure, unexpected } from "./failure.ts"
import { makeJsonCodec } from "./json-codec.ts"
import * as Scripts from "./scripts.ts"
import { evaluate, type Servers } from "./servers.ts"

export type Move = Extract<SessionChange, { readonly _tag: "Move" }>

/** What a move needs, whichever way it is made. */
export interface Moving {
  readonly change: Move
  readonly from: string
  /** The name under which stands where the session went. */
  readonly forwarding: string
  readonly to: string
  readonly liveMilliseconds: number
}

export interface SessionsSettings {
  readonly servers: Servers
  /** What stands before the session key. */
  readonly prefix: string
  /** The name under which stands where the session of that name went. No session key makes it. */
  readonly forwardingOf: (name: string) => string
  /** Whether `mover` makes one atomic change. */
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
    return text === undefined ? absent : { _tag: "SessionFound", text, hint: undefined }
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

  /** In this order: a move removes the session and leaves its forwarding at once, so one of the two is met. */
  const end = async (name: string): Promise<CommitAnswer> => {
    await remove(servers, name)
    return (await movedTo(servers, forwardingOf(name))) ?? deleted
  }

  return {
    capabilities: { atomicSwap, merges: true, revokes: true, sharedWithDjango: true },
    codec: makeJsonCodec,
    load: (key) => attempt("load a session", () => load(key)),
    commit: (change, now) => attempt("write a session", () => commit(change, now)),
    // What has expired is gone by itself.
    clearExpired: () => Effect.succeed(0)
  }
}

/** Both or neither, in one script: the keys are on one server. */
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

/** What the forwarding of the old key is to remember. */
export const forwarded = ({ forwards, to }: Move): string => (forwards === true ? to : "")

// ---- single commands ---------------------------------------------------------------------------------------------

/** @returns the text; `""` for what is no string, `undefined` where there is nothing */
export const getText = async (servers: Servers, name: string): Promise<string | undefined> => {
  try {
    const reply = await servers.run(name, ["GET", name], "repeatable")
    return typeof reply === "string" ? reply : undefined
  } catch (cause) {
    if (cause instanceof RedisFailure && cause.code === "WRONGTYPE") return ""
    throw cause
  }
}

/** What a forwarding says, if it is there. */
export const movedTo = async (servers: Servers, forwarding: string): Promise<CommitAnswer | undefined> => {
  const to = SessionKey.parse(await getText(servers, forwarding))
  return to === undefined ? undefined : { _tag: "Moved", to }
}

/** @returns whether the name was free; what has no time to live is not kept */
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

/** Reads what a script answered. */
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

/** Whole milliseconds: the session has ended when `expiresAt` comes. */
const liveUntil = (expiresAt: number, now: number): number => Math.floor(expiresAt - now)

/**
 * Whether it could be one of ours or of Django's. No other key is ever looked up: the cache may hold what is not a
 * session, under names that a client could complete.
 */
const isStorable = (key: SessionKey.SessionKey): boolean => /^[a-z0-9]{8,40}$/.test(key)

const bytesOf = (text: string): string => Buffer.from(text, "utf8").toString("latin1")

const attempt = <A>(operation: string, run: () => Promise<A>): Effect.Effect<A, StoreUnavailable> =>
  Effect.tryPromise({ try: run, catch: (cause) => new StoreUnavailable({ operation, cause: fromCause(cause) }) })
