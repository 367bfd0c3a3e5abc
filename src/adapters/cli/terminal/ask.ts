/** Questions to the person at the terminal. A command that cannot ask says which argument answers the question. */
import * as Prompt from "effect/cli/Prompt"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { type CommandFailed, refused, usage } from "../command-failed.ts"
import { say } from "./output.ts"
import { readPassword } from "./standard-input.ts"
import { canAsk } from "./terminal.ts"

/** The problem with an answer, shown at the question; `undefined` if there is none. */
export type Check = (answer: string) => Effect.Effect<string | undefined, CommandFailed>

/** The failure of a check ends the question: `effect/cli` would show every failure as a problem of the answer. */
const validated = (check: Check, failures: Array<CommandFailed>) => (answer: string) =>
  check(answer).pipe(
    Effect.catch((failure) => {
      failures.push(failure)
      return Effect.succeed(undefined)
    }),
    Effect.flatMap((problem) => (problem === undefined ? Effect.succeed(answer) : Effect.fail(problem)))
  )

const asked = Effect.fnUntraced(function* <A>(prompt: (failures: Array<CommandFailed>) => Prompt.Prompt<A>) {
  const failures: Array<CommandFailed> = []
  const answer = yield* Prompt.run(prompt(failures))
  const [failure] = failures
  return failure === undefined ? answer : yield* failure
})

/** @param otherwise how to answer without a terminal, such as "give the user name as an argument" */
export const askText = (message: string, otherwise: string, check: Check) =>
  canAsk()
    ? asked((failures) => Prompt.String({ message, validate: validated(check, failures) }))
    : Effect.fail(cannotAsk(otherwise))

/** A yes or no. @param otherwise how to answer without a terminal */
export const confirm = (message: string, otherwise: string) =>
  canAsk() ? Prompt.run(Prompt.Confirm({ message, initial: false })) : Effect.fail(cannotAsk(otherwise))

/** One of several answers. @param otherwise how to answer without a terminal */
export const select = <const A>(
  message: string,
  otherwise: string,
  choices: ReadonlyArray<{ readonly title: string; readonly value: A; readonly description?: string }>
) => (canAsk() ? Prompt.run(Prompt.Select<A>({ message, choices })) : Effect.fail(cannotAsk(otherwise)))

const cannotAsk = (otherwise: string): CommandFailed =>
  usage(`standard input or standard error is not a terminal, so the command cannot ask: ${otherwise}`)

/**
 * A new password: asked for twice at a terminal, otherwise read from standard input. It is never an argument or a
 * variable of the environment, because other users of the machine could read it there.
 *
 * @param check finds the problems of a password, one a line
 */
export const askNewPassword = Effect.fnUntraced(function* (check: Check) {
  if (process.stdin.isTTY !== true) {
    const password = yield* readPassword
    const problem = yield* check(password)
    return problem === undefined ? password : yield* refused(problem)
  }
  if (!canAsk()) return yield* cannotAsk("pipe the password into the command")
  for (;;) {
    const password = yield* asked((failures) =>
      Prompt.Password({ message: "Password", validate: validated(check, failures) })
    )
    const again = yield* Prompt.run(Prompt.Password({ message: "Password (again)" }))
    if (Redacted.value(password) === Redacted.value(again)) return Redacted.value(password)
    yield* say("The two passwords are not the same. Try again.")
  }
})
