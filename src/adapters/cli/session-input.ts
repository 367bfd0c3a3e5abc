/** What `inspect` and `explain` get: a cookie header, a session key, or the text of a session. */
import * as Argument from "effect/cli/Argument"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type CommandFailed, usage } from "./command-failed.ts"
import type { AnyAuth } from "./configuration/application.ts"
import { askText } from "./terminal/ask.ts"
import { readAllText } from "./terminal/standard-input.ts"

type Input = Parameters<AnyAuth["explainSession"]>[0]

export const sessionArgument = Argument.String("session").pipe(
  Argument.withDescription(
    "A session key, a Cookie header (sessionid=…; …), or the text of a session as it is stored. Without it, the command reads standard input or asks: other users of this machine can see arguments, and a session key is a secret."
  ),
  Argument.optional
)

/** The argument, else standard input, else what the person at the terminal answers. */
export const sessionInput = Effect.fnUntraced(function* (argument: Option.Option<string>) {
  const text = Option.isSome(argument)
    ? argument.value
    : process.stdin.isTTY === true
      ? yield* askText("Cookie header, session key or session text", "give it as an argument", () =>
          Effect.succeed(undefined)
        )
      : yield* readAllText
  return yield* parse(text.trim())
})

/** A signed text ends in a signature after colons, and a key has none. A cookie has a name before an equals sign. */
const parse = (text: string): Effect.Effect<Input, CommandFailed> => {
  if (text === "")
    return Effect.fail(usage("nothing was given: write a session key, a Cookie header or a session text"))
  // Redis holds JSON. Django 3.0 and older wrote base64, with padding; a session key has at most 40 characters.
  if (text.startsWith("{") || /^[A-Za-z0-9+/]{44,}={0,2}$/.test(text)) return Effect.succeed({ sessionText: text })
  const cookies = /^(?:cookie:\s*)?([^=\s;:]+=.*)$/is.exec(text)?.[1]
  if (cookies !== undefined) return Effect.succeed({ cookies })
  return Effect.succeed(/:[\w-]*$/.test(text) ? { sessionText: text } : { sessionKey: text })
}
