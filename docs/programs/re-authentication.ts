/** Pages that need a login, and a page that needs a recent one, on Node's http server. */
import { createServer } from "node:http"
import { createAuth, modelBackend } from "latchkey"
import { memory } from "latchkey/memory"
import { nodeAuth } from "latchkey/node"

const { sessions, users } = memory()
let ahead = 0
const auth = createAuth({
  secretKey: "an example key, only for this program",
  sessions,
  backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(users) },
  lifetime: { idleSeconds: 3600, absoluteSeconds: 43_200 },
  reauthentication: { url: "/confirm" },
  clockAndRandom: { now: () => Date.now() + ahead }
})
await auth.createUser({ username: "alice", password: "correct horse" })

const server = createServer(
  nodeAuth(
    auth,
    async (request, response, { authenticate, login, reauthenticate, requireRecentLogin, requireUser }) => {
      const { password = "" } = Object.fromEntries(new URL(`http://localhost${request.url}`).searchParams)
      switch (request.url?.split("?")[0]) {
        case "/login": {
          const user = await authenticate({ username: "alice", password })
          if (user !== undefined) await login(user, { remember: true })
          return response.end(user === undefined ? "wrong password" : "logged in")
        }
        case "/confirm":
          return response.end((await reauthenticate({ password })) ? "confirmed" : "wrong password")
        case "/recovery-codes":
          return response.end(`recovery codes of ${(await requireRecentLogin(600)).username}`)
        default:
          return response.end(`hello ${(await requireUser()).username}`)
      }
    },
    { csrfExempt: true }
  )
)
await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening))
const address = server.address()
const port = typeof address === "object" && address !== null ? address.port : 0

let cookie = ""
const visit = async (path: string): Promise<void> => {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { cookie }, redirect: "manual" })
  const set = response.headers.getSetCookie().find((line) => line.startsWith("sessionid="))
  if (set !== undefined) cookie = set.split(";")[0] ?? ""
  const location = response.headers.get("location")
  console.log(`${path.split("?")[0]}: ${location === null ? await response.text() : `to ${location}`}`)
}

await visit("/login?password=correct+horse")
await visit("/recovery-codes")
console.log("… ten minutes later")
ahead = 600_000
await visit("/")
await visit("/recovery-codes")
await visit("/confirm?password=wrong")
await visit("/confirm?password=correct+horse")
await visit("/recovery-codes")
console.log("… an hour without a request")
ahead += 3_600_000
await visit("/")
server.close()
