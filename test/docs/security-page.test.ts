/** What docs/security.md names exists, and its tables of promises have every law. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { lawTexts } from "../../src/testing/laws.ts"
import { securityLaws } from "../laws/laws-page.ts"
import { promises } from "../laws/promises.ts"

const root = join(import.meta.dirname, "../..")
const page = readFileSync(join(root, "docs/security.md"), "utf8")
const rows = page.split("\n").filter((line) => /^\| (?:[3679]|16)\.\d/.test(line))

describe("docs/security.md", () => {
  it("has the tables of what holds", () => {
    expect(page, "write it again with `npm run docs:laws`").toContain(
      `<!-- laws -->\n\n${securityLaws()}\n\n<!-- /laws -->`
    )
  })

  it("promises what laws and tests show, and leaves no law out", () => {
    const rows = Object.values(promises).flat()
    expect(rows.length).toBeGreaterThan(50)
    expect(new Set(rows.map(({ what }) => what)).size).toBe(rows.length)
    const [ids, named] = [lawTexts.map(({ id }) => id), rows.flatMap(({ laws = [] }) => laws)]
    expect(named.filter((id) => !ids.includes(id))).toEqual([])
    expect(ids.filter((id) => !named.includes(id))).toEqual([])
    const files = rows.flatMap(({ tests = [] }) => tests)
    expect(files.filter((file) => !/^test\/.*\.ts$/.test(file) || !existsSync(join(root, file)))).toEqual([])
    // Contracts are run by the tests of each adapter and each hasher; they are named for what they check.
    expect(rows.filter(({ laws = [], tests = [] }) => laws.length + tests.length === 0)).toEqual([])
  })

  it("names tests that exist", () => {
    const named = [...page.matchAll(/`(test\/[^`]+)`/g)].map(([, path = ""]) => path)
    expect(named.length).toBeGreaterThan(30)
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })

  it("names laws that exist", () => {
    const named = [...page.matchAll(/\blaws? ((?:`[a-z-]+`(?:, )?)+)/g)].flatMap(([, list = ""]) =>
      [...list.matchAll(/`([a-z-]+)`/g)].map(([, id]) => id)
    )
    expect(named.length).toBeGreaterThan(10)
    const ids: ReadonlyArray<string> = lawTexts.map(({ id }) => id)
    expect(named.filter((id) => id === undefined || !ids.includes(id))).toEqual([])
  })

  it("has every requirement of ASVS 5 about authentication and sessions, with what shows it", () => {
    const ids = rows.flatMap((row) => row.split(" | ")[0]?.match(/\d+\.\d(?:\.\d+)?/g) ?? [])
    const sections: ReadonlyArray<readonly [section: string, count: number]> = [
      ["3.3", 5],
      ["6.1", 3],
      ["6.2", 12],
      ["6.3", 8],
      ["6.4", 6],
      ["7.1", 3],
      ["7.2", 4],
      ["7.3", 2],
      ["7.4", 5],
      ["7.5", 3],
      ["7.6", 2]
    ]
    for (const [section, count] of sections) for (let n = 1; n <= count; n++) expect(ids).toContain(`${section}.${n}`)
    for (const other of [
      "3.5.1",
      "3.5.2",
      "3.5.3",
      "9.1.1",
      "9.1.2",
      "9.1.3",
      "9.2.1",
      "9.2.2",
      "9.2.4",
      "6.5",
      "6.7",
      "6.8.1",
      "6.8.2",
      "6.8.4",
      "16.2.5",
      "16.3.1",
      "16.4.1"
    ])
      expect(ids).toContain(other)
    for (const row of rows)
      expect(row).toMatch(/`test\/|laws? `|not covered|\.md|latchkey (has|creates)|your site|only/)
  })
})
