/** docs/differences.md tells readers of every intended difference, and of no other. */
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import type { View } from "./compare.ts"
import { added, intended, intendedAlone, reshaped } from "./differences.ts"
import { surfaceRows } from "./requests.ts"

/** Rows of flows that are not of the surface. */
const elsewhere = ["GET of a POST row", "elsewhere"]

const page = readFileSync(new URL("../../../docs/differences.md", import.meta.url), "utf8")

/** What stands under a heading of the page. */
const section = (heading: string): string =>
  page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? expect.fail(`no section ${heading}`)

const tableIn = (heading: string): string | undefined => section(heading).match(/^\|.*\|$(?:\n^\|.*\|$)*/m)?.[0]

const table = (...rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  rows.map((cells) => `| ${cells.join(" | ")} |`).join("\n")

const code = (text: string): string => `\`${text}\``

const listed = (rows: ReadonlyArray<string>): string => rows.map(code).join(", ")

/** Every field that differs, exactly. */
const exactly = (seen: Partial<View>): string =>
  Object.entries(seen)
    .map(([field, value]) => `${field}: ${value === "" || value === "undefined" ? "none" : code(value)}`)
    .join("<br>")

describe("the page on what differs from Django", () => {
  it("lists the numbers that are written in another way, and the requests where they may be", () => {
    expect(tableIn("Numbers in session data")).toBe(
      table(
        ["a client sends", "Django keeps", "latchkey keeps", "Django's rule"],
        ["---", "---", "---", "---"],
        ...intended.map(({ django, example, paragraph }) => [code(example), code(django), code(example), paragraph])
      )
    )
    for (const { field, rows } of intended) {
      expect(field).toBe("number")
      expect(section("Numbers in session data")).toContain(`${listed(rows)}.\n`)
    }
  })

  it("names the header that is added to answers with a cookie", () => {
    expect(tableIn("Answers that set a cookie")).toBe(
      table(
        ["header", "Django", "latchkey", "Django's rule", "why"],
        ["---", "---", "---", "---", "---"],
        [code(added.header), added.django, code(added.example), added.paragraph, added.because]
      )
    )
  })

  it("lists the requests that are answered in another way", () => {
    expect(tableIn("Requests")).toBe(
      table(
        ["what differs", "engines", "request", "Django", "latchkey", "Django's rule", "why"],
        ["---", "---", "---", "---", "---", "---", "---"],
        ...intendedAlone.map(({ ask, because, django, engines, example, name, paragraph }) => [
          name,
          listed(engines),
          code(ask.row),
          exactly(django),
          exactly(example),
          paragraph,
          because
        ])
      )
    )
    // The same fields of both.
    for (const { django, example } of intendedAlone)
      expect(Object.keys(example).toSorted()).toEqual(Object.keys(django).toSorted())
  })

  it("lists what a framework makes of answers", () => {
    expect(tableIn("With Next.js")).toBe(
      table(
        ["what differs", "requests", "field", "Django", "latchkey", "Django's rule", "why"],
        ["---", "---", "---", "---", "---", "---", "---"],
        ...reshaped.map(({ because, django, example, field, name, paragraph, rows }) => [
          name,
          rows.length === surfaceRows.length + elsewhere.length ? "all" : listed(rows),
          field,
          code(django),
          code(example),
          paragraph,
          because
        ])
      )
    )
    for (const { by, django, example, instead } of reshaped) {
      expect(by).toBe("next")
      expect(instead(django)).toBe(example)
    }
  })

  it("names a paragraph for each, by number and subject", () => {
    for (const { paragraph } of [...intended, ...intendedAlone, ...reshaped, added])
      expect(paragraph).toMatch(/^§\d+(\.\d+)?, \w/)
  })
})
