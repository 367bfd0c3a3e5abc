/** What docs/security.md names exists, and its list of laws is made from the laws. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { lawTexts } from "../../src/testing/laws.ts"
import { securityLaws } from "../laws/laws-page.ts"

const root = join(import.meta.dirname, "../..")
const page = readFileSync(join(root, "docs/security.md"), "utf8")
const rows = page.split("\n").filter((line) => /^\| [3679]\.\d/.test(line))

describe("docs/security.md", () => {
  it("lists the laws", () => {
    expect(page, "write it again with `npm run docs:laws`").toContain(
      `<!-- laws -->\n\n${securityLaws()}\n\n<!-- /laws -->`
    )
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
    const ids = rows.flatMap((row) => row.split(" | ")[0]?.match(/\d\.\d(?:\.\d+)?/g) ?? [])
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
      "6.8.4"
    ])
      expect(ids).toContain(other)
    for (const row of rows)
      expect(row).toMatch(/`test\/|laws? `|not covered|\.md|latchkey (has|creates)|your site|only/)
  })
})
