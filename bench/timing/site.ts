/** The site that `npm run timing` measures: failed logins of accounts of each kind, and two planted leaks. */
import { pbkdf2 } from "node:crypto"
import { createServer } from "node:http"
import { promisify } from "node:util"
import * as Effect from "effect/Effect"
import { createAuth, modelBackend, pbkdf2Sha1, pbkdf2Sha256 } from "latchkey"
import { memory } from "latchkey/memory"
import { nodeAuth } from "latchkey/node"
import { listen } from "../servers/listen.ts"
import { iterations, NAMES, nameOf } from "./kinds.ts"

const { sessions, users } = memory()
const preferred = pbkdf2Sha256({ iterations })
const cheaper = pbkdf2Sha256({ iterations: iterations / 4 })
const other = pbkdf2Sha1({ iterations: 10 })
const auth = createAuth({
  secretKey: "timing-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe",
  sessions,
  backends: { model: modelBackend(users) },
  hashers: [preferred, other],
  allowedHosts: ["127.0.0.1"]
})

const password = "the password of all accounts"
const salt = "0123456789abcdefghijkl"
/** What the accounts of a kind store; the other kinds have no account. */
const stored = {
  known: await preferred.encode(password, salt),
  again: await preferred.encode(password, salt),
  cheap: await cheaper.encode(password, salt),
  other: await other.encode(password, salt),
  inert: await preferred.encode(password, salt),
  unusu: "!0123456789abcdefghijklmnopqrstuvwxyzABCD",
  delay: await preferred.encode(password, salt)
} as const

for (const kind of ["known", "again", "cheap", "other", "inert", "unusu", "delay"] as const)
  for (let index = 0; index < NAMES; index++) {
    const user = await auth.createUser({ username: nameOf(kind, index) }, { isActive: kind !== "inert" })
    if (user === undefined) throw new Error("the name is taken")
    await Effect.runPromise(users.setPassword(String(user.id), stored[kind]))
  }

const derive = promisify(pbkdf2)

listen(
  createServer(
    nodeAuth(
      auth,
      async (req, res, { authenticate }) => {
        // The processor time so far. The difference to the next answer is the work of one attempt, of all threads.
        const { system, user: own } = process.cpuUsage()
        res.setHeader("x-processor-ms", (system + own) / 1000)
        if (req.method === "GET") return void res.end()
        let body = ""
        for await (const part of req) body += String(part)
        const { username }: { username: string } = JSON.parse(body)
        // The planted leaks: 5 % more work for some accounts, and no hash for others.
        if (username.startsWith("delay")) await derive("x", salt, Math.round(iterations / 20), 32, "sha256")
        const user = username.startsWith("quick") ? undefined : await authenticate({ username, password: "wrong one" })
        res.writeHead(user === undefined ? 401 : 500, { "content-type": "application/json" })
        res.end("{}")
      },
      { csrfExempt: true }
    )
  )
)
