import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { callOptional, changeOptional, refused } from "../command-failed.ts"
import { loadApplication } from "../configuration/load-auth.ts"
import { optionalText, text } from "../flags.ts"
import { print } from "../terminal/output.ts"
import { userNamed } from "../users.ts"

const user = text("user", "NAME", "The user name.")

const list = Command.make(
  "list",
  { user },
  Effect.fnUntraced(function* ({ user: username }) {
    const { auth } = yield* loadApplication
    const found = yield* userNamed(auth, username, "--user")
    const sessions = yield* callOptional(() => auth.listSessions(found))
    yield* print({
      text:
        sessions.length === 0
          ? `no sessions of ${username}`
          : sessions
              .map(({ clientAddress, endsAt, id, isBound, seenAt, startedAt, userAgent }) =>
                [
                  id,
                  `since ${time(startedAt)}`,
                  `seen ${time(seenAt)}`,
                  endsAt === undefined ? undefined : `ends ${time(endsAt)}`,
                  isBound === true ? "bound to a device" : undefined,
                  clientAddress,
                  userAgent
                ]
                  .filter((part) => part !== undefined && part !== "")
                  .map(oneLine)
                  .join("  ")
              )
              .join("\n"),
      json: { user: username, sessions: sessions.map(({ current: _, ...session }) => session) }
    })
  })
).pipe(
  Command.withDescription("List the sessions of a user: id, since when, last seen, address and browser as given."),
  Command.withExamples([{ command: "npx latchkey sessions list --user alice" }])
)

const end = Command.make(
  "end",
  {
    user,
    session: optionalText("session", "ID", "End only this session, by the id that `sessions list` shows. Default: all.")
  },
  Effect.fnUntraced(function* ({ session, user: username }) {
    const { auth } = yield* loadApplication
    const found = yield* userNamed(auth, username, "--user")
    const id = Option.getOrUndefined(session)
    yield* changeOptional(
      async () => (id === undefined ? auth.endSessions(found) : Number(await auth.endSession(found, id))),
      (ended) =>
        id !== undefined && ended === 0
          ? refused(
              `--session: ${username} has no session ${JSON.stringify(id)} (\`latchkey sessions list\` shows them)`
            )
          : print({
              text: `ended ${ended} ${ended === 1 ? "session" : "sessions"} of ${username}`,
              json: { user: username, ended }
            })
    )
  })
).pipe(
  Command.withDescription("End the sessions of a user: the next request of each is anonymous."),
  Command.withExamples([
    { command: "npx latchkey sessions end --user alice", description: "Sign alice out everywhere:" }
  ])
)

/** A browser may send any text as its name. */
const oneLine = (text: string | undefined): string => (text ?? "").replace(/\p{C}/gu, "?")

const time = (at: number): string => new Date(at).toISOString().slice(0, 19).replace("T", " ")

export const sessions = Command.make("sessions").pipe(
  Command.withDescription(
    "List or end the sessions of a user. The session store must record the sessions of users: its option `userSessions`."
  ),
  Command.withSubcommands([list, end])
)
