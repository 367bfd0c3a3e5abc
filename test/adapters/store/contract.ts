/** The tests that every session store and every user store must pass. */
import { randomBytes } from "node:crypto"
import { setTimeout as sleep } from "node:timers/promises"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { SessionStore, StoreCapabilities } from "../../../src/adapters/ports/session-store.ts"
import type { UserStore } from "../../../src/adapters/ports/user-store.ts"
import type { CommitAnswer, LoadSessionAnswer, SessionChange } from "../../../src/core/effect.ts"
import { forwardingSeconds } from "../../../src/core/session/forwarding.ts"
import * as Key from "../../../src/core/session-key.ts"

export interface SessionStoreUnderTest {
  readonly store: SessionStore
  readonly close: () => Promise<void>
  /** Whether expired sessions are removed by the server, and not only by `clearExpired`. */
  readonly expiredVanish?: boolean
  /** The answer for an expired session with this text. By default, it is absent. */
  readonly expired?: (text: string) => LoadSessionAnswer
  /** For each capability that is `false`: a test that shows what fails without it. */
  readonly failures?: { readonly [capability in keyof StoreCapabilities]?: () => Promise<void> }
}

export interface UserStoreUnderTest<User> {
  readonly users: UserStore<User>
  readonly close: () => Promise<void>
}

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5, 678)
const DAY = 86_400_000
const LATER = NOW + DAY
const BACKEND = "django.contrib.auth.backends.ModelBackend"

/** A new key of 32 characters. */
export const freshKey = (): Key.SessionKey => {
  const key = Key.parse(randomBytes(16).toString("hex"))
  if (key === undefined) throw new Error("no key")
  return key
}

const found = (text: string) => ({ _tag: "SessionFound", text, prefetched: undefined })
const absent = { _tag: "SessionAbsent" }
const committed = (key: Key.SessionKey, text: string) => ({ _tag: "Committed", key, text })
const gone = { _tag: "Gone" }
const changed = (text: string) => ({ _tag: "Changed", text })
const keyTaken = { _tag: "KeyTaken" }
const deleted = { _tag: "Deleted" }
const moved = (to: Key.SessionKey) => ({ _tag: "Moved", to })

/** Adds a key to the JSON object under `key` as a request does: it compares, and tries again if the row has changed. */
const addKey = async (
  commit: (change: SessionChange) => Promise<CommitAnswer>,
  loaded: string,
  key: Key.SessionKey,
  name: string
): Promise<"Committed" | "Gone"> => {
  for (let was = loaded; ; ) {
    const text = JSON.stringify({ ...JSON.parse(was), [name]: true })
    const answer = await commit({ _tag: "Update", key, was, text, expiresAt: LATER })
    if (answer._tag === "Committed" || answer._tag === "Gone") return answer._tag
    if (answer._tag !== "Changed") throw new Error(answer._tag)
    was = answer.text
  }
}

