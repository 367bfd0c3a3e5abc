import * as fc from "fast-check"
import { Core } from "latchkey"
import { withAuth } from "latchkey/fetch"
import { testSite } from "latchkey/testing"
import { credentials, faults, sessions, states } from "latchkey/testing/fast-check"
import { expect, test } from "vitest"
import { makeShop } from "./shop.ts"

const site = testSite()

// The application under test: the shop, and a page that shows the user of some credentials.
const shop = makeShop(site.auth)
const logIn = async (given: Readonly<Record<string, unknown>>): Promise<string> => {
  const page = withAuth(site.auth, async (_, { authenticate }) => new Response((await authenticate(given))?.username))
  return (await site.browser().fetch(page)).text()
}

test("a flushed session is empty and has no key", () => {
  const flushed = sessions().map(Core.Session.flush)
  fc.assert(fc.property(flushed, (session) => Core.Session.isEmpty(session) && session.key === undefined))
})

test("after a logout there is no user, in any state of the request before", () => {
  const loggedOut = states(fc.constant("alice")).map(({ request, session }) => Core.logout(request, session))
  fc.assert(fc.property(loggedOut, ({ request }) => request.user?._tag === "Anonymous"))
})

test("no wrong password logs alice in", async () => {
  const right = site.credentials("alice")
  const wrong = credentials(right).filter(({ password }) => password !== right.password)
  await fc.assert(fc.asyncProperty(wrong, async (given) => (await logIn(given)) === ""))
  expect(await logIn(right)).toBe("alice")
})

test("a fault of the store never logs alice out", async () => {
  const alice = await site.browserOf("alice")
  const property = fc.asyncProperty(faults(), async (fault) => {
    site.network.fail(1, fault)
    for (const status of [fault === "slow" ? 200 : 503, 200]) expect((await alice.fetch(shop)).status).toBe(status)
  })
  await fc.assert(property, { numRuns: 20 })
})
