/** docs/differences.md tells readers of every intended difference, and of no other. */
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import type { View } from "./compare.ts"
import { intended, intendedAlone } from "./differences.ts"

const page = readFileSync(new URL("../../../docs/differences.md", import.meta.url), "utf8")

const table = (...rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  rows.map((cells) => `| ${cells.join(" | ")} |`).join("\n")

/** The table under a heading of the page. */
const under = (heading: string): string | undefined =>
  page
    .split(/^## /m)
    .find((section) => section.startsWith(`${heading}\n`))
    ?.match(/^\|.*\|$(?:\n^\|.*\|$)*/m)?.[0]

const inWords = ({ body, cookies, status }: Partial<View>): string => {
  const answer = body === undefined ? [] : [body === "a text" ? `${status}` : `${status} \`${body}\``]
  if (cookies === undefined) return answer.join()
  const what = cookies === "" ? "no cookie" : cookies.includes("Max-Age=0") ? "deletes the cookie" : "sets a new cookie"
  return [...answer, what].join(", ")
}

describe("the page on what differs from Django", () => {
  it("lists the numbers that are written in another way", () => {
    expect(under("Numbers in session data")).toBe(
      table(
        ["a client sends", "Django keeps", "latchkey keeps"],
        ["---", "---", "---"],
        ...intended.map(({ django, example }) => [`\`${example}\``, `\`${django}\``, `\`${example}\``])
      )
    )
    expect(intended.every(({ field, rows }) => field === "number" && rows === undefined)).toBe(true)
  })

  it("lists the requests that are answered in another way", () => {
    expect(under("Requests")).toBe(
      table(
        ["what differs", "engines", "request", "Django", "latchkey", "why"],
        ["---", "---", "---", "---", "---", "---"],
        ...intendedAlone.map(({ ask, because, django, engines, example, name }) => [
          name,
          engines.map((engine) => `\`${engine}\``).join(", "),
          `\`${ask.row}\``,
          inWords(django),
          inWords(example),
          because
        ])
      )
    )
  })
})
