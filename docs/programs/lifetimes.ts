/** Sessions that end when they are idle, and some time after the login; and logins with "remember me". */
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
  lifetime: {
    idleSeconds: 1800,
    absoluteSeconds: 43_200,
    remembered: { idleSeconds: 1_209_600, absoluteSeconds: 7_776_000 }
  },
  clockAndRandom: { now: () => Date.now() + ahead }
})
await auth.createUser({ username: "alice", password: "correct horse" })

const server = createServer(
  nodeAuth(auth, async (request, response, { authenticate, getUser, login }) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost")
    if (pathname === "/login") {
      const user = await authenticate({ username: "alice", password: "correct horse" })
      if (user) await login(user, { remember: searchParams.has("remember") })
    }
    response.end((await getUser())?.username ?? "no user")
  })
)
await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening))
const address = server.address()
const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`

/** A browser that logs in with this path. Returns a function that visits a page, so many minutes later. */
const browser = async (path: string) => {
  let cookie = ""
  const visit = async (path: string): Promise<string> => {
    const response = await fetch(url + path, { headers: { cookie } })
    const set = response.headers.getSetCookie().find((line) => line.startsWith("sessionid="))
    if (set !== undefined) cookie = set.split(";")[0] ?? ""
    const [, seconds] = /Max-Age=(\d+)/.exec(set ?? "") ?? []
    const lasts = seconds === undefined ? "until the browser closes" : `${Math.round(Number(seconds) / 60)} minutes`
    return `${await response.text()}, the cookie lasts ${lasts}`
  }
  console.log(`${path}: ${await visit(path)}`)
  return async (minutes: number): Promise<void> => {
    ahead += minutes * 60_000
    console.log(`${minutes} minutes later: ${await visit("/")}`)
  }
}

const office = await browser("/login")
await office(29)
await office(29) // a page that only reads the session has kept it from becoming idle
await office(30)
const phone = await browser("/login?remember")
await phone(24 * 60)
server.close()
