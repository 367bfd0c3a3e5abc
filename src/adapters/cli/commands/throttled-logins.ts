import { isIP } from "node:net"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { callOptional, changeOptional, refused, usage, wrongConfiguration } from "../command-failed.ts"
import type { AnyAuth } from "../configuration/application.ts"
import { loadApplication } from "../configuration/load-auth.ts"
import { optionalText } from "../flags.ts"
import { print } from "../terminal/output.ts"
import { emailProblem } from "../users.ts"

const subject = {
  user: optionalText("user", "NAME", "A user name, as it is typed at the login."),
  address: optionalText("address", "IP", "An IP address: the network that it belongs to."),
  email: optionalText("email", "ADDRESS", "An e-mail address for which mails or accounts were requested."),
  key: optionalText("key", "KEY", "A key, as `throttle list` shows it.")
}

type Subject = { readonly [Name in keyof typeof subject]: Option.Option<string> }

/** The subject as `auth` takes it, and in words; `undefined` if no flag was given. */
const subjectOf = Effect.fnUntraced(function* (flags: Subject) {
  const given = Object.entries(flags).flatMap(([name, value]) =>
    Option.isSome(value) ? [[name === "user" ? "username" : name, value.value] as const] : []
  )
  const address = Option.getOrUndefined(flags.address)
  if (address !== undefined && isIP(address) === 0)
    return yield* usage(`--address: ${JSON.stringify(address)} is not an IP address`)
  const email = Option.getOrUndefined(flags.email)
  const noEmail = email === undefined ? undefined : emailProblem(email)
  if (noEmail !== undefined) return yield* usage(`--email: ${noEmail}`)
  const key = Option.getOrUndefined(flags.key)
  if (key !== undefined && !/^[a-z]+:[\w-]+$/.test(key))
    return yield* usage(`--key: ${JSON.stringify(key)} is not a key: write one as \`latchkey throttle list\` shows it`)
  return given.length === 0
    ? undefined
    : { of: Object.fromEntries(given), words: given.map(([, value]) => value).join(", ") }
})

/** The application, if this process can see what the application's processes count. */
const loadCounting = Effect.gen(function* () {
  const { auth, source } = yield* loadApplication
  if (auth.sharesThrottle === false)
    return yield* wrongConfiguration(
      `${source}: its throttle store counts in the memory of each process, which this command cannot see: use postgresThrottle() or redisThrottle(). A restart of the application forgets these failures`
    )
  return auth
})

type Throttled = Awaited<ReturnType<AnyAuth["listThrottled"]>>[number]

const time = (at: number): string => (at > 0 ? new Date(at).toISOString() : "an unknown time")

const lineOf = ({ failures, forgottenAt, key, until }: Throttled): string =>
  [
    key,
    `${failures} ${failures === 1 ? "failure" : "failures"}`,
    until > Date.now() ? `waits until ${time(until)}` : "waits no longer",
    `forgotten ${time(forgottenAt)}`
  ].join("  ")

const jsonOf = ({ failures, forgottenAt, key, until }: Throttled) => ({
  ...{ key, kind: key.split(":")[0], failures },
  waitsUntil: until > Date.now() ? time(until) : null,
  forgottenAt: time(forgottenAt)
})

const list = Command.make(
  "list",
  subject,
  Effect.fnUntraced(function* (flags) {
    const asked = yield* subjectOf(flags)
    const auth = yield* loadCounting
    const keys = yield* callOptional(() => auth.listThrottled(asked?.of))
    yield* print({
      text:
        keys.length === 0
          ? `no failures are counted${asked === undefined ? "" : ` for ${asked.words}`}`
          : keys.map(lineOf).join("\n"),
      json: { keys: keys.map(jsonOf) }
    })
  })
).pipe(
  Command.withDescription(
    "List the failed logins and requests that are counted, those that wait longest first, at most 1000. The store has only keyed hashes: a key does not tell whose it is, so name a user, an IP address or an e-mail address to see theirs. Kinds of keys: account (a user name), network (an IPv4 address or the first 64 bits of an IPv6 address), wideNetwork (the first 48 bits of an IPv6 address), device (a known device), proof (a user who is logged in), recipient (an e-mail address), requester and wideRequester (a network that requests mails or accounts)."
  ),
  Command.withExamples([
    { command: "npx latchkey throttle list", description: "Who has to wait?" },
    { command: "npx latchkey throttle list --user alice --json", description: "Does alice have to wait?" }
  ])
)

const reset = Command.make(
  "reset",
  subject,
  Effect.fnUntraced(function* (flags) {
    const asked = yield* subjectOf(flags)
    if (asked === undefined) return yield* usage("write whose failures to forget: --user, --address, --email or --key")
    const auth = yield* loadCounting
    yield* changeOptional(
      () => auth.resetThrottle(asked.of),
      (count) =>
        count === 0 && "key" in asked.of
          ? refused(`no failures were counted for ${asked.words}`)
          : print({
              text:
                count === 0
                  ? `no failures were counted for ${asked.words}`
                  : `forgot the failures of ${count} ${count === 1 ? "key" : "keys"} for ${asked.words}`,
              json: { reset: count }
            })
    )
  })
).pipe(
  Command.withDescription(
    "Forget failed logins and requests, so that the next one need not wait. A user who is attacked waits again after the next failures; a known device of the user never waits for them."
  ),
  Command.withExamples([
    { command: "npx latchkey throttle reset --user alice", description: "Let alice log in now:" },
    { command: "npx latchkey throttle reset --address 203.0.113.7", description: "Let an office in again:" }
  ])
)

export const throttle = Command.make("throttle").pipe(
  Command.withDescription(
    "List or forget the failed logins that are counted. The application must have the option `throttle`, with a store that other processes can read: postgresThrottle() or redisThrottle()."
  ),
  Command.withSubcommands([list, reset])
)