export const sessionStoreContract = (name: string, make: () => Promise<SessionStoreUnderTest>): void => {
  describe(`sessions in ${name}`, () => {
    let under: SessionStoreUnderTest
    beforeAll(async () => {
      under = await make()
    })
    afterAll(() => under?.close())

    const expired = (text: string): unknown => under.expired?.(text) ?? absent
    const load = (key: Key.SessionKey, now = NOW): Promise<LoadSessionAnswer> =>
      Effect.runPromise(under.store.load(key, now))
    const commit = (change: SessionChange, now = NOW): Promise<CommitAnswer> =>
      Effect.runPromise(under.store.commit(change, now))
    const insert = (key: Key.SessionKey, text: string, expiresAt = LATER) =>
      commit({ _tag: "Insert", key, text, expiresAt })
    const update = (key: Key.SessionKey, was: string | undefined, text: string) =>
      commit({ _tag: "Update", key, was, text, expiresAt: LATER })
    const move = (
      from: Key.SessionKey,
      was: string | undefined,
      to: Key.SessionKey,
      ifGone: "Insert" | "Refuse" = "Refuse"
    ) => commit({ _tag: "Move", from, was, to, text: `moved from ${was}`, expiresAt: LATER, ifGone })
    /** Gives the session with the text `was` another key, as a renewal by the same user does. */
    const renew = (
      from: Key.SessionKey,
      was: string | undefined,
      to: Key.SessionKey,
      ifGone: "Insert" | "Refuse" = "Refuse"
    ) => commit({ _tag: "Move", from, was, to, text: "renewed", expiresAt: LATER, ifGone, forwards: true })
    const remove = (key: Key.SessionKey, now = NOW) => commit({ _tag: "Delete", key }, now)
    /** Ends a session under its current key, as a logout does. @returns the number of deletes */
    const end = async (key: Key.SessionKey): Promise<number> => {
      for (let at = key, deletes = 1; ; deletes++) {
        const answer = await remove(at)
        if (answer._tag === "Deleted") return deletes
        if (answer._tag !== "Moved") throw new Error(answer._tag)
        at = answer.to
      }
    }
    const inserted = async (text = "text") => {
      const key = freshKey()
      await insert(key, text)
      return key
    }

    describe("load", () => {
      it("finds an inserted session", async () => {
        const key = freshKey()
        expect(await insert(key, "eyJhIjoxfQ:1abc:mac")).toEqual(committed(key, "eyJhIjoxfQ:1abc:mac"))
        expect(await load(key)).toEqual(found("eyJhIjoxfQ:1abc:mac"))
      })
      it("finds nothing under an unused key", async () => {
        expect(await load(freshKey())).toEqual(absent)
      })
      it("finds no session from the instant of its expiry, and does not remove the row", async () => {
        const key = freshKey()
        if (under.expiredVanish) {
          expect(await insert(key, "never seen", NOW)).toEqual(committed(key, "never seen"))
          expect(await load(key)).toEqual(absent)
          await insert(key, "text", NOW + 100)
          expect(await load(key)).toEqual(found("text"))
          await sleep(150)
          expect(await load(key)).toEqual(absent)
          return
        }
        await insert(key, "text", NOW)
        expect(await load(key, NOW - 1)).toEqual(found("text"))
        expect(await load(key, NOW)).toEqual(expired("text"))
        expect(await load(key, NOW + 1)).toEqual(expired("text"))
        expect(await insert(key, "other")).toEqual(keyTaken)
      })
      it("tells when a row expires, or that there is none, if the store has expiryOf", async () => {
        const { expiryOf } = under.store
        if (expiryOf === undefined) return
        const at = (key: Key.SessionKey) => Effect.runPromise(expiryOf(key))
        const [key, moved] = [await inserted(), freshKey()]
        expect([await at(key), await at(freshKey())]).toEqual([LATER, undefined])
        await commit({ _tag: "Update", key, was: "text", text: "longer", expiresAt: LATER + 1000 })
        expect(await at(key)).toBe(LATER + 1000)
        await move(key, "longer", moved)
        expect([await at(key), await at(moved)]).toEqual([undefined, LATER])
        if (!under.expiredVanish) {
          const past = freshKey()
          await insert(past, "over", NOW - DAY)
          expect(await at(past)).toBe(NOW - DAY)
        }
        await remove(moved)
        expect(await at(moved)).toBeUndefined()
      })
      it("keeps long texts complete", async () => {
        const text = "abcdefghij".repeat(10_000)
        expect(await load(await inserted(text))).toEqual(found(text))
      })
      it("distinguishes keys by case and by every character", async () => {
        const key = Key.parse("abcdefgh")!
        await commit({ _tag: "Delete", key })
        await insert(key, "text")
        for (const other of ["ABCDEFGH", "abcdefgh ", "abcdefg_", "abcdefgh%"]) {
          expect(await load(Key.parse(other)!)).toEqual(absent)
        }
      })
    })

    describe("insert", () => {
      it("does not change a row that already has the key", async () => {
        const key = await inserted("first")
        expect(await insert(key, "second")).toEqual(keyTaken)
        expect(await load(key)).toEqual(found("first"))
      })
      it("gives a key to exactly one of many parallel inserts", async () => {
        const key = freshKey()
        const answers = await Promise.all(Array.from({ length: 16 }, (_, i) => insert(key, `text ${i}`)))
        const winners = answers.filter((answer) => answer._tag === "Committed")
        expect(winners).toHaveLength(1)
        expect(answers.filter((answer) => answer._tag === "KeyTaken")).toHaveLength(15)
        expect(await load(key)).toEqual(found(winners[0]?._tag === "Committed" ? winners[0].text : ""))
      })
    })

    describe("update", () => {
      it("rewrites a row whose text equals `was`", async () => {
        const key = await inserted("was")
        expect(await update(key, "was", "is")).toEqual(committed(key, "is"))
        expect(await load(key)).toEqual(found("is"))
      })
      it("answers with the row's text if it differs from `was`, and writes nothing", async () => {
        const key = await inserted("other")
        expect(await update(key, "was", "is")).toEqual(changed("other"))
        expect(await load(key)).toEqual(found("other"))
      })
      it("rewrites a row with any text when `was` is undefined", async () => {
        const key = await inserted("anything")
        expect(await update(key, undefined, "is")).toEqual(committed(key, "is"))
        expect(await load(key)).toEqual(found("is"))
      })
      it("inserts no row", async () => {
        const key = freshKey()
        expect(await update(key, "was", "is")).toEqual(gone)
        expect(await update(key, undefined, "is")).toEqual(gone)
        expect(await load(key)).toEqual(absent)
      })
      it.each([
        "was",
        undefined
      ])("rewrites an expired row that was not removed yet (compared with %s)", async (was) => {
        const key = freshKey()
        await insert(key, "was", NOW - 1)
        expect(await load(key)).toEqual(expired("was"))
        if (under.expiredVanish) {
          expect(await update(key, was, "is")).toEqual(gone)
          expect(await load(key)).toEqual(absent)
          return
        }
        expect(await update(key, was, "is")).toEqual(committed(key, "is"))
        expect(await load(key)).toEqual(found("is"))
      })
    })

    it.each([
      "was",
      undefined
    ])("ends a session if it is updated with an expiry in the past (compared with %s)", async (was) => {
      const key = await inserted("was")
      const change = { _tag: "Update", key, was, text: "is", expiresAt: NOW } as const
      expect(await commit(change)).toEqual(committed(key, "is"))
      expect(await load(key)).toEqual(expired("is"))
    })

    describe("move", () => {
      it.each(["was", undefined])("replaces the old row by the new one (compared with %s)", async (was) => {
        const from = await inserted("was")
        const to = freshKey()
        expect(await move(from, was, to)).toEqual(committed(to, `moved from ${was}`))
        expect(await load(from)).toEqual(absent)
        expect(await load(to)).toEqual(found(`moved from ${was}`))
      })
      it.each([
        "Insert",
        "Refuse"
      ] as const)("answers with the row's text if it differs from `was`, and moves nothing (%s)", async (ifGone) => {
        const from = await inserted("other")
        const to = freshKey()
        expect(await move(from, "was", to, ifGone)).toEqual(changed("other"))
        expect(await load(from)).toEqual(found("other"))
        expect(await load(to)).toEqual(absent)
      })
      it.each(["was", undefined])("refuses or inserts when the old row is gone (compared with %s)", async (was) => {
        const to = freshKey()
        expect(await move(freshKey(), was, to, "Refuse")).toEqual(gone)
        expect(await load(to)).toEqual(absent)
        expect(await move(freshKey(), was, to, "Insert")).toEqual(committed(to, `moved from ${was}`))
        expect(await load(to)).toEqual(found(`moved from ${was}`))
      })
      it("keeps both rows when the new key is in use", async () => {
        const from = await inserted("was")
        const to = await inserted("taken")
        expect(await move(from, "was", to)).toEqual(keyTaken)
        expect(await move(from, undefined, to, "Insert")).toEqual(keyTaken)
        expect(await move(freshKey(), undefined, to, "Insert")).toEqual(keyTaken)
        expect(await load(from)).toEqual(found("was"))
        expect(await load(to)).toEqual(found("taken"))
      })
      it("moves an expired row that was not removed yet", async () => {
        const from = freshKey()
        await insert(from, "was", NOW - 1)
        const to = freshKey()
        if (under.expiredVanish) {
          expect(await move(from, "was", to)).toEqual(gone)
          expect(await move(from, "was", to, "Insert")).toEqual(committed(to, "moved from was"))
          return
        }
        expect(await move(from, "was", to)).toEqual(committed(to, "moved from was"))
        expect(await insert(from, "free again")).toEqual(committed(from, "free again"))
      })
    })

    describe("delete", () => {
      it("removes a row, and succeeds if there is none", async () => {
        const key = await inserted()
        expect(await commit({ _tag: "Delete", key })).toEqual(deleted)
        expect(await load(key)).toEqual(absent)
        expect(await commit({ _tag: "Delete", key })).toEqual(deleted)
      })
      it("is not undone by requests that had loaded the row before", async () => {
        const key = await inserted("{}")
        const writers = Array.from({ length: 16 }, async (_, i) => {
          if (i % 2 === 0) await sleep(i)
          return addKey(commit, "{}", key, `k${i}`)
        })
        await commit({ _tag: "Delete", key })
        const late = await Promise.all(Array.from({ length: 4 }, (_, i) => addKey(commit, "{}", key, `late${i}`)))
        expect(late).toEqual(["Gone", "Gone", "Gone", "Gone"])
        await Promise.all(writers)
        expect(await update(key, undefined, "revived")).toEqual(gone)
        expect(await move(key, undefined, freshKey())).toEqual(gone)
        expect(await load(key)).toEqual(absent)
      })
    })

    describe("a move that forwards", () => {
      it.each(["was", undefined])("leaves no session under the old key (compared with %s)", async (was) => {
        const [from, to] = [await inserted("was"), freshKey()]
        expect(await renew(from, was, to)).toEqual(committed(to, "renewed"))
        expect(await load(from)).toEqual(absent)
        expect(await load(to)).toEqual(found("renewed"))
        for (const compared of ["was", "renewed", undefined]) {
          expect(await update(from, compared, "revived")).toEqual(gone)
          expect(await load(from)).toEqual(absent)
        }
        expect(await move(from, "was", freshKey())).toEqual(gone)
        expect(await renew(from, "was", freshKey())).toEqual(gone)
        expect(await load(to)).toEqual(found("renewed"))
      })
      it("makes every delete of the old key answer with the new key, and removes no other row", async () => {
        const [from, to] = [await inserted("was"), freshKey()]
        await renew(from, "was", to)
        expect(await remove(from)).toEqual(moved(to))
        expect(await load(to)).toEqual(found("renewed"))
        // The answer may have been lost, or the next delete may have failed.
        expect(await remove(from)).toEqual(moved(to))
        expect(await remove(to)).toEqual(deleted)
        expect(await load(to)).toEqual(absent)
        expect(await remove(from)).toEqual(moved(to))
        expect(await remove(to)).toEqual(deleted)
      })
      it("can be followed over several renewals", async () => {
        const [first, second, third] = [await inserted("was"), freshKey(), freshKey()]
        await renew(first, "was", second)
        await renew(second, "renewed", third)
        expect(await end(first)).toBe(3)
        expect(await load(third)).toEqual(absent)
      })
      it("is not followed from a key that was moved without `forwards`", async () => {
        const [first, second, third] = [await inserted("anonymous"), freshKey(), freshKey()]
        await move(first, "anonymous", second)
        await renew(second, "moved from anonymous", third)
        expect(await remove(first)).toEqual(deleted)
        expect(await load(third)).toEqual(found("renewed"))
      })
      it("is remembered for one minute", async () => {
        const [from, to] = [await inserted("was"), freshKey()]
        await renew(from, "was", to)
        // A server that removes expired entries goes by its own clock.
        if (under.expiredVanish) return
        expect(await remove(from, NOW + forwardingSeconds * 1000 - 1)).toEqual(moved(to))
        expect(await remove(from, NOW + forwardingSeconds * 1000)).toEqual(deleted)
        expect(await load(to)).toEqual(found("renewed"))
      })
      it("is remembered while expired sessions are cleared, and then cleared too", async () => {
        const [from, to] = [await inserted("was"), freshKey()]
        await renew(from, "was", to)
        await Effect.runPromise(under.store.clearExpired(NOW + 1000))
        expect(await remove(from, NOW + 1000)).toEqual(moved(to))
        if (under.expiredVanish) return
        await Effect.runPromise(under.store.clearExpired(NOW + forwardingSeconds * 1000 + 1))
        expect(await remove(from)).toEqual(deleted)
        expect(await load(to)).toEqual(found("renewed"))
      })
      it("answers a move without `was` from an old key with the new key", async () => {
        const [from, to, next] = [await inserted("was"), freshKey(), freshKey()]
        await renew(from, "was", to)
        for (const ifGone of ["Insert", "Refuse"] as const) {
          expect(await move(from, undefined, next, ifGone)).toEqual(moved(to))
          expect(await load(next)).toEqual(absent)
        }
        expect(await load(to)).toEqual(found("renewed"))
        // A move that compares is about a row that is gone.
        expect(await move(from, "was", next, "Insert")).toEqual(committed(next, "moved from was"))
        expect(await remove(from)).toEqual(moved(to))
      })
      it("leaves no entry if no row was moved", async () => {
        const [from, taken] = [await inserted("other"), await inserted("taken")]
        expect(await renew(from, "was", freshKey())).toEqual(changed("other"))
        expect(await renew(from, "other", taken)).toEqual(keyTaken)
        expect(await load(from)).toEqual(found("other"))
        expect(await load(taken)).toEqual(found("taken"))
        expect(await remove(from)).toEqual(deleted)
        const missing = freshKey()
        expect(await renew(missing, "was", freshKey())).toEqual(gone)
        expect(await remove(missing)).toEqual(deleted)
        expect(await renew(missing, "was", freshKey(), "Insert")).toMatchObject({ _tag: "Committed" })
        expect(await remove(missing)).toEqual(deleted)
      })
      it("does not save a session from a parallel logout, also if it is renewed several times", async () => {
        for (let round = 0; round < 40; round++) {
          const first = await inserted("was")
          const keys = [first, freshKey(), freshKey(), freshKey()] as const
          const renewing = async () => {
            await renew(keys[0], "was", keys[1])
            await renew(keys[1], "renewed", keys[2])
            await renew(keys[2], "renewed", keys[3])
          }
          const ending = async () => {
            if (round % 4 > 1) await sleep(round % 3)
            return end(first)
          }
          await Promise.all(round % 2 === 0 ? [renewing(), ending()] : [ending(), renewing()])
          for (const key of keys) expect(await load(key)).toEqual(absent)
        }
      })
      it("happens once when many requests try it in parallel, and a delete finds the new key", async () => {
        const from = await inserted("was")
        const keys = Array.from({ length: 8 }, freshKey)
        const answers = await Promise.all(keys.map((to) => renew(from, "was", to)))
        expect(answers.filter((answer) => answer._tag === "Committed")).toHaveLength(1)
        expect(answers.filter((answer) => answer._tag === "Gone")).toHaveLength(7)
        expect(await end(from)).toBe(2)
        for (const key of keys) expect(await load(key)).toEqual(absent)
      })
    })

    describe("clearExpired", () => {
      it("removes all sessions that have expired, in any number, and no others", async () => {
        await Effect.runPromise(under.store.clearExpired(NOW))
        const expired = Array.from({ length: 1203 }, freshKey)
        await Promise.all(expired.map((key, i) => insert(key, "old", NOW - 1 - i)))
        const now = freshKey()
        const later = freshKey()
        await insert(now, "now", NOW)
        await insert(later, "later", NOW + 1)
        expect(await Effect.runPromise(under.store.clearExpired(NOW))).toBe(under.expiredVanish ? 0 : 1203)
        expect(await Effect.runPromise(under.store.clearExpired(NOW))).toBe(0)
        if (!under.expiredVanish) {
          expect(await load(now, NOW - 1)).toEqual(found("now"))
          expect(await load(later)).toEqual(found("later"))
        }
        expect(await insert(expired[0]!, "new")).toEqual(committed(expired[0]!, "new"))
      })

      it("removes at most as many sessions as its limit, and countExpired counts the rest", async () => {
        const { store } = under
        const clear = (limit?: number) => Effect.runPromise(store.clearExpired(NOW, limit))
        const { countExpired } = store
        const counts = async (expected: number): Promise<void> => {
          if (countExpired !== undefined) expect(await Effect.runPromise(countExpired(NOW))).toBe(expected)
        }
        await clear()
        await counts(0)
        for (const key of Array.from({ length: 5 }, freshKey)) await insert(key, "old", NOW - 1)
        await insert(freshKey(), "now", NOW)
        const [two, three] = under.expiredVanish ? [0, 0] : [2, 3]
        expect(await clear(2)).toBe(two)
        await counts(three)
        expect(await clear(10)).toBe(three)
        expect(await clear(10)).toBe(0)
        await counts(0)
      })
    })

    it("has a test that shows what fails for every capability that it does not declare", async () => {
      const elsewhere = async () => {
        const other = await make()
        expect(await Effect.runPromise(other.store.load(await inserted(), NOW))).toEqual(absent)
        await other.close()
      }
      const failures = { sharedWithDjango: elsewhere, ...under.failures }
      const { atomicSwap, merges, revokes, sharedWithDjango } = under.store.capabilities
      if (!sharedWithDjango) await failures.sharedWithDjango()
      for (const [declared, capability] of [
        [atomicSwap, "atomicSwap"],
        [merges, "merges"],
        [revokes, "revokes"]
      ] as const) {
        if (declared) continue
        expect(failures, `no test shows what a store without ${capability} does`).toHaveProperty(capability)
        await failures[capability]?.()
      }
    })

    it("answers any sequence of changes like a table in memory", async () => {
      const names = fc.constantFrom("a", "b", "c")
      const text = fc.constantFrom("1", "2", "3")
      const was = fc.option(text, { nil: undefined })
      const ifGone = fc.constantFrom<"Insert" | "Refuse">("Insert", "Refuse")
      const steps = fc.array(
        fc.oneof(
          fc.record({ _tag: fc.constant("Insert" as const), key: names, text }),
          fc.record({ _tag: fc.constant("Update" as const), key: names, was, text }),
          fc
            .record({
              _tag: fc.constant("Move" as const),
              from: names,
              was,
              to: names,
              text,
              ifGone,
              forwards: fc.constantFrom<true | undefined>(true, undefined)
            })
            .filter(({ from, to }) => from !== to),
          fc.record({ _tag: fc.constant("Delete" as const), key: names })
        ),
        { minLength: 1, maxLength: 12 }
      )
      await fc.assert(
        fc.asyncProperty(steps, async (sequence) => {
          const keys = new Map(["a", "b", "c"].map((letter) => [letter, freshKey()]))
          const tables: Tables = { rows: new Map(), forwards: new Map() }
          for (const step of sequence) {
            const expiresAt = LATER
            const change: SessionChange =
              step._tag === "Move"
                ? moveOf({ ...step, from: keys.get(step.from)!, to: keys.get(step.to)!, expiresAt })
                : step._tag === "Delete"
                  ? { ...step, key: keys.get(step.key)! }
                  : { ...step, key: keys.get(step.key)!, expiresAt }
            expect(await commit(change)).toEqual(model(tables, change))
          }
          for (const key of keys.values()) {
            const text = tables.rows.get(key)
            expect(await load(key)).toEqual(text === undefined ? absent : found(text))
          }
        }),
        { numRuns: 40 }
      )
    })

    it("keeps all parallel writes exactly if it declares `merges`", async () => {
      const key = await inserted("{}")
      const names = Array.from({ length: 64 }, (_, i) => `k${i}`)
      const answers = await Promise.all(names.map((one) => addKey(commit, "{}", key, one)))
      expect(new Set(answers)).toEqual(new Set(["Committed"]))
      const answer = await load(key)
      const kept = Object.keys(JSON.parse(answer._tag === "SessionFound" ? answer.text : "{}"))
      if (under.store.capabilities.merges) expect(kept.sort()).toEqual(names.sort())
      else expect(kept.length).toBeLessThan(64)
    })

    it("moves a row once if moves are parallel and it declares `atomicSwap`", async () => {
      if (!under.store.capabilities.atomicSwap) return
      for (const was of ["was", undefined]) {
        const from = await inserted("was")
        const keys = Array.from({ length: 8 }, freshKey)
        const answers = await Promise.all(keys.map((to) => move(from, was, to)))
        expect(answers.filter((answer) => answer._tag === "Committed")).toHaveLength(1)
        expect(answers.filter((answer) => answer._tag === "Gone")).toHaveLength(7)
        expect(await load(from)).toEqual(absent)
        const loaded = await Promise.all(keys.map((key) => load(key)))
        expect(loaded.filter((answer) => answer._tag === "SessionFound")).toHaveLength(1)
      }
    })

    it("inserts a row for each of several parallel logins that start from one row", async () => {
      const from = await inserted("was")
      const keys = Array.from({ length: 8 }, freshKey)
      const answers = await Promise.all(keys.map((to) => move(from, "was", to, "Insert")))
      expect(answers).toEqual(keys.map((key) => committed(key, "moved from was")))
      expect(await load(from)).toEqual(absent)
      for (const key of keys) expect(await load(key)).toEqual(found("moved from was"))
    })

    it("loses no write that is parallel to a move, if it declares `atomicSwap`", async () => {
      if (!under.store.capabilities.atomicSwap) return
      for (let round = 0; round < 10; round++) {
        const from = await inserted("{}")
        const to = freshKey()
        const writers = Array.from({ length: 4 }, (_, i) => addKey(commit, "{}", from, `k${i}`))
        let was = "{}"
        for (;;) {
          const answer = await commit({
            _tag: "Move",
            from,
            was,
            to,
            text: JSON.stringify({ ...JSON.parse(was), moved: true }),
            expiresAt: LATER,
            ifGone: "Refuse"
          })
          if (answer._tag !== "Changed") break
          was = answer.text
        }
        const wrote = (await Promise.all(writers)).filter((answer) => answer === "Committed").length
        expect(await load(from)).toEqual(absent)
        const answer = await load(to)
        // Every write that was answered with Committed is in the row that was moved.
        const kept = Object.keys(JSON.parse(answer._tag === "SessionFound" ? answer.text : "{}"))
        expect(kept).toHaveLength(wrote + 1)
      }
    })
  })
}

