import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { change, wrongConfiguration } from "../command-failed.ts"
import { type Application, hasFunction } from "../configuration/application.ts"
import { loadApplication } from "../configuration/load-auth.ts"
import { print } from "../output.ts"

/** The stores of one database that the application exports: all that can create tables. */
const databases = ({ exports }: Application) =>
  Object.entries(exports).flatMap(([name, value]) =>
    hasFunction(value, "createTables") ? [{ name, stores: value }] : []
  )

export const migrate = Command.make(
  "migrate",
  {},
  Effect.fnUntraced(function* () {
    const application = yield* loadApplication
    const found = databases(application)
    if (found.length === 0)
      return yield* wrongConfiguration(
        `${application.source} exports no database: write \`export const pg = postgres({ … })\` in it, or give --database-url`
      )
    yield* change(
      async () => {
        for (const { stores } of found) await stores.createTables()
      },
      () =>
        print({
          text: `the tables are in place (${found.map(({ name }) => name).join(", ")} of ${application.source})`,
          json: { migrated: found.map(({ name }) => name) }
        })
    )
  })
).pipe(
  Command.withDescription(
    "Create the tables that do not exist: Django's, with the records of its migrations, and latchkey's own if the application records the sessions of users. Tables that exist are not changed, so it is safe to repeat, and beside a Django."
  ),
  Command.withExamples([{ command: "npx latchkey migrate" }])
)
