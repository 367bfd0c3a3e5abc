/** The settings in the environment variables. Every setting has a default that works on a new machine. */
import { randomBytes } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type DjangoVersion, djangoVersions, type SettingsOptions } from "latchkey"
import type { PostgresOptions } from "latchkey/postgres"

export interface Config {
  readonly port: number
  /** `undefined`: an embedded PostgreSQL. */
  readonly databaseUrl: string | undefined
  readonly engine: EngineName
  readonly redisUrl: string | undefined
  /** `undefined`: the system's temporary folder. */
  readonly sessionFilePath: string | undefined
  readonly secretKey: string
  readonly secretKeyFallbacks: ReadonlyArray<string>
  /** The version of the Django on the same database; `undefined`: the library's default. */
  readonly djangoVersion: DjangoVersion | undefined
  /** PBKDF2 iterations of new password hashes; `undefined`: the number that this version of Django uses. */
  readonly passwordIterations: number | undefined
  /** Further options of `createAuth`; they override the others. */
  readonly authOptions: Partial<SettingsOptions>
  /** Further options of `postgres`, used when a database URL is given. */
  readonly postgresOptions: Partial<PostgresOptions>
  /** URL of a mail server; `undefined`: mails are printed. */
  readonly smtpUrl: string | undefined
  /** The sender of mails. */
  readonly mailFrom: string
  readonly seedUser: Login | undefined
  /** The user of a demo on the embedded database, whose password the login page shows to every visitor. */
  readonly demoUser: Login | undefined
}

export interface Login {
  readonly username: string
  readonly password: string
  readonly email?: string
}

const engines = ["db", "cache", "cached_db", "file", "signed_cookies"] as const
export type EngineName = (typeof engines)[number]

/** Where the demo keeps its secret and its database, so that both survive a restart. */
export const stateFolder = ".latchkey"

/** @throws {Error} that names the variable with an invalid value */
export const readConfig = (env: NodeJS.ProcessEnv): Config => {
  const engine = engines.find((name) => name === (env["SESSION_ENGINE"] || "db"))
  if (engine === undefined) throw new Error(`SESSION_ENGINE is none of ${engines.join(", ")}`)
  const databaseUrl = env["DATABASE_URL"] || undefined
  const seed = env["LATCHKEY_SEED_USER"] || undefined
  const demoUser = databaseUrl === undefined && seed === undefined ? demo : undefined
  return {
    port: wholeNumber("PORT", env["PORT"]) ?? 3000,
    databaseUrl,
    engine,
    redisUrl: env["REDIS_URL"] || undefined,
    sessionFilePath: env["SESSION_FILE_PATH"] || undefined,
    secretKey: env["SECRET_KEY"] || generatedSecret(env["NODE_ENV"] === "production"),
    secretKeyFallbacks: (env["SECRET_KEY_FALLBACKS"] ?? "").split(",").filter((key) => key !== ""),
    djangoVersion: djangoVersion(env["DJANGO_VERSION"]),
    passwordIterations: wholeNumber("PASSWORD_ITERATIONS", env["PASSWORD_ITERATIONS"]),
    authOptions: json("AUTH_OPTIONS", env["AUTH_OPTIONS"]),
    postgresOptions: json("POSTGRES_OPTIONS", env["POSTGRES_OPTIONS"]),
    smtpUrl: env["SMTP_URL"] || undefined,
    mailFrom: env["MAIL_FROM"] || "latchkey <no-reply@latchkey.example>",
    seedUser: demoUser ?? seedUser(seed),
    demoUser
  }
}

const demo: Login = { username: "demo", password: "demo", email: "demo@latchkey.example" }

const djangoVersion = (text: string | undefined): DjangoVersion | undefined => {
  if (text === undefined || text === "") return undefined
  if (!isDjangoVersion(text)) throw new Error(`DJANGO_VERSION is none of ${Object.keys(djangoVersions).join(", ")}`)
  return text
}

const isDjangoVersion = (text: string): text is DjangoVersion => Object.hasOwn(djangoVersions, text)

const wholeNumber = (name: string, text: string | undefined): number | undefined => {
  if (text === undefined || text === "") return undefined
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${name} is not a whole number`)
  return Number(text)
}

/** A JSON object; the library checks its contents. */
const json = (name: string, text: string | undefined): object => {
  if (text === undefined || text === "") return {}
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value
  } catch {
    // The error is thrown below, because the message of JSON.parse would quote the text, which may hold secrets.
  }
  throw new Error(`${name} is not a JSON object`)
}

const seedUser = (text: string | undefined): Config["seedUser"] => {
  if (text === undefined) return undefined
  const colon = text.indexOf(":")
  if (colon < 1) throw new Error("LATCHKEY_SEED_USER is not of the form name:password")
  return { username: text.slice(0, colon), password: text.slice(colon + 1) }
}

const generatedSecret = (isProduction: boolean): string => {
  if (isProduction) throw new Error("SECRET_KEY is missing")
  const file = join(stateFolder, "secret")
  if (!existsSync(file)) {
    mkdirSync(stateFolder, { recursive: true })
    writeFileSync(file, randomBytes(48).toString("base64url"), { mode: 0o600 })
    console.log(`made a secret key for development: ${file}`)
  }
  return readFileSync(file, "utf8").trim()
}
