/** An attacker tries passwords from many addresses. The user logs in from a known device meanwhile. */
import { createServer } from "node:http"
import { createAuth, forwardedFor, modelBackend } from "latchkey"
import { memory, memoryThrottle } from "latchkey/memory"
import { nodeAuth } from "latchkey/node"

const { sessions, users } = memory()
let now = Date.now()
const auth = createAuth({
  secretKey: "an example key, only for this program",
  sessions,
  backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(users) },
  throttle: { store: memoryThrottle() },
  clientAddress: forwardedFor({ proxies: 1 }), // the requests come from one proxy, whose part this program plays
  clockAndRandom: { now: () => now }
})
await auth.createUser({ username: "alice", password: "correct horse" })

const server = createServer(
  nodeAuth(
    auth,
    async (request, response, { authenticate, login }) => {
      const user = await authenticate({ username: "alice", password: request.headers["x-example-password"] })
      if (user !== undefined) await login(user)
      response.end(user === undefined ? "wrong password" : "logged in")
    },
    { csrfExempt: true }
  )
)
await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening))
const address = server.address()
const port = typeof address === "object" && address !== null ? address.port : 0

const logIn = async (from: string, password: string, cookie = "") => {
  const headers = { "x-forwarded-for": from, "x-example-password": password, cookie }
  const response = await fetch(`http://127.0.0.1:${port}/`, { headers })
  const device = response.headers.getSetCookie().find((line) => line.startsWith("knowndevice="))
  return { answer: await response.text(), device: device?.split(";")[0] ?? "" }
}

const { device } = await logIn("192.0.2.1", "correct horse")
for (let guess = 1; guess <= 5; guess++) await logIn(`198.51.100.${guess}`, `guess ${guess}`)
console.log("the attacker guesses right:", (await logIn("198.51.100.6", "correct horse")).answer)
console.log("the user's known device:   ", (await logIn("192.0.2.1", "correct horse", device)).answer)
now += 1000
console.log("another device, 1 s later: ", (await logIn("192.0.2.2", "correct horse")).answer)
server.close()