interface Tables {
  readonly rows: Map<Key.SessionKey, string>
  /** The new keys of the rows that a change with `forwards` has moved. */
  readonly forwards: Map<Key.SessionKey, Key.SessionKey>
}

type Move = Extract<SessionChange, { readonly _tag: "Move" }>

const moveOf = ({ forwards, ...move }: Omit<Move, "forwards"> & { readonly forwards: true | undefined }): Move =>
  forwards === undefined ? move : { ...move, forwards }

/** The answer of a table in memory without other clients: this defines what a change means. */
const model = ({ forwards, rows }: Tables, change: SessionChange): unknown => {
  switch (change._tag) {
    case "Insert":
      if (rows.has(change.key)) return keyTaken
      rows.set(change.key, change.text)
      return committed(change.key, change.text)
    case "Update": {
      const present = rows.get(change.key)
      if (present === undefined) return gone
      if (change.was !== undefined && change.was !== present) return changed(present)
      rows.set(change.key, change.text)
      return committed(change.key, change.text)
    }
    case "Move": {
      const present = rows.get(change.from)
      const next = forwards.get(change.from)
      if (present === undefined && change.was === undefined && next !== undefined) return moved(next)
      if (present === undefined && change.ifGone === "Refuse") return gone
      if (present !== undefined && change.was !== undefined && change.was !== present) return changed(present)
      if (rows.has(change.to)) return keyTaken
      if (rows.delete(change.from) && change.forwards) forwards.set(change.from, change.to)
      rows.set(change.to, change.text)
      return committed(change.to, change.text)
    }
    case "Delete": {
      rows.delete(change.key)
      const next = forwards.get(change.key)
      return next === undefined ? deleted : moved(next)
    }
  }
}

