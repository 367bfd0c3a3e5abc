import { once } from "node:events"
import { createServer } from "node:http"
import { text } from "node:stream/consumers"
import { nodeAuth } from "latchkey/node"
import { Browser, type LawSite, laws, testSite } from "latchkey/testing"
import { afterAll, test } from "vitest"

// The running application: a server that answers HTTP, here with latchkey. It may use another library or language.
const running = testSite()
const server = createServer(
  nodeAuth(running.auth, async (req, res, { authenticate, getUser, login, logout }) => {
    if (req.url === "/login") {
      const user = await authenticate(JSON.parse(await text(req)))
      if (user === undefined) return res.writeHead(401).end()
      await login(user)
    }
    if (req.url === "/logout") await logout()
    return res.end(JSON.stringify({ user: (await getUser())?.username }))
  })
)
await once(server.listen(0, "127.0.0.1"), "listening")
afterAll(() => void server.close())
const url = `http://127.0.0.1:${Object(server.address()).port}`

// Its pages.
const site: LawSite = {
  reset: running.reset, // removes all sessions, for example with a statement to your database
  browser: () => new Browser({ origin: url }),
  cookie: "sessionid",
  users: [running.credentials("alice"), running.credentials("bob")],
  pages: {
    visit: (browser) => browser.fetch(url, "/"),
    login: (browser, { password, username }) => browser.fetch(url, "/login", { json: { username, password } }),
    logout: (browser) => browser.fetch(url, "/logout", { json: {} })
  },
  user: async (response) => Object(await response.json()).user
}

test("a running site breaks no law", async () => {
  for (const law of laws(site)) await law.check()
})
