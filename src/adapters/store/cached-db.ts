/**
 * Sessions in a database with a cache in front: Django's `cached_db` engine. It combines two other stores. The database
 * rows decide; the cache only saves queries.
 *
 * | | rows | cache |
 * | --- | --- | --- |
 * | load, cached | – | the text |
 * | load, not cached | the text | filled with it, unless there is an entry by now |
 * | load, a tombstone, or the cache is unavailable | the text | – |
 * | insert | written | – |
 * | update | written, then | a tombstone; if that fails, a line in the log |
 * | move, delete | between | two tombstones; if one fails, the session store is unavailable |
 * | visit | recorded, then | a tombstone; if that fails, a line in the log |
 *
 * A tombstone stops a request that read the row before the change from filling the cache with the old text afterwards.
 * If the cache is unavailable, sessions are read from their rows, but no session can be deleted or renewed: the cache
 * may still hold the old entry when it is available again. For the same reason, a session that was updated while the
 * cache was unavailable may be read in its old state, until it is written again or its entry expires.
 *
 * Entries have the same cache keys as Django's, but a format that Django cannot read and treats as absent. So Django
 * replaces entries of latchkey, and latchkey removes entries of Django. If other code deletes a row directly in the
 * database, the session is found until its entry expires, as in Django.
 *
 * @module latchkey/cached-db
 */
import * as Effect from "effect/Effect"
import type { CommitAnswer, LoadSessionAnswer, SessionChange, SessionRecord } from "../../core/effect.ts"
import type { SessionKey } from "../../core/session-key.ts"
import { ConfigurationInvalid, StoreUnavailable } from "../errors/errors.ts"
import { checkOptions, having, type Kinds, number } from "../options/option-kinds.ts"
import type { Examine } from "../ports/diagnosis.ts"
import type { SessionStore, UserSessionStore } from "../ports/session-store.ts"
import { parseRecord, recordText } from "./record-text.ts"
import { settableClock } from "./store-clock.ts"
import { endsAt, signedAt } from "./unverified-text.ts"

/** The options of {@link cachedDbSessions}. */
export interface CachedDbOptions {
  /** The store that keeps the sessions. It must use Django's signed format. */
  readonly rows: SessionStore
  /** The cache, with Django's prefix: `redisSessions({ sessionPrefix: "django.contrib.sessions.cached_db" })`. */
  readonly cache: SessionStore
  /** SESSION_COOKIE_AGE in seconds. Default: 1209600. */
  readonly cookieAgeSeconds?: number
  /**
   * How long the cache may not be filled after a change, in seconds. Must be much longer than reading a row takes.
   * Default: 30.
   */
  readonly tombstoneSeconds?: number
}

const kinds: Kinds<CachedDbOptions> = {
  rows: having("load", "a session store, as postgres(…).sessions"),
  cache: having("load", "a session store, as redisSessions(…)"),
  cookieAgeSeconds: number,
  tombstoneSeconds: number
}

/**
 * A session store of rows in a database, with a cache in front.
 *
 * @throws {ConfigurationInvalid}
 */
