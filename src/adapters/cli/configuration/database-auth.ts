/** Authentication on a database in Django's tables, for applications without a module. */
import { randomBytes } from "node:crypto"
import { createRequire } from "node:module"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import type * as Latchkey from "../../../index.ts"
import type * as Postgres from "../../store/postgres.ts"
import { failureOf, wrongConfiguration } from "../command-failed.ts"
import { type Application, hasFunction, isAuth } from "./application.ts"

/**
 * Makes `auth` with the settings of a new Django project: its backend, its password validators, SECRET_KEY and
 * SECRET_KEY_FALLBACKS (separated by commas) from the environment.
 */
export const databaseApplication = async (folder: string, url: string, source: string): Promise<Application> => {
  const latchkey = await load(folder, "latchkey", isLatchkey)
  const { postgres } = await load(folder, "latchkey/postgres", isPostgres)
  const { SECRET_KEY: secretKey = "", SECRET_KEY_FALLBACKS: fallbacks = "" } = process.env
  const pg = connect(() => postgres({ url }), source)
  const auth: unknown = latchkey.createAuth({
    secretKey: secretKey === "" ? randomBytes(48).toString("base64url") : secretKey,
    secretKeyFallbacks: fallbacks.split(",").filter((key) => key !== "" && key !== secretKey),
    sessions: pg.sessions,
    backends: { "django.contrib.auth.backends.ModelBackend": latchkey.modelBackend(pg.users) },
    passwordValidators: [latchkey.userAttributeSimilarity(), latchkey.minimumLength(), latchkey.notEntirelyNumeric()]
  })
  if (!isAuth(auth))
    throw wrongConfiguration("the installed latchkey is too old for this command: npm install latchkey")
  return { auth, source, folder, hasSecretKey: secretKey !== "" }
}

/** The stores of the database. A problem of the URL is one of the flag or the variable that it comes from. */
const connect = <Stores>(make: () => Stores, source: string): Stores => {
  try {
    return make()
  } catch (error) {
    const failure = failureOf(error)
    throw failure === undefined ? error : wrongConfiguration(failure.message.replace(/^url:/, `${source}:`))
  }
}

/** Imports an entry of the application's own latchkey; of this one, if the application has none. */
const load = async <Entry>(
  folder: string,
  entry: string,
  isExpected: (loaded: unknown) => loaded is Entry
): Promise<Entry> => {
  for (const from of [join(folder, "package.json"), import.meta.filename]) {
    let path: string
    try {
      path = createRequire(from).resolve(entry)
    } catch {
      continue
    }
    const loaded: unknown = await import(pathToFileURL(path).href).catch((error: unknown) => {
      throw missingDriver(error) ?? error
    })
    if (isExpected(loaded)) return loaded
  }
  throw wrongConfiguration(`${entry} cannot be loaded: npm install latchkey`)
}

const missingDriver = (error: unknown): unknown =>
  error instanceof Error && error.message.includes("Cannot find package 'postgres'")
    ? wrongConfiguration("the driver for PostgreSQL is not installed: npm install postgres")
    : undefined

const isLatchkey = (loaded: unknown): loaded is typeof Latchkey =>
  hasFunction(loaded, "createAuth") && hasFunction(loaded, "modelBackend")

const isPostgres = (loaded: unknown): loaded is typeof Postgres => hasFunction(loaded, "postgres")
