import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { change, refused, wrongConfiguration } from "../command-failed.ts"
import type { AnyAuth } from "../configuration/application.ts"
import { loadApplication } from "../configuration/load-auth.ts"
import { off } from "../flags.ts"
import { print } from "../terminal/output.ts"

type Steps = Awaited<ReturnType<AnyAuth["createTables"]>>

const planText = (steps: Steps): string =>
  steps.flatMap(({ message, statements }) => [message, ...statements.map((sql) => `\n${sql};\n`)]).join("\n")

const doneText = (steps: Steps): string => steps.map(({ message }) => message).join("\n")

/** States of tables that are kept although they do not work. */
const notWorking: ReadonlyArray<string> = ["incomplete", "recorded"]

export const migrate = Command.make(
  "migrate",
  { dryRun: off("dry-run", "Only show what would be created, with the SQL statements.") },
  Effect.fnUntraced(function* ({ dryRun }) {
    const { auth, source } = yield* loadApplication
    yield* change(
      () => auth.createTables({ dryRun }),
      (steps) =>
        steps.length === 0
          ? wrongConfiguration(`${source}: its stores need no tables`)
          : Effect.andThen(
              print({ text: dryRun ? planText(steps) : doneText(steps), json: { dryRun, steps } }),
              steps.some(({ state }) => notWorking.includes(state))
                ? refused("some tables are not as expected: see above")
                : Effect.void
            )
    )
  })
).pipe(
  Command.withDescription(
    "Create the tables that do not exist: Django's, with the records of its migrations, and latchkey's own if the application records the sessions of users, or counts failed logins in PostgreSQL. Tables that exist are not changed, so it is safe to repeat, and beside a Django."
  ),
  Command.withExamples([
    { command: "npx latchkey migrate" },
    { command: "npx latchkey migrate --dry-run", description: "What would it create?" }
  ])
)
