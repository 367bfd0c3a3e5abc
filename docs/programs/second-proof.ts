/** A second proof: a page opens after the password, another one only after a one-time code of an authenticator app. */
import { createHmac } from "node:crypto"
import { createServer } from "node:http"
import { createAuth, type LoginProof, modelBackend, passwordProof } from "latchkey"
import { type MemoryUser, memory } from "latchkey/memory"
import { nodeAuth } from "latchkey/node"

/** The six digits of RFC 6238 (TOTP) that an authenticator app shows at this time. */
const codeAt = (secret: string, now: number): string => {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(now / 30_000)))
  const hash = createHmac("sha1", secret).update(counter).digest()
  const at = (hash.at(-1) ?? 0) & 15
  return String((hash.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0")
}

/** In an application: a column of your own, encrypted. */
const secrets = new Map([["alice", "the secret of alice's app"]])
/** The codes that were used, because a code must work once. In an application: in the database. */
const used = new Set<string>()

const codeProof: LoginProof<MemoryUser> = {
  verify: ({ username }, { code }) => {
    if (typeof code !== "string") return undefined // these credentials are for another proof
    const secret = secrets.get(username)
    const isRight = secret !== undefined && code === codeAt(secret, now()) && !used.has(`${username} ${code}`)
    if (isRight) used.add(`${username} ${code}`)
    return isRight
  }
}

let time = Date.UTC(2026, 0, 1)
const now = () => time
const { sessions, users } = memory()
const auth = createAuth({
  secretKey: "an example key, only for this program",
  sessions,
  backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(users) },
  reauthentication: { url: "/confirm" },
  loginProofs: { code: codeProof, password: passwordProof() },
  clockAndRandom: { now }
})
await auth.createUser({ username: "alice", password: "correct horse" })

const server = createServer(
  nodeAuth(
    auth,
    async (request, response, { authenticate, login, reauthenticate, requireRecentLogin }) => {
      const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost")
      const sent = Object.fromEntries(searchParams)
      if (pathname === "/login") {
        const user = await authenticate({ username: "alice", password: "correct horse" })
        if (user) await login(user)
        return response.end("logged in")
      }
      // A page of a real site shows a form, with a field for the password and one for the code.
      if (pathname === "/confirm") return response.end((await reauthenticate(sent)) ? "confirmed" : "refused")
      return response.end(`recovery codes of ${(await requireRecentLogin(600)).username}`)
    },
    { csrfExempt: true } // to keep the program short
  )
)
await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening))
const address = server.address()
const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`

let cookie = ""
const visit = async (path: string): Promise<void> => {
  const headers = { cookie, accept: "application/json" }
  const response = await fetch(url + path, { headers })
  const set = response.headers.getSetCookie().find((line) => line.startsWith("sessionid="))
  if (set !== undefined) cookie = set.split(";")[0] ?? ""
  console.log(`${path.split("=")[0]}: ${response.status} ${await response.text()}`)
}

await visit("/login")
time += 600_000
await visit("/recovery-codes")
await visit("/confirm?code=000000")
const code = codeAt("the secret of alice's app", now())
await visit(`/confirm?code=${code}`)
await visit("/recovery-codes")
await visit(`/confirm?code=${code}`)
await visit("/confirm?password=correct+horse")
server.close()
