/** The examples, each with the command that starts it. All have the same pages. */
import { existsSync } from "node:fs"
import { join } from "node:path"
import { createAuth, modelBackend, pbkdf2Sha256 } from "latchkey"
import { postgres } from "latchkey/postgres"
import { startExample } from "../rig/example.ts"
import { patient } from "../rig/patience.ts"
import { startPostgres } from "../rig/postgres-server.ts"
import { serviceOf } from "../rig/services.ts"

export interface Example {
  readonly name: string
  readonly entry: string
  readonly available: boolean
}

/** The example in `examples/NAME`. */
export const exampleOf = (name: "node" | "koa" | "next"): Example => ({
  name,
  entry: `examples/${name}/server.ts`,
  available: name !== "next" || serviceOf(isNextBuilt() ? undefined : NEXT_IS_NOT_BUILT).available
})

const isNextBuilt = (): boolean => existsSync(join(import.meta.dirname, "../../examples/next/.next/BUILD_ID"))
const NEXT_IS_NOT_BUILT = "examples/next is not built (npm ci && npm run build, in that folder)"

export interface Person {
  readonly username: string
  readonly password: string
}

export interface RunningExample {
  readonly url: string
  readonly pid: number
  /** Everything it has printed so far. */
  readonly output: () => string
  /** Creates a user. The password passes the password validators. */
  readonly person: () => Promise<Person>
  readonly stop: () => Promise<void>
}

/** Starts an example with its own PostgreSQL. @param env further environment variables */
export const run = async ({ entry }: Example, env: Readonly<Record<string, string>> = {}): Promise<RunningExample> => {
  const server = await startPostgres()
  const secretKey = "browsers-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe"
  const site = await startExample({ entry, databaseUrl: server.url, secretKey, passwordIterations: 1, env })
  const stores = postgres({ ...patient, url: server.url, max: 1 })
  const { createUser } = createAuth({
    secretKey,
    sessions: stores.sessions,
    backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(stores.users) },
    hashers: [pbkdf2Sha256({ iterations: 1 })]
  })
  let people = 0
  return {
    url: site.url,
    pid: site.pid,
    output: site.output,
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
