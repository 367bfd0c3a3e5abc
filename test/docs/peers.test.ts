/** docs/peers.md, as far as it can be checked without running the laws on the other libraries: CI does that. */
import { expect, it } from "vitest"
import { rowsOn, versionDifferences } from "../../bench/peers/findings.ts"
import { lawTexts } from "../../src/testing/laws.ts"
import { read } from "./pages.ts"

const page = read("docs/peers.md")

it("names laws that there are", () => {
  const [, , ...rows] = rowsOn(page)
  const unknown = rows.map(([law]) => law).filter((law) => !lawTexts.some(({ id }) => id === law))
  expect([rows.length, unknown]).toEqual([16, []])
})

it("names the versions that bench/peers installs", () => {
  expect(versionDifferences(page)).toEqual([])
  expect(versionDifferences(page.replace("koa-session 7.0.2", "koa-session 7.0.1"))).toEqual([
    "koa-session is 7.0.2; the page says 7.0.1"
  ])
})
