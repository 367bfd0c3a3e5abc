import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { endOf, makeMemo } from "../../../../src/core/session/text/decode-cache.ts"

/** Texts of which many have the same end. */
const text = fc
  .tuple(fc.constantFrom("a", "b", "c"), fc.constantFrom("x", "y"))
  .map(([start, end]) => start + end.repeat(24))
const step = fc.oneof(
  fc.record({ kind: fc.constant("set" as const), text, bytes: fc.integer({ min: 1, max: 60 }) }),
  fc.record({ kind: fc.constant("get" as const), text }),
  fc.record({ kind: fc.constant("remove" as const), text })
)

describe.each([
  ["whole texts", undefined],
  ["the ends of texts", endOf]
])("a cache by %s", (_, keyOf) => {
  it("returns only the value of the text that is asked for, and none that was removed", () => {
    let hits = 0
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const memo = makeMemo<string>(100, keyOf)
        const removed = new Set<string>()
        for (const one of steps) {
          if (one.kind === "remove") memo.remove(one.text)
          if (one.kind === "set") memo.set(one.text, `value of ${one.text}`, one.bytes)
          if (one.kind === "remove") removed.add(one.text)
          if (one.kind === "set") removed.delete(one.text)
          if (one.kind !== "get") continue
          const value = memo.get(one.text)
          if (value !== undefined) hits += 1
          expect([undefined, `value of ${one.text}`]).toContain(value)
          if (removed.has(one.text)) expect(value).toBeUndefined()
        }
      })
    )
    expect(hits).toBeGreaterThan(0)
  })

  it("keeps no more than its limit", () => {
    const memo = makeMemo<number>(100, keyOf)
    const texts = Array.from({ length: 50 }, (_, n) => `text ${n} `.padEnd(30, String(n)))
    texts.forEach((each, n) => {
      memo.set(each, n, 10)
    })
    const kept = texts.filter((each) => memo.get(each) !== undefined)
    expect(kept.length).toBeGreaterThan(0)
    expect(kept.length).toBeLessThanOrEqual(10)
    expect(kept).toContain(texts.at(-1))
  })

  it("drops nothing while the same text is set again and again", () => {
    const memo = makeMemo<number>(100, keyOf)
    memo.set("another text with an end of its own", 1, 10)
    for (let n = 0; n < 50; n++) {
      memo.set("a text that is set again", n, 10)
      memo.remove("a text that is set again")
    }
    expect(memo.get("another text with an end of its own")).toBe(1)
  })
})
