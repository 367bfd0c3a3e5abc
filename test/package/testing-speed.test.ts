/** What tests call often stays cheap: within four times what `npm run bench` shows on an idle machine. */
import { describe, expect, it } from "vitest"
import { measured, microseconds } from "../../bench/testing-kit.ts"

describe("the testing kit's speed", () => {
  it.each(Object.entries(measured))("%s", (_, { calls, most, run }) => {
    expect(microseconds(run, { calls, rounds: 3 })).toBeLessThan(4 * most)
  })
})
