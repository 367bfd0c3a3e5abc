import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { change, refused, usage } from "../command-failed.ts"
import type { AnyAuth } from "../configuration/application.ts"
import { loadApplication } from "../configuration/load-auth.ts"
import { off, optionalText } from "../flags.ts"
import { askNewPassword, askText, type Check } from "../terminal/ask.ts"
import { print } from "../terminal/output.ts"
import { emailProblem, findUser, idOf, passwordCheck, usernameProblem } from "../users.ts"

const username = Argument.String("username").pipe(
  Argument.withDescription("The name to log in with. Without it, the command asks."),
  Argument.optional
)

const email = optionalText("email", "ADDRESS", "The e-mail address. Without it, the user has none.")

const passwordIsAsked =
  "The password is asked for twice, or read from standard input. It is never an argument or a variable."

interface NewUserInput {
  readonly username: Option.Option<string>
  readonly email: Option.Option<string>
  readonly isStaff: boolean
  readonly isSuperuser: boolean
  /** Whether the user can log in with a password. */
  readonly hasPassword: boolean
}

const create = Effect.fnUntraced(function* (input: NewUserInput) {
  const email = Option.getOrUndefined(input.email)
  const wrong = email === undefined ? undefined : emailProblem(email)
  if (wrong !== undefined) return yield* usage(`--email: ${wrong}`)
  const { auth } = yield* loadApplication
  const username = Option.isSome(input.username)
    ? input.username.value
    : yield* askText("User name", "give the user name as an argument", isFree(auth))
  // Known before the password is typed. That the name stays free is decided by the database.
  const problem = yield* isFree(auth)(username)
  if (problem !== undefined) return yield* refused(problem)
  const password = input.hasPassword ? yield* askNewPassword(passwordCheck(auth, { username, email })) : undefined
  const { isStaff, isSuperuser } = input
  yield* change(
    () => auth.createUser({ username, email, password }, { isStaff, isSuperuser }),
    (user) => {
      if (user === undefined) return refused(taken(username))
      const id = idOf(user)
      const kind = isSuperuser ? "superuser" : isStaff ? "staff user" : "user"
      return print({
        text: `created the ${kind} ${username}${id === undefined ? "" : ` (id ${id})`}`,
        json: { created: { id, username, email: email ?? "", isStaff, isSuperuser } }
      })
    }
  )
})

const isFree =
  (auth: AnyAuth): Check =>
  (username) => {
    const problem = usernameProblem(username)
    return problem === undefined
      ? Effect.map(findUser(auth, username), (user) => (user === undefined ? undefined : taken(username)))
      : Effect.succeed(problem)
  }

const taken = (username: string): string => `the user name ${JSON.stringify(username)} is taken`

export const createUser = Command.make(
  "createuser",
  {
    username,
    email,
    staff: off("staff", "The user may use Django's admin site."),
    withoutPassword: off("without-password", "The user cannot log in with a password until changepassword sets one.")
  },
  ({ email, staff, username, withoutPassword }) =>
    create({ username, email, isStaff: staff, isSuperuser: false, hasPassword: !withoutPassword })
).pipe(
  Command.withDescription(`Create a user. ${passwordIsAsked}`),
  Command.withExamples([
    { command: "npx latchkey createuser alice --email alice@example.com" },
    {
      command: "pass show shop/alice | npx latchkey createuser alice --json",
      description: "In a script, with the password from another program:"
    }
  ])
)

export const createSuperuser = Command.make("createsuperuser", { username, email }, (input) =>
  create({ ...input, isStaff: true, isSuperuser: true, hasPassword: true })
).pipe(
  Command.withDescription(`Create a user who has every permission. ${passwordIsAsked}`),
  Command.withExamples([{ command: "npx latchkey createsuperuser admin" }])
)
