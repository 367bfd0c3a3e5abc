import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { change, refused } from "../command-failed.ts"
import { loadApplication } from "../configuration/load-auth.ts"
import { askNewPassword } from "../terminal/ask.ts"
import { print } from "../terminal/output.ts"
import { idOf, passwordCheck, userNamed } from "../users.ts"

export const changePassword = Command.make(
  "changepassword",
  { username: Argument.String("username").pipe(Argument.withDescription("The name of the user.")) },
  Effect.fnUntraced(function* ({ username }) {
    const { auth } = yield* loadApplication
    const user = yield* userNamed(auth, username)
    const password = yield* askNewPassword(passwordCheck(auth, user))
    yield* change(
      () => auth.setPassword(user, password),
      (isChanged) =>
        isChanged
          ? print({
              text: `changed the password of ${username}; all sessions of ${username} have ended`,
              json: { changed: { id: idOf(user), username } }
            })
          : refused(`the user ${JSON.stringify(username)} was deleted meanwhile`)
    )
  })
).pipe(
  Command.withDescription(
    "Change a user's password, which ends the user's sessions. The password is asked for twice, or read from standard input. It is never an argument or a variable."
  ),
  Command.withExamples([{ command: "npx latchkey changepassword alice" }])
)
