/** Puts the examples' authentication together, from what the environment says. */
import { type AnyFields, type Auth, createAuth, modelBackend, pbkdf2Sha256 } from "latchkey"
import type { DjangoUser } from "latchkey/postgres"
import { type Config, readConfig } from "./config.ts"
import { openDatabase } from "./database.ts"
import { openEngine } from "./engine.ts"
import { passwordValidators } from "./password-validators.ts"

export type SiteAuth = Auth<DjangoUser, AnyFields>

export interface Application {
  readonly config: Config
  readonly auth: SiteAuth
  /** Lets go of the database and whatever else is open. */
  readonly close: () => Promise<void>
}

/** @throws {Error} naming the variable that makes no sense */
export const openApplication = async (env: NodeJS.ProcessEnv): Promise<Application> => {
  const config = readConfig(env)
  const database = await openDatabase(config)
  const { stores } = database
  const engine = await openEngine(config, stores.sessions)

  const auth = createAuth({
    secretKey: config.secretKey,
    secretKeyFallbacks: config.secretKeyFallbacks,
    sessions: engine.sessions,
    backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(stores.users) },
    ...(config.peer === undefined ? {} : { peer: config.peer }),
    ...(config.passwordIterations === undefined
      ? {}
      : { hashers: [pbkdf2Sha256({ iterations: config.passwordIterations })] }),
    passwordValidators,
    allowedHosts: ["*"],
    ...config.authOptions
  })

  if (config.seedUser !== undefined && (await auth.createUser(config.seedUser)) !== undefined)
    console.log(`made the user ${config.seedUser.username}`)

  return {
    config,
    auth,
    close: async () => {
      await engine.close()
      await database.close()
    }
  }
}
