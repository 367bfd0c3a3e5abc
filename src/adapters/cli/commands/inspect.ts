import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import type { SessionExplanation } from "../../api/explain-session.ts"
import { call, refused } from "../command-failed.ts"
import { loadApplicationWithSecret } from "../configuration/load-auth.ts"
import { sessionArgument, sessionInput } from "../session-input.ts"
import { print } from "../terminal/output.ts"
import { nameOf } from "../users.ts"

const hidden = "(hidden)"

/** Decisions after which the session has no use: the request is anonymous, and the session does not count. */
const invalid: ReadonlyArray<string> = [
  "NoCookie",
  "KeyTooShort",
  "NoRow",
  "RowExpired",
  "IdleTooLong",
  "LoginTooOld",
  "BadSignature",
  "Malformed",
  "TooLarge",
  "IdentityIncomplete",
  "BackendNotInUse",
  "UserMissing",
  "UserInactive",
  "HashMissing",
  "HashWrong"
]

/** Decisions that close a session to a request, unless the site only observes: then there is a user. */
const closing: ReadonlyArray<string> = ["DeviceUnproven", "DeviceUnregistered"]

type Binding = NonNullable<NonNullable<SessionExplanation<object>["session"]>["binding"]>

const iso = (at: number): string =>
  Number.isNaN(new Date(at).getTime()) ? "an unknown time" : new Date(at).toISOString()

const bindingInWords = (binding: Binding): string => {
  if (binding === "Malformed") return "the binding cannot be read: no proof of a device is accepted"
  const { device, offered } = binding
  return device === undefined
    ? `not bound: offered ${iso(offered)}, and no device has registered`
    : `bound since ${iso(device.since)}, offered ${iso(offered)}, ${device.alg}`
}

const bindingForMachines = (binding: Binding) => {
  if (binding === "Malformed") return { state: "malformed" }
  const { device, offered } = binding
  return device === undefined
    ? { state: "offered", offered: iso(offered) }
    : { state: "bound", offered: iso(offered), since: iso(device.since), algorithm: device.alg }
}

export const inspect = Command.make(
  "inspect",
  { session: sessionArgument },
  Effect.fnUntraced(function* ({ session: argument }) {
    const { auth } = yield* loadApplicationWithSecret
    const input = yield* sessionInput(argument)
    const { session, steps, user } = yield* call(() => auth.explainSession(input))
    const refusing = user === undefined ? [...invalid, ...closing] : invalid
    const reason = steps.find(({ rule }) => refusing.includes(rule))?.text
    const values = [...(session?.values ?? [])]
    const expires = session?.expiresAt === undefined ? undefined : new Date(session.expiresAt).toISOString()
    const binding = session?.binding
    const name = user === undefined ? undefined : nameOf(user)
    yield* print({
      text: [
        `valid    ${reason === undefined ? "yes" : `no: ${reason}`}`,
        `user     ${name ?? "none"}`,
        ...(expires === undefined ? [] : [`expires  ${expires}`]),
        ...(binding === undefined ? [] : [`device   ${bindingInWords(binding)}`]),
        ...(session === undefined ? [] : [values.length === 0 ? "values   none" : "values"]),
        ...values.map(([key, json]) => `  ${JSON.stringify(key)}: ${json ?? hidden}`)
      ].join("\n"),
      json: {
        valid: reason === undefined,
        reason: reason ?? null,
        user: name ?? null,
        expires: expires ?? null,
        device: binding === undefined ? null : bindingForMachines(binding),
        // The values are JSON texts: numbers keep their digits in the output for people, and are doubles here.
        values: Object.fromEntries(values.map(([key, json]) => [key, json === undefined ? hidden : JSON.parse(json)]))
      }
    })
    if (reason !== undefined) return yield* refused("the session is not valid")
  })
).pipe(
  Command.withDescription(
    "Show what a session holds, whether it is valid and if not why, when it expires, whose it is, and whether it is bound to a device and since when. Hashes and tokens in it are not shown. The exit code is 1 if the session is not valid."
  ),
  Command.withExamples([
    { command: "npx latchkey inspect", description: "Asks for the session key:" },
    {
      command: `psql "$DATABASE_URL" -Atc "SELECT session_data FROM django_session LIMIT 1" | npx latchkey inspect`,
      description: "A row of Django's table:"
    }
  ])
)
