/** `npm run bench:check` must be able to fail: a slower row, a new one and a missing one are reported. */
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { rows } from "../../bench/check/rows.ts"
import { bestFigures, type Figures, type Kept, problemsOf, usualFigures } from "../../bench/check/verdict.ts"
import { lineOf } from "../../bench/testing-kit.ts"

const last: Kept = { version: "0.1.0", date: "2026-01-02", node: "24", figures: { read: 60, login: 10 } }

/** Figures of one process after the other; the last ones again when there are no more. */
const processes = (...figures: ReadonlyArray<Figures>) => {
  let started = 0
  return { started: () => started, measured: () => figures[Math.min(started++, figures.length - 1)] ?? {} }
}

/** What the check reports, with time for so many processes. */
const check = (figures: ReadonlyArray<Figures>, most: number) => {
  const { measured, started } = processes(...figures)
  const best = bestFigures(measured, last, () => started() < most)
  return { best, problems: problemsOf(best, last), started: started() }
}

describe("the check of speed", () => {
  it("passes after two processes when no row is more than 15 % slower", () => {
    const near = { read: 52, login: 8.6 }
    expect(check([near], 9)).toEqual({ best: near, problems: [], started: 2 })
  })

  it("fails when a row is more than 15 % slower in every process that there was time for", () => {
    const { problems, started } = check([{ read: 60, login: 8.4 }], 5)
    expect(problems).toEqual(["more than 15 % slower than 0.1.0: login"])
    expect(started).toBe(5)
  })

  it("passes when one process of several is fast enough", () => {
    const slow = { read: 40, login: 10 }
    expect(check([slow, slow, slow, { read: 61, login: 5 }], 9)).toEqual({
      best: { read: 61, login: 10 },
      problems: [],
      started: 4
    })
  })

  it("fails when a row is new, and says how to keep it", () => {
    expect(check([{ read: 60, login: 10, logout: 20 }], 3).problems).toEqual([
      "not measured at 0.1.0: logout; if this is intended, keep the rows with npm run bench:check -- --save"
    ])
  })

  it("fails when a row is missing, and says how to remove it", () => {
    expect(check([{ read: 60 }], 3).problems).toEqual([
      "measured at 0.1.0 and not now: login; if this is intended, keep the rows with npm run bench:check -- --save"
    ])
  })

  it.each([Number.NaN, 0])("fails when a figure is %d", (read) => {
    expect(check([{ read, login: 10 }], 3).problems).toEqual(["more than 15 % slower than 0.1.0: read"])
  })

  it("keeps the middle of five processes", () => {
    const reads = [60, 90, 50, 70, 65]
    expect(usualFigures(() => ({ read: reads.pop() ?? 0 }))).toEqual({ read: 65 })
  })

  it("fails when no figures are kept", () => {
    expect(problemsOf({ read: 60 }, undefined)).toEqual(["no figures are kept: npm run bench:check -- --save"])
  })

  it("has a figure of each row in bench/results/check.json", () => {
    const file = new URL("../../bench/results/check.json", import.meta.url)
    const kept: ReadonlyArray<Kept> = JSON.parse(readFileSync(file, "utf8"))
    expect(Object.keys(kept.at(-1)?.figures ?? {})).toEqual(Object.keys(rows))
  })
})

it("the speed of the testing kit is reported beside limits, each of which can be missed", () => {
  expect(lineOf("a flow", 40, 50)).toBe(
    `a flow${" ".repeat(32)}   40.0 µs, at most   50;    25,000 a second, at least 20,000`
  )
  expect(lineOf("a flow", 50.1, 50)).toMatch(/ MISSED$/)
})
