import { nextRoute } from "latchkey/testing/next"
import { expect, test } from "vitest"
import { POST } from "@/app/api/login/route"
import { GET } from "@/app/api/me/route"
import { site } from "./site"

const me = nextRoute(GET)
const logIn = nextRoute(POST)

test("a script logs in", async () => {
  const browser = site.browser()
  const json = { mode: "cors", headers: { accept: "application/json" } } as const
  expect((await browser.fetch(me, "/api/me", json)).status).toBe(401)
  expect((await browser.fetch(logIn, "/api/login", { json: site.credentials("alice") })).status).toBe(200)
  expect(await (await browser.fetch(me, "/api/me", json)).json()).toEqual({ user: "alice" })
})

test("a request without a CSRF token is refused", async () => {
  const answer = await site.browser().fetch(logIn, "/api/login", { json: site.credentials("alice"), csrf: false })
  expect(answer.status).toBe(403)
})

test("an outage is a 503, and logs no user out", async () => {
  const alice = await site.browserOf("alice")
  site.network.fail("all", "refused")
  expect((await alice.fetch(me)).status).toBe(503)
  site.network.heal()
  expect((await alice.fetch(me)).status).toBe(200)
})
