import { describe, expect, it } from "vitest"
import { makeUserPrefetchCache } from "../../../src/adapters/store/user-prefetch-cache.ts"
import { freshKey } from "./session-calls.ts"

const guess = (id: string) => ({ backend: "backend", id })

describe("the cache of session keys and user ids", () => {
  it("keeps an entry until it is removed", () => {
    const guesses = makeUserPrefetchCache(2)
    const key = freshKey()
    guesses.remember(key, guess("1"))
    guesses.remember(key, guess("2"))
    expect(guesses.of(key)).toEqual(guess("2"))
    guesses.forget(key)
    expect(guesses.of(key)).toBeUndefined()
  })

  it("is bounded: the entry that was set least recently is removed first", () => {
    const guesses = makeUserPrefetchCache(2)
    const [a, b, c] = [freshKey(), freshKey(), freshKey()]
    guesses.remember(a, guess("a"))
    guesses.remember(b, guess("b"))
    guesses.remember(a, guess("a"))
    guesses.remember(c, guess("c"))
    expect([a, b, c].map((key) => guesses.of(key)?.id)).toEqual(["a", undefined, "c"])
  })
})
