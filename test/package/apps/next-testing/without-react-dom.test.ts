/** Run with without-react-dom.mjs. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { nextPage, nextRoute } from "latchkey/testing/next"
import { site } from "./site.ts"

test("pages need react-dom 19, and say so; routes do not need it", async () => {
  await assert.rejects(site.browser().fetch(nextPage(() => "page")), /install react and react-dom, version 19 or newer/)
  assert.equal((await site.browser().fetch(nextRoute(() => new Response("route")))).status, 200)
})
