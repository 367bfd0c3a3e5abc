/** A logout that clears what the browser keeps of the site, and cookies for frames of other sites. */
import { createServer } from "node:http"
import { createAuth, modelBackend } from "latchkey"
import { memory } from "latchkey/memory"
import { nodeAuth } from "latchkey/node"

const { sessions, users } = memory()
const partitioned = { secure: true, sameSite: "None", partitioned: true } as const
const auth = createAuth({
  secretKey: "an example key, only for this program",
  sessions,
  backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(users) },
  sessionCookie: partitioned,
  csrfCookie: partitioned,
  clearSiteData: ["cookies", "storage"],
  secureProxyHeader: ["x-forwarded-proto", "https"] // a proxy before the server speaks https with browsers
})
const alice = await auth.createUser({ username: "alice", password: "correct horse" })

// The pages change something on GET to keep the example short; use POST, with a CSRF token.
const server = createServer(
  nodeAuth(auth, async (request, response, { login, logout }) => {
    if (request.url === "/login" && alice) await login(alice)
    if (request.url === "/logout") await logout()
    response.end()
  })
)
await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening))
const address = server.address()
const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`

const visit = async (path: string, proto: string, cookie = ""): Promise<string> => {
  const { headers } = await fetch(url + path, { headers: { cookie, "x-forwarded-proto": proto } })
  const line = headers.getSetCookie().find((one) => one.startsWith("sessionid=")) ?? ""
  const attributes = line.split("; ").slice(1)
  console.log(`${path} over ${proto}: Clear-Site-Data ${headers.get("clear-site-data") ?? "is not sent"}`)
  console.log(`  ${attributes.filter((one) => !/^expires|^Max-Age/.test(one)).join("; ")}`)
  return line.split(";")[0] ?? ""
}

const cookie = await visit("/login", "https")
await visit("/logout", "http", cookie)
await visit("/logout", "https", await visit("/login", "https"))
server.close()
