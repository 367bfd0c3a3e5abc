/** What docs/security.md names exists, and its tables of promises have every law. */
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { lawTexts } from "../../src/testing/laws.ts"
import { securityLaws } from "../laws/laws-page.ts"
import { promises } from "../laws/promises.ts"

const root = join(import.meta.dirname, "../..")
const page = readFileSync(join(root, "docs/security.md"), "utf8")

/** The rows of the tables of ASVS. */
const rows = page
  .split("\n")
  .filter((line) => /^\| \d+\.\d/.test(line))
  .map((line) => {
    const [ids = "", levels = "", requirement = "", shown = ""] = line.slice(2, -2).split(" | ")
    return { ids, levels, requirement, shown }
  })

/** `6.5.1 to 6.5.3, 7.1.1` are four. */
const idsOf = (text: string): ReadonlyArray<string> =>
  text.split(", ").flatMap((part) => {
    const [first = "", last = first] = part.split(" to ")
    const section = first.slice(0, first.lastIndexOf(".") + 1)
    const [from, to] = [first, last].map((id) => Number(id.slice(section.length)))
    return Array.from({ length: Number(to) - Number(from) + 1 }, (_, n) => `${section}${Number(from) + n}`)
  })

/** How many requirements each section has of which the page has all. */
const sections: Readonly<Record<string, number>> = {
  ...{ "3.3": 5, "3.5": 8 },
  ...{ "6.1": 3, "6.2": 12, "6.3": 8, "6.4": 6, "6.5": 8, "6.6": 4, "6.7": 2, "6.8": 4 },
  ...{ "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 3, "7.6": 2 },
  ...{ "9.1": 3, "9.2": 4 }
}
const wholeSections = Object.entries(sections).flatMap(([section, count]) =>
  Array.from({ length: count }, (_, n) => `${section}.${n + 1}`)
)
/** Requirements of other sections, about what a session library can meet or break. */
const singly = [
  ...[
    "1.1.1",
    "1.2.1",
    "1.3.12",
    "1.5.2",
    "1.5.3",
    "2.3.3",
    "3.4.2",
    "3.4.4",
    "3.7.2",
    "4.1.1",
    "4.1.3",
    "8.3.1",
    "8.3.2"
  ],
  ...[
    "11.2.2",
    "11.2.4",
    "11.4.2",
    "11.5.1",
    "13.1.2",
    "13.1.3",
    "13.2.3",
    "13.2.6",
    "13.3.4",
    "14.2.1",
    "14.3.1",
    "14.3.2"
  ],
  ...["16.2.5", "16.3.1", "16.3.2", "16.4.1", "16.5.1", "16.5.2", "16.5.3", "16.5.4"]
]

const namedTests = /`(test\/[^`]+)`(?: \(((?:"[^"]+"(?:, )?)+)\))?/g

/** What a row shows: laws, titles of tests, a reason, whose duty it is, and the page where a document is asked for. */
const proofsOf = (requirement: string, shown: string): ReadonlyArray<string> => [
  ...Array.from(shown.matchAll(/\blaws? `[a-z-]+`/g), String),
  ...Array.from(shown.matchAll(namedTests), ([, , titles]) => titles ?? "").filter((titles) => titles !== ""),
  ...Array.from(shown.matchAll(/\bnot covered[^:;]*: (?:\S+ ){2}\S+/g), String),
  ...Array.from(shown.matchAll(/\byour (?:site|proxy): (?:\S+ ){2}\S+/g), String),
  ...(requirement.includes("documented") ? Array.from(shown.matchAll(/documented: .*?\]\([^)]+\)/g), String) : [])
]

/** What is wrong in a row. A title has to be that of a test: an argument in the file. */
const faultsOf = (shown: string): ReadonlyArray<string> => [
  ...Array.from(shown.matchAll(namedTests), ([, path = "", titles]) => {
    if (!existsSync(join(root, path))) return `no file: ${path}`
    if (titles === undefined) return `has no title: ${path}`
    const text = readFileSync(join(root, path), "utf8")
    return Array.from(titles.matchAll(/"([^"]+)"/g), ([, title = ""]) => title)
      .filter((title) => !['"', "`"].some((quote) => text.includes(`${quote}${title}${quote},`)))
      .join()
  }).filter((fault) => fault !== ""),
  ...Array.from(shown.matchAll(/\bnot covered\b[^;]*/g), String)
    .filter((text) => !/^not covered[^:]*: (?:\S+ ){2}\S+/.test(text))
    .map(() => "no reason"),
  ...Array.from(shown.matchAll(/(?:^|; )your (?:site|proxy)\b[^;]*/g), String)
    .filter((text) => !/your (?:site|proxy): (?:\S+ ){2}\S+/.test(text))
    .map(() => "not said what")
]

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

  describe("ASVS 5", () => {
    it("has every requirement about authentication and sessions, once", () => {
      const ids = rows.flatMap((row) => idsOf(row.ids))
      expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([])
      expect(ids.toSorted()).toEqual([...wholeSections, ...singly].toSorted())
    })

    it.each(rows)("says what shows $ids: $requirement", ({ levels, requirement, shown }) => {
      expect(levels).toMatch(/^[123](, [123])*$/)
      expect(proofsOf(requirement, shown).length).toBeGreaterThan(0)
      expect(faultsOf(shown)).toEqual([])
    })

    it.each([
      ["`test/docs/links.test.ts`", "has no title: test/docs/links.test.ts"],
      ['`test/docs/links.test.ts` ("no such title")', "no such title"],
      ['`test/docs/none.test.ts` ("a title")', "no file: test/docs/none.test.ts"],
      ["not covered", "no reason"],
      ["not covered: so far", "no reason"],
      ["your site", "not said what"]
    ])("notices a row that shows nothing: %s", (shown, fault) => {
      expect(faultsOf(shown).join()).toContain(fault)
    })

    it.each([
      "only with the option",
      "[passwords](passwords.md)",
      "latchkey has neither"
    ])("counts no other text as a proof: %s", (shown) => expect(proofsOf("passwords are long", shown)).toEqual([]))
  })
})
