import * as fc from "fast-check"
import { laws, testSite } from "latchkey/testing"
import { flows, requests } from "latchkey/testing/fast-check"
import { expect, test } from "vitest"
import { makeShop } from "./shop.ts"

const site = testSite({ auth: { sessionCookie: { ageSeconds: 3600 } } })

// The application under test.
const shop = makeShop(site.auth)

test("browsers see the right user and data after every step of a flow", async () => {
  const look = (browser: ReturnType<typeof site.browser>) => browser.fetch(shop, "/account")
  const property = fc.asyncProperty(flows({ browsers: 2, extra: { look } }), (flow) => flow.run(site))
  await fc.assert(property, { numRuns: 50 })
})

test("no request makes the shop fail, right or broken", async () => {
  const options = { paths: ["/login", "/account", "/cart"], fields: site.credentials("alice") }
  const property = fc.asyncProperty(requests(options), async (request) => {
    expect((await shop(request)).status).toBeLessThan(500) // shop is a function of a Request, as listener(app) is
  })
  await fc.assert(property, { numRuns: 100 })
})

test("no law is broken", { timeout: 30_000 }, async () => {
  for (const law of laws(site)) await law.check()
})
