/** Every row of the table of faults names tests that exist, and docs/faults.md has all rows. */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { describe, expect, it } from "vitest"
import { faultPage, faultPagePath } from "./fault-page.ts"
import { type FaultRow, faultTable, type Shown } from "./fault-table.ts"

const root = join(import.meta.dirname, "../..")
const rows: ReadonlyArray<readonly [string, FaultRow]> = Object.entries(faultTable).flatMap(([operation, faults]) =>
  Object.entries(faults).map(([fault, row]): readonly [string, FaultRow] => [`${operation}: ${fault}`, row])
)

/** The source of a file, and of the files beside it that it imports: they may have the names of its tests. */
const sourceOf = (path: string): string => {
  const source = readFileSync(path, "utf8")
  const beside = [...source.matchAll(/from "(\.\/[^"]+)"/g)].map(([, other = ""]) => join(dirname(path), other))
  return [source, ...beside.map((other) => readFileSync(other, "utf8"))].join("\n")
}

/** Whether a test of this name is in the file: the name stands there as a title, and not within a longer text. */
const exists = ({ file, name }: Shown): boolean => {
  const path = join(root, file)
  if (!existsSync(path)) return false
  const title = name.replaceAll(/[^\w ]/g, "\\$&").replaceAll("\\*", "\\$\\{\\w+\\}")
  return new RegExp(`"${title}"|\`${title}\``).test(sourceOf(path))
}

describe("the table of faults", () => {
  it.each(rows)("%s names tests that exist", (_, { tests }) => {
    expect(tests.filter((test) => !exists(test))).toEqual([])
  })

  it("names each file of tests about faults", () => {
    const named = new Set(rows.flatMap(([, { tests }]) => tests.map(({ file }) => file)))
    // It tests the table; the store of the throttle has its own table of faults.
    const others = ["fault-table", "throttle"]
    const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith(".test.ts"))
    const missing = files.filter((file) => !named.has(`test/faults/${file}`))
    expect(missing.filter((file) => !others.includes(file.replace(".test.ts", "")))).toEqual([])
  })

  it("does not take a name that no test has", () => {
    const file = "test/faults/postgres.test.ts"
    expect(exists({ file, name: "was restarted" })).toBe(true)
    expect(exists({ file, name: "was restart" })).toBe(false)
    expect(exists({ file: "test/faults/nowhere.test.ts", name: "was restarted" })).toBe(false)
  })

  it("is docs/faults.md", () => {
    expect(readFileSync(faultPagePath, "utf8"), "write it again with `npm run docs:faults`").toBe(faultPage())
  })
})
