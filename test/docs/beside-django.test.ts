/** docs/beside-django.md describes each version of Django as the constant `djangoVersions` does. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { djangoVersions } from "../../src/core/django-version.ts"

const doc = readFileSync(join(import.meta.dirname, "..", "..", "docs", "beside-django.md"), "utf8")

const cells = (line: string): ReadonlyArray<string> =>
  line
    .slice(1, -1)
    .split("|")
    .map((cell) => cell.trim())

const read = (cell: string): number | boolean | undefined => {
  if (cell === "no scrypt") return undefined
  return cell === "yes" || cell === "–" ? cell === "yes" : Number(cell.replaceAll(",", ""))
}

describe("the page about sharing a database with Django", () => {
  it("has the complete table of Django versions", () => {
    const [header = "", , ...rest] = doc.slice(doc.indexOf("| Django | `pbkdf2Iterations`")).split("\n")
    const names = cells(header).slice(1)
    const rows = rest.slice(0, rest.indexOf("")).map((line) => {
      const [version = "", ...values] = cells(line)
      return [version, Object.fromEntries(values.map((cell, index) => [names[index]?.slice(1, -1), read(cell)]))]
    })
    expect(Object.fromEntries(rows)).toEqual(djangoVersions)
  })

  it("explains every column", () => {
    for (const row of Object.keys(djangoVersions["3.2"])) expect(doc).toMatch(new RegExp(`^- .*\`${row}\`.*:`, "m"))
  })
})
