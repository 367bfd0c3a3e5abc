/**
 * Sessions in a database with a cache in front: Django's `cached_db` engine. Two stores, made elsewhere, are put together;
 * the rows decide, the cache only saves asking.
 *
 * | | rows | cache |
 * | --- | --- | --- |
 * | load, cached | – | the text |
 * | load, not cached | the text | filled with it, unless something stands there by now |
 * | load, a tombstone or no cache | the text | – |
 * | insert | written | – |
 * | update | written, then | a tombstone; where that fails, a line in the log |
 * | move, delete | between | two tombstones; where one fails, the session store is unavailable |
 *
 * A tombstone keeps out whoever read the row before it changed and comes late to fill the cache. Where the cache cannot
 * be reached, sessions are read from their rows, and none can be ended or renewed: the cache might come back with it.
 * What was updated meanwhile may be read as it was before, until it is written again or its entry ends.
 *
 * Entries stand where Django's would, in a form that Django cannot read and takes for nothing; so each side drops what
 * the other has cached. A row that is deleted behind both is found as long as its entry lives, as in Django.
 *
 * @module latchkey/cached-db
 */
import * as Effect from "effect/Effect"
import type { CommitAnswer, LoadSessionAnswer, SessionChange } from "../../core/effect.ts"
import type { SessionKey } from "../../core/session/key.ts"
import { ConfigurationInvalid, StoreUnavailable } from "../interpreter/errors.ts"
import type { SessionStore } from "../interpreter/ports.ts"
import { checkOptions, having, type Kinds, number } from "../option-kinds.ts"
import { toldClock } from "./told-clock.ts"
import { endsAt, signedAt } from "./unverified-text.ts"

export interface CachedDbOptions {
  /** Where sessions are kept. Their texts must be Django's signed ones. */
  readonly rows: SessionStore
  /** In front of it, with Django's prefix: `redisSessions({ sessionPrefix: "django.contrib.sessions.cached_db" })`. */
  readonly cache: SessionStore
  /** SESSION_COOKIE_AGE, 1209600. */
  readonly cookieAgeSeconds?: number
  /** How long nobody may fill the cache after a change: much longer than reading a row can take; 30. */
  readonly tombstoneSeconds?: number
}

const kinds: Kinds<CachedDbOptions> = {
  rows: having("load", "a session store, as postgres(…).sessions"),
  cache: having("load", "a session store, as redisSessions(…)"),
  cookieAgeSeconds: number,
  tombstoneSeconds: number
}

