/** docs/differences.md lists every intended difference, and no other. */
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { createAuth } from "../../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../../src/adapters/backend/model-backend.ts"
import { memory } from "../../../src/adapters/store/memory.ts"
import type { View } from "./compare.ts"
import { added, type IntendedWith, intended, intendedAlone, intendedWith, refused, reshaped } from "./differences.ts"
import { surfaceRows } from "./requests.ts"

/** Rows of flows that are not part of the surface. */
const elsewhere = ["GET of a POST row", "elsewhere"]

const page = readFileSync(new URL("../../../docs/differences.md", import.meta.url), "utf8")

/** The text under a heading of the page. */
const section = (heading: string): string =>
  page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? expect.fail(`no section ${heading}`)

const tableIn = (heading: string): string | undefined => section(heading).match(/^\|.*\|$(?:\n^\|.*\|$)*/m)?.[0]

const table = (...rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  rows.map((cells) => `| ${cells.join(" | ")} |`).join("\n")

const code = (text: string): string => `\`${text}\``

const listed = (rows: ReadonlyArray<string>): string => rows.map(code).join(", ")

const shownValue = (value: string): string => (value === "" || value === "undefined" ? "none" : code(value))

/** Every field that differs, with both exact values. */
const exactly = (seen: Partial<View>): string =>
  Object.entries(seen)
    .map(([field, value]) => `${field}: ${shownValue(value)}`)
    .join("<br>")

describe("the page on what differs from Django", () => {
  it("lists the numbers that are written in another form, and the requests where they can appear", () => {
    expect(tableIn("Numbers in session data")).toBe(
      table(
        ["a client sends", "Django keeps", "latchkey keeps", "Django's rule"],
        ["---", "---", "---", "---"],
        ...intended.map(({ django, example, rule }) => [code(example), code(django), code(example), rule])
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
        [code(added.header), added.django, code(added.example), added.rule, added.because]
      )
    )
  })

  it("lists the requests that are answered differently", () => {
    expect(tableIn("Requests")).toBe(
      table(
        ["what differs", "engines", "request", "Django", "latchkey", "Django's rule", "why"],
        ["---", "---", "---", "---", "---", "---", "---"],
        ...intendedAlone.map(({ ask, because, django, engines, example, name, rule }) => [
          name,
          listed(engines),
          code(ask.row),
          exactly(django),
          exactly(example),
          rule,
          because
        ])
      )
    )
    // The fields are the same for both.
    for (const { django, example } of intendedAlone)
      expect(Object.keys(example).toSorted()).toEqual(Object.keys(django).toSorted())
  })

  it("lists what is answered differently with some settings", () => {
    expect(tableIn("With other settings")).toBe(
      table(
        ["what differs", "settings", "field", "Django", "latchkey", "Django's rule", "why"],
        ["---", "---", "---", "---", "---", "---", "---"],
        ...Object.values(intendedWith).map(
          ({ because, django, example, field, name, rule, settings }: IntendedWith) => [
            name,
            code(settings),
            field,
            shownValue(django),
            shownValue(example),
            rule,
            because
          ]
        )
      )
    )
  })

  it("lists the settings that latchkey refuses, and latchkey refuses them", () => {
    expect(tableIn("Settings that are refused")).toBe(
      table(
        ["Django's settings", "the error names", "why"],
        ["---", "---", "---"],
        ...refused.map(({ because, names, settings }) => [code(settings), code(names), because])
      )
    )
    const { sessions, users } = memory()
    const backends = { "django.contrib.auth.backends.ModelBackend": modelBackend(users) }
    const secretKey = "of-this-test-alone-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe"
    expect(() => createAuth({ secretKey, sessions, backends })).not.toThrow()
    for (const { names, options } of refused)
      expect(() => createAuth({ secretKey, sessions, backends, ...options })).toThrow(names)
  })

  it("lists the changes that a framework makes to answers", () => {
    expect(tableIn("With Next.js")).toBe(
      table(
        ["what differs", "requests", "field", "Django", "latchkey", "Django's rule", "why"],
        ["---", "---", "---", "---", "---", "---", "---"],
        ...reshaped.map(({ because, django, example, field, name, rule, rows }) => [
          name,
          rows.length === surfaceRows.length + elsewhere.length ? "all" : listed(rows),
          field,
          code(django),
          code(example),
          rule,
          because
        ])
      )
    )
    for (const { by, django, example, instead } of reshaped) {
      expect(by).toBe("next")
      expect(instead(django)).toBe(example)
    }
  })

  it("links each to a section of Django's documentation", () => {
    for (const { rule } of [...intended, ...intendedAlone, ...Object.values(intendedWith), ...reshaped, added])
      expect(rule).toMatch(/^\[[^\]]+\]\(https:\/\/docs\.djangoproject\.com\/en\/stable\/[^)#]+#[^)]+\)$/)
  })
})
