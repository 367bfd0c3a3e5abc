/** Every input of the corpus is in the table of `test/corpus/cases.ts`, and a test file checks that it ran. */
import { globSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import {
  areas,
  type Case,
  deviceCases,
  type ExampleMode,
  examples,
  examplesOf,
  idsOf,
  type Mode
} from "../corpus/cases.ts"

const tests = join(import.meta.dirname, "..")
const text = (file: string): string => readFileSync(join(tests, file), "utf8")
const rowsOf = (area: string): ReadonlyArray<{ readonly id: string; readonly area: string }> =>
  JSON.parse(text(`corpus/${area}.json`))

const cases: ReadonlyArray<readonly [id: string, row: Case]> = [
  ...Object.values(areas).flatMap((rows) => Object.entries(rows)),
  ["device-bound", deviceCases]
]
const isOnExamples = (mode: Mode): mode is ExampleMode => mode in examplesOf
const modesOf = ({ inProcess = [], onExamples = [] }: Case): ReadonlyArray<Mode> => [...inProcess, ...onExamples]

/** The calls of `isComplete` in the test files, with the file. */
const checks: ReadonlyArray<{ readonly file: string; readonly mode: string; readonly only?: ReadonlyArray<string> }> =
  globSync("**/*.ts", { cwd: tests })
    .filter((file) => !/^corpus\/|\/corpus\.test\.ts$/.test(file))
    .flatMap((file) =>
      Array.from(text(file).matchAll(/\.isComplete\("([^"]+)"(?:, \[([^\]]+)\])?\)/g), ([, mode = "", only]) => ({
        file,
        mode,
        ...(only === undefined ? {} : { only: only.split(", ").map((name) => name.slice(1, -1)) })
      }))
    )

describe("the table of the corpus", () => {
  it("has every input once, in its area", () => {
    const files = [...Object.keys(areas), "device-bound"].map((area) => `${area}.json`)
    expect(readdirSync(join(tests, "corpus")).filter((name) => name.endsWith(".json"))).toEqual(files.sort())
    for (const [area, rows] of Object.entries(areas)) {
      const inputs = rowsOf(area)
      expect([area, inputs.map(({ id }) => id)]).toEqual([area, Object.keys(rows)])
      expect(new Set(inputs.map((row) => row.area))).toEqual(new Set([area]))
    }
    // None is missing. Numbers with B are odd.
    const ids = Object.values(areas).flatMap((rows) => Object.keys(rows))
    expect(ids.sort()).toEqual(Array.from({ length: 256 }, (_, n) => `B${String(2 * n + 1).padStart(3, "0")}`))
    expect(rowsOf("device-bound").map(({ id }) => id)).toEqual(
      Array.from({ length: 91 }, (_, n) => `D${String(n + 1).padStart(3, "0")}`)
    )
  })

  it.each(cases)("sends %s to every example, or says why not", (_, row) => {
    expect(modesOf(row).length).toBeGreaterThan(0)
    expect((row.onExamples ?? []).length === 0).toBe(row.notOnExamples !== undefined)
    for (const mode of row.onExamples ?? []) expect(examplesOf[mode]).toEqual(examples)
  })

  it("has a reason for each difference, in a mode in which the case runs", () => {
    for (const [id, row] of cases) {
      const reasons = [
        ...Object.values(row.differs ?? {}),
        ...(row.notOnExamples === undefined ? [] : [row.notOnExamples])
      ]
      expect([id, reasons.filter((reason) => reason.split(" ").length < 5)]).toEqual([id, []])
      expect([id, Object.keys(row.differs ?? {}).filter((mode) => !modesOf(row).some((own) => own === mode))]).toEqual([
        id,
        []
      ])
    }
  })
})

/** It starts every example with other session engines. */
const engines = "full-stack/bad-input-engines.test.ts"

describe("that the cases ran is checked", () => {
  const modes = new Set(cases.slice(0, -1).flatMap(([, row]) => modesOf(row)))

  it.each([...modes].filter((mode) => !isOnExamples(mode)))("in the test's own process: %s", (mode) => {
    const own = checks.filter((check) => check.mode === mode)
    expect(new Set(own.flatMap(({ only }) => idsOf(mode, only)))).toEqual(new Set(idsOf(mode)))
  })

  it.each([...modes].filter(isOnExamples))("on every example: %s", (mode) => {
    const files = checks.filter((check) => check.mode === mode)
    if (files.some(({ file }) => file === engines)) {
      expect(files).toEqual([{ file: engines, mode }])
      return expect(text(engines)).toContain("describe.each(examples)")
    }
    expect(files).toEqual([
      { file: "full-stack/bad-input-on-example.ts", mode },
      { file: "full-stack/bad-input.test.ts", mode }
    ])
    // The latter starts the example on Node.
    expect(text("full-stack/bad-input-koa.test.ts")).toContain('badInputOn("examples/koa/server.ts"')
    expect(text("full-stack/bad-input-next.test.ts")).toMatch(/badInputOn\(\s*"examples\/next\/server.ts"/)
  })

  it("on the adapter of every example, and on each adapter with device-bound sessions", () => {
    for (const name of examples)
      expect(text(`adapters/http/${name}/contract.test.ts`)).toMatch(/^\s*httpAdapterContract\(/m)
    expect(text("faults/fuzz/device-input.test.ts")).toContain('describe.each(["node", "koa", "next"])')
  })
})
