/** All commands. */
import * as Command from "effect/cli/Command"
import { changePassword } from "./commands/change-password.ts"
import { clearSessions } from "./commands/clear-sessions.ts"
import { completions } from "./commands/completions.ts"
import { createSuperuser, createUser } from "./commands/create-user.ts"
import { doctor } from "./commands/doctor.ts"
import { explain } from "./commands/explain.ts"
import { grant } from "./commands/grant.ts"
import { init } from "./commands/init.ts"
import { inspect } from "./commands/inspect.ts"
import { migrate } from "./commands/migrate.ts"
import { secret } from "./commands/secret.ts"
import { sessions } from "./commands/sessions.ts"
import { throttle } from "./commands/throttled-logins.ts"
import { globalFlags } from "./global-flags.ts"

/** @param described what the completions complete; `undefined` while that is being made */
const latchkey = (described: Command.Command.Any | undefined) =>
  Command.make("latchkey").pipe(
    Command.withDescription(
      "Administers an application's users, sessions and settings. Run it in the application's folder: it finds the module that exports `auth`, or uses DATABASE_URL."
    ),
    Command.withSubcommands([
      init,
      migrate,
      createSuperuser,
      createUser,
      changePassword,
      grant,
      sessions,
      throttle,
      inspect,
      explain,
      clearSessions,
      doctor,
      secret,
      completions(described)
    ]),
    Command.withExamples([
      { command: "npx latchkey secret", description: "A new SECRET_KEY:" },
      { command: "npx latchkey createsuperuser admin", description: "A user who has every permission:" }
    ]),
    Command.withGlobalFlags(globalFlags)
  )

export const root = latchkey(latchkey(undefined))
