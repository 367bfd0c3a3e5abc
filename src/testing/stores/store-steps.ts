/** Series of calls to a session store, compared step by step with the store in memory. */
import { randomBytes } from "node:crypto"
import * as Effect from "effect/Effect"
import type { SessionStore } from "../../adapters/ports/session-store.ts"
import { memory } from "../../adapters/store/memory.ts"
import type { CommitAnswer, LoadSessionAnswer, SessionChange } from "../../core/effect.ts"
import * as SessionKey from "../../core/session-key.ts"
import { compareSeries, type Failure } from "./shortest-series.ts"

const day = 86_400_000

/** One call. Keys are numbers until the series runs: each run has new keys. */
interface Call {
  readonly _tag: "load" | "Insert" | "Update" | "Move" | "Delete"
  readonly key: number
  readonly to: number
  readonly text: string
  readonly was: string | undefined
  /** Milliseconds from the start of the series: the time of the call. */
  readonly at: number
  /** Milliseconds from the start of the series: when the written session expires. */
  readonly expires: number
  readonly ifGone: "Insert" | "Refuse"
  readonly forwards: boolean
}

/** What a store does with sessions that have expired. */
export type Expiry = "kept" | "vanishes"

/** A key that no session has. */
export const newKey = (): SessionKey.SessionKey => {
  const key = SessionKey.parse(randomBytes(16).toString("hex"))
  if (key === undefined) throw new Error("no key")
  return key
}

/** Numbers from 0 up to a bound, the same ones for the same seed. */
export const numbers = (seed: number): ((below: number) => number) => {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

const tags = ["load", "Insert", "Update", "Move", "Delete", "load", "Move"] as const
const texts = ["one", "two", "three"]

const seriesOf = (seed: number, expiry: Expiry): ReadonlyArray<Call> => {
  const number = numbers(seed)
  const among = <A>(items: readonly [A, ...ReadonlyArray<A>]): A => items[number(items.length)] ?? items[0]
  let at = 0
  return Array.from({ length: 4 + number(10) }, (): Call => {
    if (expiry === "kept") at += among([0, 0, 1000, 59_000, 61_000, day / 2])
    const text = texts[number(texts.length)] ?? ""
    return {
      _tag: among(tags),
      key: number(3),
      to: number(3),
      text,
      was: among([undefined, "one", "two", "three"]),
      at,
      expires: expiry === "kept" ? at + among([day, day, day, 0, -1, 1000]) : day,
      ifGone: among(["Insert", "Refuse"]),
      forwards: number(2) === 0
    }
  })
}

/** Runs a series. @returns the story up to the first answer that is not the one of the store in memory */
const run = async (store: SessionStore, series: ReadonlyArray<Call>, start: number): Promise<Failure | undefined> => {
  const keys = Array.from({ length: 3 }, newKey)
  const keyOf = (number: number) => keys[number] ?? newKey()
  const named = (text: string) => keys.reduce((all, key, number) => all.replaceAll(key, `key${number + 1}`), text)
  const sound = memory().sessions
  const story: Array<string> = []
  for (const call of series) {
    const now = start + call.at
    const [wanted, found] =
      call._tag === "load"
        ? [await load(sound, keyOf(call.key), now), await load(store, keyOf(call.key), now)]
        : [
            await commit(sound, changeOf(call, call._tag, keyOf, start), now),
            await commit(store, changeOf(call, call._tag, keyOf, start), now)
          ]
    const told = `${said(call)} → ${named(found)}`
    if (found === wanted) story.push(told)
    else return { story: [...story, `${told}, and has to be ${named(wanted)}`] }
  }
  return undefined
}

const changeOf = (
  call: Call,
  tag: Exclude<Call["_tag"], "load">,
  keyOf: (number: number) => SessionKey.SessionKey,
  start: number
): SessionChange => {
  const { ifGone, text, was } = call
  const [key, expiresAt] = [keyOf(call.key), start + call.expires]
  switch (tag) {
    case "Insert":
      return { _tag: "Insert", key, text, expiresAt }
    case "Update":
      return { _tag: "Update", key, was, text, expiresAt }
    case "Move": {
      const to = keyOf(call.to === call.key ? (call.to + 1) % 3 : call.to)
      const forwards = call.forwards ? { forwards: true as const } : {}
      return { _tag: "Move", from: key, was, to, text, expiresAt, ifGone, ...forwards }
    }
    case "Delete":
      return { _tag: "Delete", key }
    default:
      return tag satisfies never
  }
}

const said = (call: Call): string => {
  const key = `key${call.key + 1}`
  const at = call.at === 0 ? "" : `, ${call.at / 1000} s after the start`
  const was = call.was === undefined ? "any text" : `"${call.was}"`
  switch (call._tag) {
    case "load":
      return `load ${key}${at}`
    case "Delete":
      return `Delete ${key}${at}`
    case "Insert":
      return `Insert ${key} "${call.text}"${at}`
    case "Update":
      return `Update ${key} from ${was} to "${call.text}"${at}`
    case "Move": {
      const to = `key${(call.to === call.key ? (call.to + 1) % 3 : call.to) + 1}`
      return `Move ${key} (${was}) to ${to} "${call.text}", ifGone ${call.ifGone}${call.forwards ? ", forwards" : ""}${at}`
    }
    default:
      return call._tag satisfies never
  }
}

/** An answer as text, without what stores may answer differently. */
const load = async (store: SessionStore, key: SessionKey.SessionKey, now: number): Promise<string> => {
  const answer: LoadSessionAnswer = await Effect.runPromise(store.load(key, now))
  return answer._tag === "SessionFound" ? `SessionFound "${answer.text}"` : "SessionAbsent"
}

const commit = async (store: SessionStore, change: SessionChange, now: number): Promise<string> => {
  const answer: CommitAnswer = await Effect.runPromise(store.commit(change, now))
  switch (answer._tag) {
    case "Committed":
      return `Committed ${answer.key} "${answer.text}"`
    case "Changed":
      return `Changed "${answer.text}"`
    case "Moved":
      return `Moved ${answer.to}`
    default:
      return answer._tag
  }
}

/**
 * Compares a store with the store in memory, over many series of calls.
 *
 * @throws {LawBroken} with the shortest series that was found, and the seed that makes it again
 */
export const sameAsMemory = (
  store: SessionStore,
  {
    expiry,
    seed,
    series,
    start
  }: { readonly expiry: Expiry; readonly seed: number; readonly series: number; readonly start: number }
): Promise<void> =>
  compareSeries({
    ...{ seed, series },
    seriesOf: (of) => seriesOf(of, expiry),
    run: (calls) => run(store, calls, start)
  })
