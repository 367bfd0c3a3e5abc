import { createHash } from "node:crypto"
import { once } from "node:events"
import { createServer } from "node:http"
import * as Schema from "effect/Schema"
import { createAuth, defineBackend } from "latchkey"
import { memory } from "latchkey/memory"
import { nodeAuth } from "latchkey/node"

interface Machine {
  readonly serial: string
  /** SHA-256 of the key: a leaked table does not show the keys. */
  readonly digest: string
  readonly permissions: ReadonlyArray<string>
}

const digestOf = (key: string): string => createHash("sha256").update(key).digest("hex")

const machines = new Map<string, Machine>()
const install = (serial: string, key: string): void => {
  machines.set(serial, { serial, digest: digestOf(key), permissions: ["plant.start"] })
}

const apiKeys = defineBackend({
  credentials: Schema.Struct({ apiKey: Schema.String }),
  authenticate: ({ apiKey }) => [...machines.values()].find(({ digest }) => digest === digestOf(apiKey)),
  getUser: (serial) => machines.get(serial),
  idOf: ({ serial }) => serial,
  sessionSecretOf: ({ digest }) => digest,
  permissionsOf: ({ permissions }) => permissions
})

const auth = createAuth({ secretKey: "not a secret", sessions: memory().sessions, backends: { apiKeys } })

const server = createServer(
  nodeAuth(
    auth,
    async (req, res, { authenticate, getUser, hasPerm, login }) => {
      const apiKey = req.headers["x-api-key"]
      const newcomer = apiKey === undefined ? undefined : await authenticate({ apiKey })
      if (newcomer) await login(newcomer)
      const machine = await getUser()
      const rights = (await hasPerm("plant.start")) ? "may start" : "may not start"
      res.statusCode = machine ? 200 : 401
      res.end(machine ? `machine ${machine.serial} ${rights}` : "no machine")
    },
    { csrfExempt: (req) => req.headers["x-api-key"] !== undefined }
  )
)
server.listen(0, "127.0.0.1")
await once(server, "listening")
const address = server.address()
const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/`

let cookie = ""
const ask = async (request: RequestInit): Promise<string> => {
  const response = await fetch(url, request)
  const set = response.headers.getSetCookie().find((line) => line.startsWith("sessionid="))
  cookie = set?.split(";")[0] ?? cookie
  return `${response.status} ${await response.text()}`
}

install("7", "key of machine 7")
console.log("a guessed key:   ", await ask({ method: "POST", headers: { "x-api-key": "guessed" } }))
console.log("its key:         ", await ask({ method: "POST", headers: { "x-api-key": "key of machine 7" } }))
console.log("its session:     ", await ask({ headers: { cookie } }))
install("7", "another key")
console.log("its key replaced:", await ask({ headers: { cookie } }))

server.close()
