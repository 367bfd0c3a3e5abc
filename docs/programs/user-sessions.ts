import { once } from "node:events"
import { createServer } from "node:http"
import { createAuth, modelBackend } from "latchkey"
import { memory } from "latchkey/memory"
import { nodeAuth } from "latchkey/node"

// In production: postgres({ url, userSessions: true }) or redisSessions({ url, userSessions: true })
const { sessions, users } = memory({ userSessions: true })

const auth = createAuth({
  secretKey: "not a secret",
  sessions,
  backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(users) },
  userSessions: { clientAddress: false } // do not record IP addresses
})
const alice = await auth.createUser({ username: "alice", password: "alice's password" })

const server = createServer(
  nodeAuth(auth, async (req, res, { authenticate, endOtherSessions, endSession, listSessions, login, requireUser }) => {
    const { pathname, searchParams } = new URL(req.url ?? "/", "http://localhost")
    if (pathname === "/login") {
      const user = await authenticate({ username: "alice", password: "alice's password" })
      if (user) await login(user)
      return void res.end()
    }
    await requireUser()
    if (pathname === "/end") await endSession(searchParams.get("id") ?? "")
    if (pathname === "/end-others") await endOtherSessions()
    const list = await listSessions()
    res.end(list.map(({ current, userAgent }) => `${userAgent}${current ? " (this one)" : ""}`).join(", "))
  })
)
server.listen(0, "127.0.0.1")
await once(server, "listening")
const address = server.address()
const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`

/** Logs in with another browser. Returns a function that visits a page with it. */
const browser = async (agent: string) => {
  const login = await fetch(`${url}/login`, { headers: { "user-agent": agent } })
  const cookie = login.headers
    .getSetCookie()
    .map((line) => line.split(";")[0])
    .join("; ")
  return async (path: string): Promise<string> => {
    const accept = "application/json" // so that an anonymous visitor gets a 401, not the login page
    const response = await fetch(url + path, { headers: { accept, cookie, "user-agent": agent } })
    return response.ok ? response.text() : `status ${response.status}`
  }
}

const phone = await browser("Phone")
const laptop = await browser("Laptop")
console.log("the phone lists:  ", await phone("/"))
console.log("it ends others:   ", await phone("/end-others"))
console.log("the laptop gets:  ", await laptop("/"))
if (alice) console.log("an administrator: ", await auth.endSessions(alice), "session ended")
console.log("the phone gets:   ", await phone("/"))

server.close()
