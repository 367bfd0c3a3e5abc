/** The docs show the programs in docs/programs unchanged, and show their real output. */
import { execFile } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { describe, expect, it } from "vitest"

const root = join(import.meta.dirname, "..", "..")
const run = promisify(execFile)
const minute = 60_000

interface Block {
  readonly doc: string
  readonly program: string
  readonly text: string
}

const programs = readdirSync(join(root, "docs", "programs")).map((file) => `docs/programs/${file}`)

/** Fenced blocks whose first line names a program: its source (`ts docs/programs/…`), or its output. */
const blocks = (kind: RegExp): ReadonlyArray<Block> =>
  readdirSync(join(root, "docs"))
    .filter((file) => file.endsWith(".md"))
    .flatMap((doc) => {
      const fenced = readFileSync(join(root, "docs", doc), "utf8").matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)
      return Array.from(fenced, ([, info = "", text = ""]) => ({ doc, program: kind.exec(info)?.[1], text }))
    })
    .flatMap(({ doc, program, text }) => (program === undefined ? [] : [{ doc, program, text }]))

const shown = blocks(/^ts (docs\/programs\/\S+)$/)
const printed = blocks(/^text (docs\/programs\/\S+) prints$/)

describe("the docs", () => {
  it("show every program completely", () => {
    expect(shown.map(({ program }) => program).sort()).toEqual(programs.toSorted())
    for (const { program, text } of shown) expect(text, program).toBe(readFileSync(join(root, program), "utf8"))
  })

  it("mark a program's source by its name, and in no other way", () => {
    const marks = readdirSync(join(root, "docs"))
      .filter((file) => file.endsWith(".md"))
      .flatMap((doc) => readFileSync(join(root, "docs", doc), "utf8").match(/^```.*programs.*$/gm) ?? [])
    expect(marks).toHaveLength(shown.length + printed.length)
  })

  it.each(printed)("show the real output of $program", { timeout: 2 * minute }, async ({ program, text }) => {
    // The environment of this machine must not change the output.
    const settings = { env: { PATH: process.env["PATH"] }, timeout: minute * 1.5 }
    const { stdout } = await run(process.execPath, [join(root, program)], settings)
    expect(stdout).toBe(text)
  })

  it("contain programs to run", () => {
    expect(printed.length).toBeGreaterThanOrEqual(3)
  })
})