export const userStoreContract = <User>(name: string, make: () => Promise<UserStoreUnderTest<User>>): void => {
  describe(`users in ${name}`, () => {
    let under: UserStoreUnderTest<User>
    beforeAll(async () => {
      under = await make()
    })
    afterAll(() => under?.close())

    let names = 0
    const freshName = () => `user-${++names}-${randomBytes(4).toString("hex")}`
    const create = (username: string, password = "encoded") =>
      Effect.runPromise(
        under.users.create({ username, email: "a@example.com", password, isStaff: false, isSuperuser: false }, NOW)
      )
    const created = async (password?: string) => {
      const row = await create(freshName(), password)
      if (row === undefined) throw new Error("the name is taken")
      return row
    }
    const byId = (id: string) => Effect.runPromise(under.users.findById(id))

    it("finds a created user by name and by id", async () => {
      const username = freshName()
      const row = await create(username, "pbkdf2_sha256$1$salt$hash")
      expect(row).toMatchObject({ password: "pbkdf2_sha256$1$salt$hash", isActive: true })
      expect(await Effect.runPromise(under.users.findByUsername(username))).toEqual(row)
      expect(await byId(row!.id)).toEqual(row)
    })
    it("gives the id of a user", async () => {
      const { id, user } = await created()
      expect(under.users.idOf(user)).toBe(id)
    })
    it("does not normalise names: case, spaces, accents", async () => {
      const username = `É ${freshName()}`
      await create(username)
      for (const other of [username.toLowerCase(), ` ${username}`, `${username} `, username.normalize("NFD")]) {
        expect(await Effect.runPromise(under.users.findByUsername(other))).toBeUndefined()
      }
    })
    it("does not create a name twice, also in parallel", async () => {
      const username = freshName()
      const rows = await Promise.all(Array.from({ length: 8 }, (_, i) => create(username, `encoded ${i}`)))
      const winners = rows.filter((row) => row !== undefined)
      expect(winners).toHaveLength(1)
      expect(await Effect.runPromise(under.users.findByUsername(username))).toEqual(winners[0])
    })
    it.each(["nobody\0", "\ud800", ""])("finds no user under the impossible name %j", async (username) => {
      expect(await Effect.runPromise(under.users.findByUsername(username))).toBeUndefined()
    })
    it.each([
      "0x1",
      "1e3",
      "1.0",
      " 1",
      "+1",
      "01",
      "\u0661",
      "1\0",
      "\ud800",
      "",
      "-",
      "9".repeat(400),
      "'; DROP TABLE auth_user; --"
    ])("finds no user under the impossible id %j", async (id) => {
      expect(await byId(id)).toBeUndefined()
      expect(await Effect.runPromise(under.users.setPassword(id, "encoded"))).toBe(false)
      expect(await Effect.runPromise(under.users.upgradePassword(id, "encoded", "better"))).toBe(false)
      await Effect.runPromise(under.users.recordLogin(id, NOW))
      expect(await run(optional("setEmail")(id, { was: "a@example.com", email: "b@example.com" }))).toBe(false)
      expect(await run(optional("setActive")(id, false))).toBe(false)
      expect(await run(optional("delete")(id))).toEqual({ _tag: "UserAbsent" })
    })
    it("upgrades a password only if it is still the verified one", async () => {
      const { id } = await created("verified")
      await Effect.runPromise(under.users.setPassword(id, "changed meanwhile"))
      expect(await Effect.runPromise(under.users.upgradePassword(id, "verified", "better"))).toBe(false)
      expect((await byId(id))?.password).toBe("changed meanwhile")
      expect(await Effect.runPromise(under.users.upgradePassword(id, "changed meanwhile", "better"))).toBe(true)
      expect((await byId(id))?.password).toBe("better")
    })
    it("sets a password of a user who exists", async () => {
      const { id } = await created()
      expect(await Effect.runPromise(under.users.setPassword(id, "new"))).toBe(true)
      expect((await byId(id))?.password).toBe("new")
    })
    it("records a login and changes nothing else", async () => {
      const row = await created()
      await Effect.runPromise(under.users.recordLogin(row.id, NOW))
      const after = await byId(row.id)
      expect({ ...after, user: undefined }).toEqual({ ...row, user: undefined })
      expect(after?.user).toEqual({ ...row.user, lastLoginAt: NOW })
    })
    it("finds users by id and by address, with the fields that their password-reset tokens need", async () => {
      const [address, other] = [`${freshName()}@example.com`, `${freshName()}@example.com`]
      const enrol = async (email: string) => {
        const fields = { username: freshName(), email, password: "encoded", isStaff: false, isSuperuser: false }
        const row = await Effect.runPromise(under.users.create(fields, NOW))
        if (row === undefined) throw new Error("the name is taken")
        return row
      }
      const [first, second] = [await enrol(address), await enrol(address.toUpperCase())]
      await enrol(other)
      const find = (by: { readonly id: string } | { readonly email: string }) =>
        Effect.runPromise(under.users.findForReset?.(by) ?? Effect.die("this store has none"))

      expect(await find({ id: first.id })).toEqual([{ ...first, email: address, lastLoginAt: null }])
      await Effect.runPromise(under.users.recordLogin(first.id, NOW))
      expect(await find({ id: first.id })).toMatchObject([{ id: first.id, password: "encoded", lastLoginAt: NOW }])
      const ids = (await find({ email: address })).map(({ id }) => id)
      expect(ids.sort()).toEqual([first.id, second.id].sort())
      for (const nobody of [`${freshName()}@example.com`, address.slice(1), "%", "\0", "\ud800"])
        expect(await find({ email: nobody })).toEqual([])
      for (const id of ["0x1", " 1", "1\0", "", "2147483647", "'; DROP TABLE auth_user; --"])
        expect(await find({ id })).toEqual([])
    })
    const optional = <Name extends "setEmail" | "setActive" | "delete">(name: Name) =>
      under.users[name] ?? expect.fail(`this store has no ${name}`)
    const run = Effect.runPromise<unknown, unknown>
    const emailOf = async (id: string) => {
      const [row] = await Effect.runPromise(under.users.findForReset?.({ id }) ?? Effect.die("this store has none"))
      return row?.email
    }

    it("changes an address if the stored one is still the one that the change replaces", async () => {
      const { id, user } = await created()
      const change = (was: string | null, email: string) => run(optional("setEmail")(id, { was, email }))
      expect(await change("b@example.com", "c@example.com")).toBe(false)
      expect(await change(null, "c@example.com")).toBe(false)
      expect(await emailOf(id)).toBe("a@example.com")
      expect(await change("a@example.com", "c@example.com")).toBe(true)
      expect((await byId(id))?.user).toEqual({ ...user, email: "c@example.com" })
      const answers = await Promise.all([1, 2, 3, 4].map((n) => change("c@example.com", `${n}@example.com`)))
      expect(answers.filter(Boolean)).toHaveLength(1)
      expect(await emailOf(id)).toBe(`${answers.indexOf(true) + 1}@example.com`)
    })
    it("changes name and address together, if no other user has the name", async () => {
      const [taken, name] = [freshName(), freshName()]
      await create(taken)
      const { id } = await created()
      const change = (username: string) =>
        run(optional("setEmail")(id, { was: "a@example.com", email: "b@example.com", username }))
      expect(await change(taken)).toBe(false)
      expect(await emailOf(id)).toBe("a@example.com")
      expect(await change(name)).toBe(true)
      expect(await emailOf(id)).toBe("b@example.com")
      expect((await Effect.runPromise(under.users.findByUsername(name)))?.id).toBe(id)
      const own = { was: "b@example.com", email: "c@example.com", username: name }
      expect(await run(optional("setEmail")(id, own))).toBe(true)
    })
    const enrolled = async (
      email: string,
      more: { readonly isActive?: boolean; readonly requiresFreeAddress?: true }
    ) => {
      const fields = { username: freshName(), email, password: "encoded", isStaff: false, isSuperuser: false, ...more }
      return Effect.runPromise(under.users.create(fields, NOW))
    }
    const free = { requiresFreeAddress: true } as const

    it("creates a user whose address must be free, unless a confirmed user has it", async () => {
      const address = `${freshName()}@example.com`
      const unconfirmed = (await enrolled(address, { isActive: false })) ?? expect.fail("the name is taken")
      await Effect.runPromise(under.users.recordLogin(unconfirmed.id, NOW))
      expect(await enrolled(address, free)).toBeUndefined()
      const other = `${freshName()}@example.com`
      await enrolled(other, { isActive: false })
      expect(await enrolled(other, free)).toMatchObject({ isActive: true })
      expect(await enrolled(other.toUpperCase(), free)).toBeUndefined()
      expect(await enrolled(other.replace("example", "\u0131example"), free)).toBeDefined()
      expect(await enrolled(other.replace("example", "iexample"), free)).toBeDefined()
      expect(await enrolled(other, {})).toBeDefined()
    })
    it("changes an address to one that must be free, unless another confirmed user has it", async () => {
      const [own, taken] = [`${freshName()}@example.com`, `${freshName()}@example.com`]
      await enrolled(taken, {})
      const { id } = (await enrolled(own, {})) ?? expect.fail("the name is taken")
      const change = (email: string) => run(optional("setEmail")(id, { was: own, email, ...free }))
      expect(await change(taken.toUpperCase())).toBe(false)
      expect(await emailOf(id)).toBe(own)
      expect(await change(own.toUpperCase())).toBe(true)
    })
    it("gives an address that must be free to one of several users at the same moment", async () => {
      for (let round = 0; round < 5; round++) {
        const address = `${freshName()}@example.com`
        const users = await Promise.all([1, 2, 3].map((n) => enrolled(`${n}-${address}`, {})))
        const answers = await Promise.all([
          ...[1, 2, 3].map(
            async (n) => (await enrolled(n === 1 ? address.toUpperCase() : address, free)) !== undefined
          ),
          ...users.map((user, n) =>
            run(optional("setEmail")(user?.id ?? "", { was: `${n + 1}-${address}`, email: address, ...free }))
          )
        ])
        expect(answers.filter(Boolean)).toHaveLength(1)
        const holders = under.users.findForReset?.({ email: address }) ?? Effect.die("this store has none")
        expect(await run(holders)).toHaveLength(1)
      }
    })
    it("deactivates and activates a user", async () => {
      const { id } = await created()
      for (const isActive of [false, false, true]) {
        expect(await run(optional("setActive")(id, isActive))).toBe(true)
        expect((await byId(id))?.isActive).toBe(isActive)
      }
    })
    it("creates inactive users", async () => {
      const fields = { username: freshName(), email: "", password: "checked", isStaff: false, isSuperuser: false }
      const row = await Effect.runPromise(under.users.create({ ...fields, isActive: false }, NOW))
      expect(row).toMatchObject({ isActive: false })
      expect(await byId(row?.id ?? "")).toMatchObject({ isActive: false })
    })
    it("deletes a user once", async () => {
      const username = freshName()
      const { id } = (await create(username)) ?? expect.fail("the name is taken")
      const other = await created()
      const answers = await Promise.all([1, 2, 3].map(() => run(optional("delete")(id))))
      expect(answers.filter((answer) => JSON.stringify(answer) === '{"_tag":"UserDeleted"}')).toHaveLength(1)
      expect(answers).toContainEqual({ _tag: "UserAbsent" })
      expect(await byId(id)).toBeUndefined()
      expect(await create(username)).toBeDefined()
      expect(await byId(other.id)).toEqual(other)
    })
    it("recognises its own rows, and no copies of them", async () => {
      const row = await created()
      expect(under.users.owns(row)).toBe(true)
      expect(under.users.owns({ ...row })).toBe(false)
      expect(under.users.owns(undefined)).toBe(false)
    })
  })
}

