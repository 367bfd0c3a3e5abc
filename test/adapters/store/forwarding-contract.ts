/** The tests of a move that forwards: a logout under the old key of a session ends the session under its new key. */
import { setTimeout as sleep } from "node:timers/promises"
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { forwardingSeconds } from "../../../src/core/session/writing/forwarding.ts"
import {
  absent,
  changed,
  committed,
  deleted,
  found,
  freshKey,
  gone,
  keyTaken,
  moved,
  NOW,
  type SessionCalls
} from "./session-calls.ts"
import type { SessionStoreUnderTest } from "./session-store-contract.ts"

export const forwardingContract = (
  under: () => SessionStoreUnderTest,
  { end, inserted, load, move, remove, renew, update }: SessionCalls
): void => {
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
      if (under().expiredVanish) return
      expect(await remove(from, NOW + forwardingSeconds * 1000 - 1)).toEqual(moved(to))
      expect(await remove(from, NOW + forwardingSeconds * 1000)).toEqual(deleted)
      expect(await load(to)).toEqual(found("renewed"))
    })
    it("is remembered while expired sessions are cleared, and then cleared too", async () => {
      const [from, to] = [await inserted("was"), freshKey()]
      await renew(from, "was", to)
      await Effect.runPromise(under().store.clearExpired(NOW + 1000))
      expect(await remove(from, NOW + 1000)).toEqual(moved(to))
      if (under().expiredVanish) return
      await Effect.runPromise(under().store.clearExpired(NOW + forwardingSeconds * 1000 + 1))
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
}
