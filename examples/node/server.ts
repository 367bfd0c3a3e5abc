/** A small site with a real login, on Node's own http server. README.md beside it says what it reads from the environment. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { createAuth, modelBackend, pbkdf2Sha256 } from "latchkey"
import { nodeAuth } from "latchkey/node"
import { readConfig } from "./config.ts"
import { openDatabase } from "./database.ts"
import { openEngine } from "./engine.ts"
import { isExempt, surface } from "./surface.ts"

const config = readConfig(process.env)
const database = await openDatabase(config.databaseUrl)
const { stores } = database
const engine = await openEngine(config, stores.sessions)

const auth = createAuth({
  secretKey: config.secretKey,
  secretKeyFallbacks: config.secretKeyFallbacks,
  sessions: engine.sessions,
  backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(stores.users) },
  hashers: [pbkdf2Sha256(config.passwordIterations === undefined ? {} : { iterations: config.passwordIterations })],
  allowedHosts: ["*"]
})

if (config.seedUser !== undefined && (await auth.createUser(config.seedUser)) !== undefined)
  console.log(`made the user ${config.seedUser.username}`)

const server = createServer(nodeAuth(auth, surface(auth), { csrfExempt: isExempt }))
server.listen(config.port, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo
  console.log(`listening on http://127.0.0.1:${port}`)
})

const stop = (): void => {
  server.close(async () => {
    await engine.close()
    await database.close()
    process.exit(0)
  })
  // A connection that is kept open after its last answer is idle only then.
  setInterval(() => server.closeIdleConnections(), 50).unref()
}
process.once("SIGTERM", stop)
process.once("SIGINT", stop)
