/** docs/peers.md, as far as it can be checked without running the laws on the other libraries: CI does that. */
import { expect, it } from "vitest"
import { rowsOn, versionDifferences } from "../../bench/peers/findings.ts"
import { lawTexts } from "../../src/testing/laws.ts"
import { read } from "./pages.ts"

const page = read("docs/peers.md")

/** What the sites of bench/peers have. */
const has: ReadonlyArray<string> = ["pages.write", "pages.changePassword", "data", "gate", "network"]

it("has a row for each law that can be checked on one of the sites", () => {
  const [, , ...rows] = rowsOn(page)
  const checked = lawTexts.filter(({ needs }) => needs.every((need) => has.includes(need)))
  expect(rows.map(([law]) => law).toSorted()).toEqual(checked.map(({ id }) => id).toSorted())
})

it("names the versions that bench/peers installs", () => {
  expect(versionDifferences(page)).toEqual([])
  expect(versionDifferences(page.replace("koa-session 7.0.2", "koa-session 7.0.1"))).toEqual([
    "koa-session is 7.0.2; the page says 7.0.1"
  ])
})
