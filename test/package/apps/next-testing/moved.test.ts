/** Run with moved.mjs: what does not work in a version of Next whose stores the test kit does not find. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { nextRoute } from "latchkey/testing/next"
import { cookies } from "next/headers.js"
import { site } from "./site.ts"

test("a warning says once what does not work, and Next's own functions say the same", async () => {
  const warnings: Array<string> = []
  process.on("warning", ({ message }) => warnings.push(message))
  const route = nextRoute(async () => Response.json((await cookies()).getAll()))
  for (const _request of ["first", "second"])
    await assert.rejects(site.browser().fetch(route), /outside a request scope/)
  await new Promise(setImmediate)
  const [warning = "", ...others] = warnings.filter((text) => text.includes("latchkey"))
  assert.match(warning, /^latchkey\/testing\/next: Next 1\d\.\d+\.\d+ keeps its requests in places/)
  assert.deepEqual(others, [])
})
