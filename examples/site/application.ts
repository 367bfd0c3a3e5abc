/** Creates the examples' `auth` from the settings in the environment. */
import {
  type AnyFields,
  type Auth,
  consoleMail,
  createAuth,
  type MailQueue,
  mailQueue,
  modelBackend,
  pbkdf2Sha256
} from "latchkey"
import type { DjangoUser } from "latchkey/postgres"
import { smtpMail } from "latchkey/smtp"
import { type Config, readConfig } from "./config.ts"
import { openDatabase } from "./database.ts"
import { openEngine } from "./engine.ts"
import { passwordValidators } from "./password-validators.ts"

export type SiteAuth = Auth<DjangoUser, AnyFields>

export interface Application {
  readonly config: Config
  readonly auth: SiteAuth
  readonly mail: MailQueue
  /** Sends the mails that are left, then closes the database and all other connections. */
  readonly close: () => Promise<void>
}

/** @throws {Error} that names the variable with an invalid value */
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
    ...(config.djangoVersion === undefined ? {} : { djangoVersion: config.djangoVersion }),
    ...(config.passwordIterations === undefined
      ? {}
      : { hashers: [pbkdf2Sha256({ iterations: config.passwordIterations })] }),
    passwordValidators,
    allowedHosts: ["*"],
    ...config.authOptions
  })

  if (config.seedUser !== undefined && (await auth.createUser(config.seedUser)) !== undefined)
    console.log(`made the user ${config.seedUser.username}`)

  const { mailFrom: from, smtpUrl: url } = config
  const mail = mailQueue(url === undefined ? consoleMail() : smtpMail({ url, from }))

  return {
    config,
    auth,
    mail,
    close: async () => {
      await mail.drain({ seconds: 5 })
      await engine.close()
      await database.close()
    }
  }
}
