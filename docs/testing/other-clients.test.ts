import { once } from "node:events"
import { createServer } from "node:http"
import { nodeAuth } from "latchkey/node"
import { testSite } from "latchkey/testing"
import { afterAll, expect, test } from "vitest"

const site = testSite()

// The running application.
const server = createServer(
  nodeAuth(site.auth, async (_, res, { getUser }) => res.end((await getUser())?.username ?? "no user"))
)
await once(server.listen(0, "localhost"), "listening")
afterAll(() => void server.close())
const url = `http://localhost:${Object(server.address()).port}`

test("a browser visits a server", async () => {
  const alice = await site.browserOf("alice")
  expect(await (await alice.fetch(url)).text()).toBe("alice")
})

test("another client sends the cookies of a browser", async () => {
  const alice = await site.browserOf("alice")
  const response = await fetch(url, { headers: { cookie: alice.header } })
  expect(await response.text()).toBe("alice")
})
