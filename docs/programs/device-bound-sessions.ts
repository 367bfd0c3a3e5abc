import { generateKeyPairSync, sign } from "node:crypto"
import { once } from "node:events"
import { createServer } from "node:http"
import { createAuth, modelBackend } from "latchkey"
import { memory } from "latchkey/memory"
import { nodeAuth } from "latchkey/node"

// In production: postgres({ url }), and no clock
const { sessions, users } = memory()
let minutes = 0

const auth = createAuth({
  secretKey: "not a secret",
  sessions,
  backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(users) },
  sessionCookie: { secure: true },
  secureProxyHeader: ["X-Forwarded-Proto", "https"], // the proxy that terminates https sets it
  deviceBound: { mode: "enforce" }, // begin with "observe"
  clockAndRandom: { now: () => Date.now() + minutes * 60_000 }
})
await auth.createUser({ username: "alice", password: "alice's password" })

const server = createServer(
  nodeAuth(auth, async (req, res, { authenticate, getUser, login }) => {
    if (req.url === "/login") {
      const user = await authenticate({ username: "alice", password: "alice's password" })
      if (user) await login(user)
    }
    res.end((await getUser())?.username ?? "anonymous")
  })
)
server.listen(0, "127.0.0.1")
await once(server, "listening")
const address = server.address()
const site = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`

// A browser that binds sessions. Real ones do all of this by themselves.
const device = generateKeyPairSync("ec", { namedCurve: "P-256" })
const proof = (challenge: string | undefined, header: object = {}) => {
  const parts = [{ alg: "ES256", typ: "dbsc+jwt", ...header }, { jti: challenge }]
  const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".")
  const key = { key: device.privateKey, dsaEncoding: "ieee-p1363" } as const
  return `${text}.${sign("sha256", Buffer.from(text), key).toString("base64url")}`
}
const cookies = new Map<string, string>()
const ask = async (path: string, { method = "GET", headers = {}, jar = cookies } = {}) => {
  const cookie = [...jar].map((pair) => pair.join("=")).join("; ")
  const response = await fetch(site + path, { method, headers: { "X-Forwarded-Proto": "https", cookie, ...headers } })
  for (const line of response.headers.getSetCookie()) {
    const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? []
    jar.set(name, value)
  }
  return response
}

const offer = (await ask("/login")).headers.get("Secure-Session-Registration")
console.log(offer?.replace(/challenge=".*"/, 'challenge="…"'))
const challenge = /challenge="(.*)"/.exec(offer ?? "")?.[1]
const registered = await ask("/dbsc/register", {
  method: "POST",
  headers: { "Secure-Session-Response": proof(challenge, { jwk: device.publicKey.export({ format: "jwk" }) }) }
})
const { session_identifier: id } = Object(await registered.json())
console.log("registered:", registered.status, [...cookies.keys()].join(", "))

const copy = new Map(cookies) // the cookies of the browser, in the hands of an attacker
minutes = 12
const refresh = (headers: object = {}) =>
  ask("/dbsc/refresh", { method: "POST", headers: { "Sec-Secure-Session-Id": String(id), ...headers } })
const probe = await refresh()
const [, next] = /"(.*)";id=/.exec(probe.headers.get("Secure-Session-Challenge") ?? "") ?? []
const proved = await refresh({ "Secure-Session-Response": proof(next) })
console.log("refreshed:", probe.status, proved.status)
console.log("the browser:", await (await ask("/")).text())
console.log("the copy:", await (await ask("/", { jar: copy })).text())
server.close()
