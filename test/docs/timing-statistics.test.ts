/** The statistics of `npm run timing`, on differences whose cause is known. */
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { kindsIn, type Scene, sceneNames, sceneOf } from "../../bench/timing/kinds.ts"
import { page, pageOf, readSaved } from "../../bench/timing/results.ts"
import { chanceOf, holm, intervalOf, trimmedMean } from "../../bench/timing/statistics.ts"
import { compare, type Differences, isDecided, outcomeOf } from "../../bench/timing/verdicts.ts"

/** Differences around a mean, with the same noise in each run and some outliers. */
const around = (mean: number): ReadonlyArray<number> =>
  Array.from({ length: 200 }, (_, n) => mean + Math.sin(n * n) + (n % 50 === 7 ? 40 : 0))

describe("the statistics of the timing", () => {
  it("leave out outliers", () => {
    expect(trimmedMean([1, 1, 1, 1, 1, 1, 1, 1, 1, 100])).toBe(1)
  })

  it("have an interval around the true difference, which excludes 0 only if there is one", () => {
    const [low, high] = intervalOf(around(0))
    expect(low).toBeLessThan(0)
    expect(high).toBeGreaterThan(0)
    const [found, most] = intervalOf(around(2))
    expect(found).toBeGreaterThan(1)
    expect(most).toBeLessThan(3)
  })

  it("find a difference unlikely only if there is one", () => {
    expect(chanceOf(around(0))).toBeGreaterThan(0.01)
    expect(chanceOf(around(2))).toBeLessThan(0.001)
  })

  it("demand more of one test among several", () => {
    expect(holm([0.01, 0.5, 0.02])).toEqual([0.03, 0.5, 0.04])
  })
})

describe("the verdict of the timing", () => {
  /** One hash takes 20 ms here, so 1 ms counts as equal. */
  const limit = 1
  const login: Scene = {
    ...sceneOf("login"),
    kinds: Object.fromEntries(
      ["known", "again", "delay", "quick", "noone", "inact", "dear0"].flatMap((kind) => {
        const info = sceneOf("login").kinds[kind]
        return info === undefined ? [] : [[kind, info]]
      })
    )
  }
  const resamples = 300
  const planted: Readonly<Record<string, number>> = { delay: 1, quick: -20, dear0: 10 }
  /** The differences of a run. @param noise how much the noise of the other tests is multiplied by */
  const run = (changes: Readonly<Record<string, number>> = {}, noise = 0.5, scene = login): Differences =>
    new Map(
      kindsIn(scene)
        .slice(1)
        .map((kind) => [kind, around(0).map((value) => (changes[kind] ?? planted[kind] ?? 0) + value * noise)])
    )
  const outcome = (processor: Differences, waiting: Differences = processor, scene = login) =>
    outcomeOf(scene, compare(processor, limit, resamples), compare(waiting, limit, resamples), limit)

  it("passes a site that shows nothing", () => {
    expect(outcome(run())).toEqual({ verdict: "passed", reasons: [] })
    expect(isDecided(run(), limit)).toBe(true)
  })

  it("finds a kind that costs more, or for which a client waits longer", () => {
    const leaking = run({ inact: 1.5, noone: -4 })
    const words = ["no account", "inactive account, wrong password"]
    expect(outcome(leaking)).toEqual({ verdict: "failed", reasons: words })
    expect(outcome(run(), leaking)).toEqual({ verdict: "failed", reasons: words })
  })

  it.each([
    [{ delay: 0 }, "control: 5 % more work: found equal, must be different"],
    [{ quick: 0 }, "control: no hash: found equal, must be different"],
    [{ dear0: 0 }, "hash with 1.5 times the iterations: found equal, must be different"],
    [{ again: 2 }, "control: the first kind, again: found different, must be equal"]
  ])("is invalid without a planted leak, or with a difference between equal accounts: %o", (changes, doubt) => {
    expect(outcome(run(changes), run())).toEqual({ verdict: "invalid", reasons: [doubt] })
  })

  it("is invalid with too much noise, also if only the client hears it", () => {
    expect(outcome(run({}, 20)).reasons.join()).toMatch(/no account: the interval is .* ms wide/)
    expect(isDecided(run({}, 20), limit)).toBe(false)
    expect(outcome(run(), run({}, 200))).toEqual({
      verdict: "invalid",
      reasons: ["a client does not notice this: control: no hash: the machine is too busy"]
    })
  })

  it("says that no client waits longer if the first kind, again, differs as much", () => {
    expect(outcome(run(), run({ again: 3, inact: 3 })).verdict).toBe("passed")
  })

  it("expects that a wait is noticed by the client, not in the processor time", () => {
    const reset = sceneOf("reset")
    const waiting = run({ inline: 5, delay: 0 }, 0.5, reset)
    expect(outcome(run({ delay: 2 }, 0.5, reset), waiting, reset).verdict).toBe("passed")
    expect(outcome(run({ delay: 2 }, 0.5, reset), run({ delay: 0 }, 0.5, reset), reset).verdict).toBe("invalid")
  })
})

describe("the kept results of the timing", () => {
  const saved = readSaved()

  it("are what bench/results/timing.md shows (npm run timing -- --save writes both)", () => {
    expect(readFileSync(page, "utf8")).toBe(pageOf(saved))
  })

  it.each(sceneNames)("have each kind of this scene, on a commit, with versions, and passed: %s", (name) => {
    const kept = saved[name]
    expect(kept?.outcome).toEqual({ verdict: "passed", reasons: [] })
    expect(kept?.date).toMatch(/^\d{4}-\d\d-\d\d$/)
    expect(kept?.commit).toMatch(/^[0-9a-f]{10}$/)
    expect(kept?.versions).toMatchObject({ Node: expect.stringMatching(/^\d+\./) })
    expect(kept?.processor.map(({ kind }) => kind)).toEqual(kindsIn(sceneOf(name)).slice(1))
    expect(outcomeOf(sceneOf(name), kept?.processor ?? [], kept?.waiting ?? [], kept?.limitMs ?? 0)).toEqual(
      kept?.outcome
    )
  })
})
