import { equal } from "node:assert/strict"
import { once } from "node:events"
import { createServer } from "node:http"
import { after, test } from "node:test"
import { nodeAuth } from "latchkey/node"
import { forceLogin, testSite } from "latchkey/testing"
import { chromium } from "playwright"

const site = testSite() // or your own `auth`, on the database of your running site

// The running application, and a real browser.
const server = createServer(
  nodeAuth(site.auth, async (_, res, { requireUser }) => res.end(`Hello ${(await requireUser()).username}.`))
)
await once(server.listen(0, "localhost"), "listening")
const url = `http://localhost:${Object(server.address()).port}`
const browser = await chromium.launch({ executablePath: process.env["CHROMIUM"] ?? chromium.executablePath() })
after(async () => {
  await browser.close()
  server.close()
})

test("a real browser opens a page as alice", async () => {
  const alice = await forceLogin(site.auth, site.user("alice"))
  const page = await browser.newPage({ storageState: alice.storageState(url) })
  await page.goto(url)
  equal(await page.innerText("body"), "Hello alice.")
})
