import { describe, expect, it } from "vitest"
import { progressLine } from "../../src/adapters/cli/terminal/progress.ts"

describe("the progress line", () => {
  it.each([
    [{ done: 0, total: 10, elapsedMs: 0 }, "[....................] 0 of 10  0/s"],
    [{ done: 500, total: 2000, elapsedMs: 1000 }, "[#####...............] 500 of 2,000  500/s  3 s left"],
    [
      { done: 1000, total: 100_000, elapsedMs: 10_000 },
      "[....................] 1,000 of 100,000  100/s  16 min 30 s left"
    ],
    [{ done: 12, total: 10, elapsedMs: 1000 }, "[####################] 12 of 10  12/s  0 s left"],
    [{ done: 12, total: undefined, elapsedMs: 1000 }, "12  12/s"],
    [{ done: 0, total: 0, elapsedMs: 0 }, "0  0/s"],
    [{ done: 1, total: 100_000, elapsedMs: 1000 }, "[....................] 1 of 100,000  1/s  27 h 47 min left"]
  ])("of %j is %s", (progress, line) => {
    expect(progressLine(progress)).toBe(line)
  })
})
