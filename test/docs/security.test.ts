import { readFileSync } from "node:fs"
import { expect, it } from "vitest"

const read = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), "utf8")

it("SECURITY.md and package.json name the same address for reports", () => {
  const { bugs } = JSON.parse(read("package.json"))
  expect(bugs.email).toMatch(/^[^@\s]+@[^@\s]+$/)
  expect(read("SECURITY.md")).toContain(bugs.email)
})
