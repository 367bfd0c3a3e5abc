import { testSite } from "latchkey/testing"
import { beforeEach, expect, test } from "vitest"

const site = testSite()
beforeEach(() => site.reset())

test.each(["first", "second"])("the %s test finds the site as it was at the start", async () => {
  expect([site.clock.now(), site.stores.sessions.rows.size]).toEqual([Date.UTC(2026, 0, 2, 3, 4, 5, 678), 0])
  await site.browserOf("alice")
  site.clock.advance({ days: 15 })
})
