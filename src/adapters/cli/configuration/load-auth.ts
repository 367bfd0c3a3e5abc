/** Loads the application's `auth`: from its module, or made from a database. */

import { pathToFileURL } from "node:url"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { call, failureOf, wrongConfiguration } from "../command-failed.ts"
import { Config, DatabaseUrl } from "../global-flags.ts"
import { type Application, isAuth } from "./application.ts"
import { applicationFolder, authModuleAt, findAuthModule, shown } from "./auth-module.ts"
import { databaseApplication } from "./database-auth.ts"
import { loadEnvFiles } from "./env-files.ts"
import { installHooks } from "./module-hooks.ts"
import { aliasesOf } from "./tsconfig-paths.ts"

/** Finds and loads the application. */
export const loadApplication = Effect.gen(function* () {
  const config = Option.getOrUndefined(yield* Config)
  const url = Option.getOrUndefined(yield* DatabaseUrl)
  return yield* call(() => load(process.cwd(), config, url))
})

/** {@link loadApplication} for commands that read what the application has signed. */
export const loadApplicationWithSecret = Effect.gen(function* () {
  const application = yield* loadApplication
  if (application.hasSecretKey) return application
  return yield* wrongConfiguration(
    "SECRET_KEY is missing: sessions are signed with it. Write it into .env or the environment"
  )
})

const load = async (cwd: string, config: string | undefined, url: string | undefined): Promise<Application> => {
  if (config !== undefined && url !== undefined)
    throw wrongConfiguration("--config and --database-url name two applications: write one of them")
  const module =
    config === undefined ? (url === undefined ? findAuthModule(cwd) : undefined) : authModuleAt(cwd, config)
  const folder = module === undefined ? cwd : applicationFolder(module)
  hideWarningsAboutTypeScript()
  loadEnvFiles(folder)
  if (module !== undefined) return fromModule(module, folder)
  const databaseUrl = url ?? process.env["DATABASE_URL"]
  if (databaseUrl !== undefined && databaseUrl !== "")
    return databaseApplication(folder, databaseUrl, url === undefined ? "DATABASE_URL" : "--database-url")
  throw wrongConfiguration(
    "there is no application here: no auth.ts (in ., ./lib, ./src, ./src/lib, ./app, ./server) and no DATABASE_URL\n" +
      "name the module that exports auth: --config path/to/auth.ts, or set DATABASE_URL"
  )
}

const fromModule = async (module: string, folder: string): Promise<Application> => {
  installHooks(aliasesOf(folder))
  const exports: Readonly<Record<string, unknown>> = await importModule(module)
  const source = shown(module)
  const exported = exports["auth"] ?? Object(exports["default"]).auth
  const auth: unknown = await (typeof exported === "function" ? exported() : exported)
  if (isAuth(auth)) return { auth, source, folder, hasSecretKey: true }
  const names = Object.keys(exports).join(", ")
  throw wrongConfiguration(
    exported === undefined
      ? `${source} exports no auth${names === "" ? "" : ` (it exports ${names})`}: write \`export const auth = createAuth({ … })\`, or name another module with --config`
      : `${source}: its export auth is not made by createAuth of latchkey`
  )
}

/** Imports the module. An error in it is one of the configuration: the application does not start either. */
const importModule = async (module: string): Promise<Readonly<Record<string, unknown>>> => {
  try {
    return await import(pathToFileURL(module).href)
  } catch (error) {
    throw failureOf(error) ?? wrongConfiguration(`${shown(module)} cannot be loaded: ${describe(error)}`)
  }
}

/** The message of an error and the first place in the application's own files. */
const describe = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  const place = error.stack?.split("\n").find((line) => /^\s+at /.test(line) && !/node_modules|node:/.test(line))
  return `${error.name}: ${error.message}${place === undefined ? "" : `\n${place.trim()}`}`
}

/** Node's notes about TypeScript and package.json say nothing about the command. */
const hideWarningsAboutTypeScript = (): void => {
  const emit = process.emitWarning.bind(process)
  const isHidden = (warning: unknown, rest: ReadonlyArray<unknown>): boolean =>
    [Object(warning).name, Object(warning).code, ...rest, Object(rest[0]).type, Object(rest[0]).code].some(
      (text) => text === "ExperimentalWarning" || text === "MODULE_TYPELESS_PACKAGE_JSON"
    )
  process.emitWarning = (warning: string | Error, ...rest: ReadonlyArray<unknown>): void => {
    if (!isHidden(warning, rest)) Reflect.apply(emit, process, [warning, ...rest])
  }
}