/** For stores that load a session together with its user. */
export const prefetchContract = <User>(
  name: string,
  make: () => Promise<SessionStoreUnderTest & UserStoreUnderTest<User>>
): void => {
  describe(`users that are loaded together with sessions in ${name}`, () => {
    let under: SessionStoreUnderTest & UserStoreUnderTest<User>
    beforeAll(async () => {
      under = await make()
    })
    afterAll(() => under?.close())

    const arrange = async () => {
      const username = `user-${randomBytes(6).toString("hex")}`
      const user = { username, email: "", password: "encoded", isStaff: false, isSuperuser: false }
      const row = await Effect.runPromise(under.users.create(user, NOW))
      const key = freshKey()
      await Effect.runPromise(under.store.commit({ _tag: "Insert", key, text: "text", expiresAt: LATER }, NOW))
      return { key, row: row!, remember: (id: string) => under.store.prefetch?.remember(key, BACKEND, id) }
    }
    const load = (key: Key.SessionKey) => Effect.runPromise(under.store.load(key, NOW))

    it("are those of the user store", () => {
      expect(under.store.prefetch?.users).toBe(under.users)
    })
    it("are loaded after `remember`, with their current fields", async () => {
      const { key, row, remember } = await arrange()
      expect(await load(key)).toEqual(found("text"))
      remember(row.id)
      expect(await load(key)).toEqual({ ...found("text"), prefetched: { backend: BACKEND, id: row.id, known: row } })
      await Effect.runPromise(under.users.setPassword(row.id, "new"))
      const answer = await load(key)
      const known = answer._tag === "SessionFound" ? answer.prefetched?.known : undefined
      expect(known).toMatchObject({ id: row.id, password: "new" })
      expect(under.users.owns(known)).toBe(true)
    })
    it("are undefined when there is no such user", async () => {
      const { key, remember } = await arrange()
      remember("2147483647")
      expect(await load(key)).toEqual({
        ...found("text"),
        prefetched: { backend: BACKEND, id: "2147483647", known: undefined }
      })
    })
    it("are not queried under an impossible id", async () => {
      const { key, remember } = await arrange()
      remember("0x1")
      const answer = await load(key)
      expect(answer._tag === "SessionFound" ? answer.prefetched?.known : "absent").toBeUndefined()
    })
    it("are not loaded with an expired or deleted session, which stays absent", async () => {
      const { key, row, remember } = await arrange()
      remember(row.id)
      expect(await Effect.runPromise(under.store.load(key, LATER))).toEqual(absent)
      await Effect.runPromise(under.store.commit({ _tag: "Delete", key }, NOW))
      expect(await load(key)).toEqual(absent)
    })
  })
}
