import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { call } from "../command-failed.ts"
import { loadApplicationWithSecret } from "../configuration/load-auth.ts"
import { sessionArgument, sessionInput } from "../session-input.ts"
import { print } from "../terminal/output.ts"
import { nameOf } from "../users.ts"

export const explain = Command.make(
  "explain",
  { session: sessionArgument },
  Effect.fnUntraced(function* ({ session }) {
    const { auth } = yield* loadApplicationWithSecret
    const input = yield* sessionInput(session)
    const { steps, user } = yield* call(() => auth.explainSession(input))
    yield* print({
      text: steps.map(({ text }, index) => `${index + 1}. ${text}`).join("\n"),
      json: { user: user === undefined ? null : nameOf(user), steps }
    })
  })
).pipe(
  Command.withDescription(
    "Say why a cookie logs a user in, or why the visitor is anonymous. It runs the decisions of a request with the real session store and user table, says each in a sentence, and writes nothing."
  ),
  Command.withExamples([
    {
      command: "npx latchkey explain",
      description: "Paste the Cookie header of a request from the browser's tools:"
    },
    { command: "npx latchkey explain 'sessionid=…; csrftoken=…' --json" }
  ])
)
