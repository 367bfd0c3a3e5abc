import { once } from "node:events"
import { createServer } from "node:http"
import { createAuth, modelBackend } from "latchkey"
import { memory } from "latchkey/memory"
import { nodeAuth } from "latchkey/node"

const { sessions, users } = memory()
const auth = createAuth({
  secretKey: "not a secret",
  sessions,
  backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(users) },
  csrfMode: "fetch-metadata",
  csrfTrustedOrigins: ["https://pay.example"] // its pages may act for your users, without a token
})

const server = createServer(nodeAuth(auth, (_req, res) => res.end("saved")))
server.listen(0, "127.0.0.1")
await once(server, "listening")
const address = server.address()
const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`

/** Sends a form with the headers that a browser adds. */
const post = async (headers: Record<string, string>): Promise<string> => {
  const response = await fetch(url, { method: "POST", headers, body: new URLSearchParams({ text: "Good." }) })
  return `${response.status}`
}

console.log("a page of this site:    ", await post({ "sec-fetch-site": "same-origin", origin: url }))
console.log("a sibling subdomain:    ", await post({ "sec-fetch-site": "same-site", origin: "http://blog.localhost" }))
console.log("another site:           ", await post({ "sec-fetch-site": "cross-site", origin: "https://evil.example" }))
console.log("a trusted origin:       ", await post({ "sec-fetch-site": "cross-site", origin: "https://pay.example" }))
console.log("a browser over http:    ", await post({ origin: url }))
console.log("a client without either:", await post({ "content-type": "application/json" }))

server.close()
