/** The tests that every session store must pass. */
import { setTimeout as sleep } from "node:timers/promises"
import * as Effect from "effect/Effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { SessionStore, StoreCapabilities } from "../../../src/adapters/ports/session-store.ts"
import type { LoadSessionAnswer } from "../../../src/core/effect.ts"
import * as Key from "../../../src/core/session-key.ts"
import { forwardingContract } from "./forwarding-contract.ts"
import { parallelChangesContract } from "./parallel-changes-contract.ts"
import {
  absent,
  addKey,
  callsOf,
  changed,
  committed,
  deleted,
  found,
  freshKey,
  gone,
  keyTaken,
  LATER,
  NOW
} from "./session-calls.ts"
import { sessionTableContract } from "./session-table.ts"

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

const DAY = 86_400_000

export const sessionStoreContract = (name: string, make: () => Promise<SessionStoreUnderTest>): void => {
  describe(`sessions in ${name}`, () => {
    let under: SessionStoreUnderTest
    beforeAll(async () => {
      under = await make()
    })
    afterAll(() => under?.close())

    const calls = callsOf(() => under.store)
    const { commit, insert, inserted, load, move, remove, update } = calls
    const expired = (text: string): unknown => under.expired?.(text) ?? absent

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
          await insert(key, "text", NOW + 1500)
          expect(await load(key)).toEqual(found("text"))
          await sleep(1550)
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

    forwardingContract(() => under, calls)

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

    sessionTableContract(calls)
    parallelChangesContract(() => under.store, calls)
  })
}
