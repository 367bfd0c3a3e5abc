import { randomBytes } from "node:crypto"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { call, change, refused, usage } from "../command-failed.ts"
import { off, optionalText } from "../flags.ts"
import { Json, withoutApplication } from "../global-flags.ts"
import { diffOf, planInit } from "../init/init-plan.ts"
import { type Framework, frameworks, type SessionPlace, sessionPlaces } from "../init/templates.ts"
import { readIn, writeChanges } from "../init/write-changes.ts"
import { confirm, select } from "../terminal/ask.ts"
import { print, say } from "../terminal/output.ts"

/** The framework that package.json names, if it names one. */
const installedFramework = (manifest: string | undefined): Framework | undefined =>
  frameworks.find((name) => manifest?.includes(`"${name}":`))

const titles: Readonly<Record<Framework | SessionPlace, string>> = {
  next: "Next.js",
  koa: "Koa",
  express: "Express",
  postgres: "PostgreSQL, beside the users",
  redis: "Redis"
}

const choices = <Name extends Framework | SessionPlace>(names: ReadonlyArray<Name>) =>
  names.map((value) => ({ title: titles[value], value }))

export const init = Command.make(
  "init",
  {
    framework: Flag.Literals("framework", ["next", "koa", "express"]).pipe(
      Flag.withDescription("Default: the one in package.json."),
      Flag.optional
    ),
    sessions: Flag.Literals("sessions", ["postgres", "redis"]).pipe(
      Flag.withDescription("Where sessions are stored. Users are in PostgreSQL. Without it, the command asks."),
      Flag.optional
    ),
    database: optionalText(
      "database",
      "URL",
      "The database for .env. Default: postgres://localhost/NAME, with the name of the folder."
    ),
    yes: off("yes", "Write the files without asking."),
    dryRun: off("dry-run", "Only show what would be written.")
  },
  Effect.fnUntraced(function* ({ database, dryRun, framework, sessions, yes }) {
    yield* withoutApplication("init")
    const url = Option.getOrUndefined(database)
    if (url !== undefined && !isDatabaseUrl(url)) return yield* usage(`--database: ${databaseUrlRule}`)
    const folder = process.cwd()
    const read = readIn(folder)
    const manifest = yield* call(async () => read("package.json"))
    if (manifest === undefined)
      return yield* refused(
        "there is no package.json here: run the command in an application's folder, or npm init first"
      )
    const answers = {
      framework: Option.isSome(framework)
        ? framework.value
        : (installedFramework(manifest) ?? (yield* select("Framework?", "write --framework", choices(frameworks)))),
      sessions: Option.isSome(sessions)
        ? sessions.value
        : yes || dryRun
          ? ("postgres" as const)
          : yield* select("Where are sessions stored?", "write --sessions", choices(sessionPlaces)),
      databaseUrl: Option.getOrElse(database, () => `postgres://localhost/${databaseNameOf(folder)}`),
      secretKey: randomBytes(48).toString("base64url")
    }
    const { changes, kept, next } = planInit(answers, read)
    const files = changes.map(({ before, path }) => ({ path, isNew: before === undefined }))
    const toDo = next.map((step, index) => `${index + 1}. ${step}`).join("\n")
    for (const path of kept) yield* say(`${path} exists already: it is kept as it is`)
    if (changes.length === 0)
      return yield* print({ text: `there is nothing to write\n${toDo}`, json: { files, kept, next } })
    const isJson = yield* Json
    if (dryRun) return yield* print({ text: diffOf(changes), json: { dryRun, files, kept, next } })
    if (!(isJson && yes)) yield* say(`${diffOf(changes)}\n`)
    if (!yes && !(yield* confirm("Write these files?", "write --yes, or --dry-run to see them")))
      return yield* refused("nothing was written")
    yield* change(
      async () => writeChanges(folder, changes),
      () =>
        print({
          text: `wrote ${files.map(({ path }) => path).join(", ")}\nNext:\n${toDo}`,
          json: { files, kept, next }
        })
    )
  })
).pipe(
  Command.withDescription(
    "Add latchkey to an application: auth.ts, the account pages, and .env with a new secret key. It shows the changes first, and asks. Files that exist are never overwritten: lines are added to .env, .gitignore, and to a server whose form it knows; all others are kept."
  ),
  Command.withExamples([
    { command: "npx latchkey init" },
    { command: "npx latchkey init --framework koa --sessions postgres --yes", description: "In a script:" }
  ])
)

const databaseUrlRule =
  "write postgres://user:password@host:port/database; write other characters in it than letters, digits and ! & ' ( ) * + , - . / : ; = ? @ [ ] _ ~ as % and two hexadecimal digits"

/** Only such a URL means the same in every reader of .env files: they end a value at `#` or replace `$`. */
const isDatabaseUrl = (text: string): boolean =>
  /^postgres(ql)?:\/\/[\w!&'()*+,./:;=?@[\]~%-]+$/.test(text) && !/%(?![0-9a-f]{2})/i.test(text) && URL.canParse(text)

/** A name that PostgreSQL accepts without quotes. */
const databaseNameOf = (folder: string): string =>
  (folder.split(/[\\/]/).at(-1) ?? "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "") || "app"