/** @throws {ConfigurationInvalid} */
export const cachedDbSessions = (options: CachedDbOptions): SessionStore => {
  checkOptions(options, kinds, "", ["rows", "cache"])
  const { cache, cookieAgeSeconds = 1_209_600, rows, tombstoneSeconds = 30 } = options
  const clock = toldClock()
  const problems = [
    ...(rows.codec === undefined ? [] : ["rows: their texts are not signed, so nothing tells when they end"]),
    ...(cookieAgeSeconds > 0 ? [] : ["cookieAgeSeconds: must be positive"]),
    ...(tombstoneSeconds >= 10 ? [] : ["tombstoneSeconds: must be at least 10"])
  ]
  if (problems.length > 0) throw new ConfigurationInvalid({ problems })

  /** Of `performance.now()`: a cache that failed is left alone for a while, so that it does not slow every request. */
  let restsUntil = 0

  const look = (key: SessionKey, now: number): Effect.Effect<Cached> =>
    Effect.suspend(() =>
      performance.now() < restsUntil
        ? Effect.succeed(untouchable)
        : cache.load(key, now).pipe(
            Effect.map((answer) => (answer._tag === "SessionFound" ? parse(answer.text) : nothing)),
            Effect.catch(() => {
              restsUntil = performance.now() + restSeconds * 1000
              return Effect.succeed(untouchable)
            })
          )
    )

  const fill = (key: SessionKey, text: string, now: number): Effect.Effect<void> => {
    const at = signedAt(text)
    const expiresAt = at === undefined ? now : endsAt(text, { cookieAgeSeconds, timeZone: clock.timeZone }, at)
    return expiresAt <= now
      ? Effect.void
      : Effect.ignore(cache.commit({ _tag: "Insert", key, text: entryOf(text, expiresAt), expiresAt }, now))
  }

  const load = Effect.fnUntraced(function* (
    key: SessionKey,
    now: number
  ): Effect.fn.Return<LoadSessionAnswer, StoreUnavailable> {
    const cached = yield* look(key, now)
    if (cached._tag === "Entry" && cached.expiresAt > now) {
      return { _tag: "SessionFound", text: cached.text, hint: undefined }
    }
    const startedAt = performance.now()
    const answer = yield* rows.load(key, now)
    // A tombstone lives longer than that, so it is still there if there was one.
    const isFresh = performance.now() - startedAt < (tombstoneSeconds / 2) * 1000
    if (answer._tag === "SessionFound" && cached._tag === "Nothing" && isFresh) yield* fill(key, answer.text, now)
    return answer
  })

  /** Puts a tombstone in the place of whatever stands there. */
  const bury = Effect.fnUntraced(function* (key: SessionKey, now: number): Effect.fn.Return<void, StoreUnavailable> {
    // No key was ever drawn like that: there is nothing to bury, and a client could fill the cache with tombstones.
    if (!/^[a-z0-9]{8,40}$/.test(key)) return
    const stone = { key, text: tombstone, expiresAt: now + tombstoneSeconds * 1000 }
    for (let tries = 0; tries < 3; tries++) {
      const put = yield* cache.commit({ _tag: "Update", ...stone, was: undefined }, now)
      if (put._tag === "Committed") return
      const added = yield* cache.commit({ _tag: "Insert", ...stone }, now)
      if (added._tag === "Committed") return
    }
    return yield* new StoreUnavailable({ operation: "drop a cached session", cause: "the entry kept changing" })
  })

  const buryIfPossible = (key: SessionKey, now: number): Effect.Effect<void> =>
    Effect.catch(bury(key, now), () => Effect.logWarning("a session was changed, and the cache may not know"))

  const commit = Effect.fnUntraced(function* (
    change: SessionChange,
    now: number
  ): Effect.fn.Return<CommitAnswer, StoreUnavailable> {
    switch (change._tag) {
      case "Insert":
        return yield* rows.commit(change, now)
      case "Update": {
        const answer = yield* rows.commit(change, now)
        // Whatever the answer: what this request had read is not what stands there now.
        yield* buryIfPossible(change.key, now)
        return answer
      }
      case "Move":
      case "Delete": {
        const ending = change._tag === "Move" ? change.from : change.key
        // Before: where the cache cannot be told, nothing happens. After: for whoever filled it in between.
        yield* bury(ending, now)
        const answer = yield* rows.commit(change, now)
        yield* bury(ending, now)
        return answer
      }
      default:
        return change satisfies never
    }
  })

  const { atomicSwap, merges, revokes, sharedWithDjango } = rows.capabilities
  return {
    capabilities: { atomicSwap, merges, revokes: revokes && cache.capabilities.revokes, sharedWithDjango },
    cookieAgeSeconds,
    setClock: (application) => {
      clock.set(application)
      rows.setClock?.(application)
      cache.setClock?.(application)
    },
    load,
    commit,
    clearExpired: rows.clearExpired,
    ...(rows.prefetch === undefined ? {} : { prefetch: rows.prefetch })
  }
}

const restSeconds = 1

// ---- what stands in the cache ------------------------------------------------------------------------------------

type Cached =
  | { readonly _tag: "Entry"; readonly text: string; readonly expiresAt: number }
  | { readonly _tag: "Nothing" }
  /** A tombstone, what Django cached, or a cache that cannot be asked: not to be read, and not to be filled. */
  | { readonly _tag: "Untouchable" }

const nothing: Cached = { _tag: "Nothing" }
const untouchable: Cached = { _tag: "Untouchable" }

const tombstone = "latchkey:ended"

const entryOf = (text: string, expiresAt: number): string => `latchkey:${expiresAt}:${text}`

const parse = (entry: string): Cached => {
  const [, expiresAt, text] = /^latchkey:([0-9]+):(.*)$/s.exec(entry) ?? []
  return text === undefined ? untouchable : { _tag: "Entry", text, expiresAt: Number(expiresAt) }
}
