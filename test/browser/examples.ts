/** The examples, each with what starts it. All have the same pages. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { createAuth, modelBackend, pbkdf2Sha256 } from "latchkey"
import { postgres } from "latchkey/postgres"
import { startExample } from "../rig/example.ts"
import { startPostgres } from "../rig/postgres-server.ts"

export interface Example {
  readonly name: string
  readonly entry: string
  readonly available: boolean
}

const isNextBuilt = existsSync(join(import.meta.dirname, "../../examples/next/.next/BUILD_ID"))
if (!isNextBuilt) {
  const reason = "examples/next is not built (npm ci && npm run build, in that folder)"
  if (process.env["LATCHKEY_TEST_SERVICES"] === "required") throw new Error(reason)
  console.warn(`SKIPPED: ${reason}`)
}

export const examples: ReadonlyArray<Example> = [
  { name: "node", entry: "examples/node/server.ts", available: true },
  { name: "koa", entry: "examples/koa/server.ts", available: true },
  { name: "next", entry: "examples/next/server.ts", available: isNextBuilt }
]

export interface Person {
  readonly username: string
  readonly password: string
}

export interface RunningExample {
  readonly url: string
  /** A new user. The password is one that may be. */
  readonly person: () => Promise<Person>
  readonly stop: () => Promise<void>
}

/** Starts an example on a PostgreSQL of its own. */
export const run = async ({ entry }: Example): Promise<RunningExample> => {
  const server = await startPostgres()
  const secretKey = "browsers-0123456789-0123456789-0123456789-0123456789"
  const site = await startExample({ entry, databaseUrl: server.url, secretKey, passwordIterations: 1 })
  const stores = postgres({ url: server.url, max: 1 })
  const { createUser } = createAuth({
    secretKey,
    sessions: stores.sessions,
    backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(stores.users) },
    hashers: [pbkdf2Sha256({ iterations: 1 })]
  })
  let people = 0
  return {
    url: site.url,
    person: async () => {
      people += 1
      const person = { username: `åsa-${people}`, password: `Gånz gehéim ${people}` }
      await createUser(person)
      return person
    },
    stop: async () => {
      await stores.close()
      await site.stop()
      await server.stop()
    }
  }
}