export const cachedDbSessions = (options: CachedDbOptions): SessionStore => {
  checkOptions(options, kinds, "", ["rows", "cache"])
  const { cache, cookieAgeSeconds = 1_209_600, rows, tombstoneSeconds = 30 } = options
  const clock = settableClock()
  const problems = [
    ...(rows.codec === undefined
      ? []
      : [
          "rows: this store's texts contain no expiry, which the cache needs; write a store such as postgres(…).sessions"
        ]),
    ...(cookieAgeSeconds > 0 ? [] : ["cookieAgeSeconds: must be positive"]),
    ...(tombstoneSeconds >= 10 ? [] : ["tombstoneSeconds: must be at least 10"])
  ]
  if (problems.length > 0) throw new ConfigurationInvalid({ problems })

  /**
   * A value of `performance.now()`. After a failure the cache is not used until then, so that it does not slow down
   * every request.
   */
  let cacheRetryAt = 0

  const look = (key: SessionKey, now: number): Effect.Effect<Cached> =>
    Effect.suspend(() =>
      performance.now() < cacheRetryAt
        ? Effect.succeed(untouchable)
        : cache.load(key, now).pipe(
            Effect.map((answer) => (answer._tag === "SessionFound" ? parse(answer.text) : nothing)),
            Effect.catch(() => {
              cacheRetryAt = performance.now() + restSeconds * 1000
              return Effect.succeed(untouchable)
            })
          )
    )

  const fill = (
    key: SessionKey,
    { record, text }: LoadSessionAnswer & { readonly _tag: "SessionFound" },
    now: number
  ): Effect.Effect<void> => {
    const at = signedAt(text)
    const expiresAt = at === undefined ? now : endsAt(text, { cookieAgeSeconds, timeZone: clock.timeZone }, at)
    return expiresAt <= now
      ? Effect.void
      : Effect.ignore(cache.commit({ _tag: "Insert", key, text: entryOf(text, record, expiresAt), expiresAt }, now))
  }

  const load = Effect.fnUntraced(function* (
    key: SessionKey,
    now: number
  ): Effect.fn.Return<LoadSessionAnswer, StoreUnavailable> {
    const cached = yield* look(key, now)
    if (cached._tag === "Entry" && cached.expiresAt > now) {
      const { record, text } = cached
      return { _tag: "SessionFound", text, prefetched: undefined, ...(record === undefined ? {} : { record }) }
    }
    const startedAt = performance.now()
    const answer = yield* rows.load(key, now)
    // A tombstone lives longer than that. So if a row was changed during the query, its tombstone is still there.
    const isFresh = performance.now() - startedAt < (tombstoneSeconds / 2) * 1000
    if (answer._tag === "SessionFound" && cached._tag === "Nothing" && isFresh) yield* fill(key, answer, now)
    return answer
  })

  /** Writes a tombstone over any entry. */
  const writeTombstone = Effect.fnUntraced(function* (
    key: SessionKey,
    now: number
  ): Effect.fn.Return<void, StoreUnavailable> {
    // No session has such a key, so there is no entry to hide. Without this check, clients could fill the cache with
    // tombstones.
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

  const tryToWriteTombstone = (key: SessionKey, now: number): Effect.Effect<void> =>
    Effect.catch(writeTombstone(key, now), () =>
      Effect.logWarning("a session was changed, and its cache entry may be stale")
    )

  const commit = Effect.fnUntraced(function* (
    change: SessionChange,
    now: number
  ): Effect.fn.Return<CommitAnswer, StoreUnavailable> {
    switch (change._tag) {
      case "Insert":
        return yield* rows.commit(change, now)
      case "Update": {
        const answer = yield* rows.commit(change, now)
        // For every answer: the text that this request had read is no longer the current one.
        yield* tryToWriteTombstone(change.key, now)
        return answer
      }
      case "Move":
      case "Delete": {
        const ending = change._tag === "Move" ? change.from : change.key
        // Before: if the cache is unavailable, nothing is changed. After: another request may have filled the cache in
        // between.
        yield* writeTombstone(ending, now)
        const answer = yield* rows.commit(change, now)
        yield* writeTombstone(ending, now)
        return answer
      }
      default:
        return change satisfies never
    }
  })

  /** The rows have the records. An entry of the cache has a copy, which says whether a visit is due. */
  const userSessionsOf = ({ list, visit }: UserSessionStore): UserSessionStore => ({
    list,
    visit: (key, of) => Effect.flatMap(visit(key, of), () => tryToWriteTombstone(key, of.at))
  })

  const { atomicSwap, merges, revokes, sharedWithDjango } = rows.capabilities
  const deadlines = [rows, cache].flatMap(({ deadlineSeconds }) => deadlineSeconds ?? [])
  return {
    ...(deadlines.length === 2 ? { deadlineSeconds: Math.max(...deadlines) } : {}),
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
    ...(rows.expiryOf === undefined ? {} : { expiryOf: rows.expiryOf }),
    ...(rows.countExpired === undefined ? {} : { countExpired: rows.countExpired }),
    ...(rows.tables === undefined ? {} : { tables: rows.tables }),
    examine: [...(rows.examine ?? []), ...(cache.examine ?? []).map(asCache)],
    ...(rows.prefetch === undefined ? {} : { prefetch: rows.prefetch }),
    ...(rows.userSessions === undefined ? {} : { userSessions: userSessionsOf(rows.userSessions) })
  }
}

const restSeconds = 1

// ---- entries of the cache ----------------------------------------------------------------------------------------

type Cached =
  | {
      readonly _tag: "Entry"
      readonly text: string
      readonly record: SessionRecord | undefined
      readonly expiresAt: number
    }
  | { readonly _tag: "Nothing" }
  /** A tombstone, an entry of Django's, or an unavailable cache: the entry is not read, and the cache is not filled. */
  | { readonly _tag: "Untouchable" }

const nothing: Cached = { _tag: "Nothing" }
const untouchable: Cached = { _tag: "Untouchable" }

const tombstone = "latchkey:ended"

const entryOf = (text: string, record: SessionRecord | undefined, expiresAt: number): string =>
  record === undefined
    ? `latchkey:${expiresAt}:${text}`
    : `latchkey-seen:${expiresAt}:${Buffer.from(recordText(record), "latin1").toString("base64url")}:${text}`

const parse = (entry: string): Cached => {
  const [, expiresAt, text] = /^latchkey:([0-9]+):(.*)$/s.exec(entry) ?? []
  if (text !== undefined) return { _tag: "Entry", text, record: undefined, expiresAt: Number(expiresAt) }
  const [, until, written = "", seen] = /^latchkey-seen:([0-9]+):([\w-]+):(.*)$/s.exec(entry) ?? []
  if (seen === undefined) return untouchable
  const record = parseRecord(Buffer.from(written, "base64url").toString("latin1"))
  return { _tag: "Entry", text: seen, record, expiresAt: Number(until) }
}

/** A cache may lose sessions. Its texts are those of the rows. */
const asCache =
  (examine: Examine): Examine =>
  (now) =>
    Effect.map(examine(now), ({ facts }) => ({
      facts: facts.map((one) => ("isCache" in one ? { ...one, isCache: true } : one)),
      texts: []
    }))
