/**
 * Code that the pages show from a file of this repository: the first line of the block names the file, and the block is
 * the whole file. Programs in docs/programs are run, and print what the page says. Tests of the recipes in docs/recipes
 * are in recipes.test.ts. Those of docs/apps are in test/package: docs.test.ts, docs-recipes.test.ts and
 * testing-clients.test.ts. The tests in docs/testing are run by test/package/testing-docs.test.ts.
 */
import { execFile } from "node:child_process"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { describe, expect, it } from "vitest"
import { preparedPglite } from "../rig/pglite-server.ts"
import { blocks, read, root } from "./pages.ts"

const run = promisify(execFile)
const minute = 60_000

/** Blocks whose first line has a path in group 1 of `kind`. */
const blocksOf = (kind: RegExp) =>
  blocks.flatMap(({ info, page, text }) => {
    const [, file] = kind.exec(info) ?? []
    return file === undefined ? [] : [{ page, file, text }]
  })

const shown = blocksOf(/^(?:tsx?|sql|svelte|astro) (\S+)$/)
const printed = blocksOf(/^text (docs\/programs\/\S+) prints$/)

const filesIn = (folder: string): ReadonlyArray<string> =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))

describe("the code that is shown from a file", () => {
  it("includes every file of these folders", () => {
    const files = ["docs/apps", "docs/programs", "docs/recipes", "docs/testing"].flatMap(filesIn)
    expect([...new Set(shown.map(({ file }) => file))].sort()).toEqual(files.toSorted())
  })

  it.each(shown)("is $file, complete and unchanged, on $page", ({ file, text }) => {
    expect(text, "after a change of the file, run: npm run pages").toBe(read(file))
  })

  it("is marked by its name, and in no other way", () => {
    const marked = blocks.filter(({ info }) => info.includes("/"))
    expect(marked).toHaveLength(shown.length + printed.length)
  })

  it.each(printed)("prints what the page says: $file", async ({ file, text }) => {
    // The environment of this machine must not change the output.
    const settings = { env: { PATH: process.env["PATH"] }, timeout: minute * 1.5 }
    const { stdout } = await run(process.execPath, [...(await preparedPglite()), join(root, file)], settings)
    expect(stdout).toBe(text)
  })

  it("includes programs to run", () => {
    expect(printed.length).toBeGreaterThanOrEqual(3)
  })
})
