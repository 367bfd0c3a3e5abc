/** The tests of changes of one session that several requests make at the same time. */
import { expect, it } from "vitest"
import type { SessionStore } from "../../../src/adapters/ports/session-store.ts"
import { absent, addKey, committed, found, freshKey, LATER, type SessionCalls } from "./session-calls.ts"

export const parallelChangesContract = (
  store: () => SessionStore,
  { commit, inserted, load, move }: SessionCalls
): void => {
  it("keeps all parallel writes exactly if it declares `merges`", async () => {
    const key = await inserted("{}")
    const names = Array.from({ length: 64 }, (_, i) => `k${i}`)
    const answers = await Promise.all(names.map((one) => addKey(commit, "{}", key, one)))
    expect(new Set(answers)).toEqual(new Set(["Committed"]))
    const answer = await load(key)
    const kept = Object.keys(JSON.parse(answer._tag === "SessionFound" ? answer.text : "{}"))
    if (store().capabilities.merges) expect(kept.sort()).toEqual(names.sort())
    else expect(kept.length).toBeLessThan(64)
  })

  it("moves a row once if moves are parallel and it declares `atomicSwap`", async () => {
    if (!store().capabilities.atomicSwap) return
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
    if (!store().capabilities.atomicSwap) return
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
}
