/** The flags that every command has. */
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { usage } from "./command-failed.ts"
import { off, optionalText } from "./flags.ts"

/** `--json`: the result is one line of JSON, and so is an error, on standard error. */
export const Json = GlobalFlag.Setting("json")({
  flag: off("json", "Print the result as one line of JSON, and errors as JSON on standard error.")
})

/** `--config`: the module that exports `auth`. */
export const Config = GlobalFlag.Setting("config")({
  flag: optionalText(
    "config",
    "FILE",
    "The module that exports `auth`. Default: auth.ts in ., ./lib, ./src, ./src/lib, ./app or ./server (also .mts, .js, .mjs); without such a file DATABASE_URL and SECRET_KEY, from the environment or .env."
  )
})

/** `--database-url`: a database in Django's tables, without a module. */
export const DatabaseUrl = GlobalFlag.Setting("database-url")({
  flag: optionalText(
    "database-url",
    "URL",
    "Use this PostgreSQL database, with Django's tables, instead of a module. Other users of this machine can see a password in a command line: better write the URL into DATABASE_URL."
  )
})

/** Fails for a command that uses no application, if the command line names one. */
export const withoutApplication = Effect.fnUntraced(function* (command: string) {
  const given = [
    ...(Option.isSome(yield* Config) ? ["--config"] : []),
    ...(Option.isSome(yield* DatabaseUrl) ? ["--database-url"] : [])
  ]
  if (given.length > 0) yield* usage(`${given.join(" and ")}: \`latchkey ${command}\` uses no application`)
})

export const globalFlags = [Json, Config, DatabaseUrl] as const
