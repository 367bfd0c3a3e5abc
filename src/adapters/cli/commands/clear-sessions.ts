import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { type CommandFailed, call, change, refused } from "../command-failed.ts"
import type { AnyAuth } from "../configuration/application.ts"
import { loadApplication } from "../configuration/load-auth.ts"
import { off, positive } from "../flags.ts"
import { print, say } from "../terminal/output.ts"
import { hideProgress, showProgress, showsProgress } from "../terminal/progress.ts"

const sessions = (count: number): string =>
  `${count.toLocaleString("en")} expired ${count === 1 ? "session" : "sessions"}`

/** Removes batches until there are no more. After Ctrl-C the present batch ends: it is one statement. */
const clear = (auth: AnyAuth, batch: number, total: number | undefined): Effect.Effect<number, CommandFailed> =>
  Effect.suspend(() => {
    const startedAt = performance.now()
    let done = 0
    const show = (): void => showProgress({ done, total, elapsedMs: performance.now() - startedAt })
    const loop = Effect.gen(function* () {
      show()
      for (;;) {
        const removed = yield* change(
          () => auth.clearSessions({ limit: batch }),
          (count) =>
            Effect.sync(() => {
              done += count
              show()
              return count
            })
        )
        if (removed === 0) return done
        yield* Effect.yieldNow // here Ctrl-C takes effect
      }
    })
    return loop.pipe(
      Effect.onExit(() => Effect.sync(hideProgress)),
      Effect.onInterrupt(() =>
        say(
          `latchkey: stopped: removed ${sessions(done)}${total === undefined ? "" : ` of ${total.toLocaleString("en")}`}; run the command again for the rest`
        )
      )
    )
  })

export const clearSessions = Command.make(
  "clearsessions",
  {
    batch: positive("batch", "COUNT", "How many sessions one statement removes at most.", 1000),
    dryRun: off("dry-run", "Only count the expired sessions, and remove none.")
  },
  Effect.fnUntraced(function* ({ batch, dryRun }) {
    const { auth } = yield* loadApplication
    const count = call(() => auth.countExpiredSessions())
    if (dryRun) {
      const expired = yield* count
      if (expired === undefined) return yield* refused("the session store cannot count its expired sessions")
      return yield* print({ text: `would remove ${sessions(expired)}`, json: { expired } })
    }
    const removed = yield* clear(auth, batch, showsProgress() ? yield* count : undefined)
    yield* print({ text: `removed ${sessions(removed)}`, json: { removed } })
  })
).pipe(
  Command.withDescription(
    "Remove expired sessions, in batches, and failed logins that the throttle has forgotten. Run it once a day. Beside a Django, its `clearsessions` does the same for sessions, but not for the throttle. Ctrl-C stops it after the present batch."
  ),
  Command.withExamples([
    { command: "npx latchkey clearsessions --dry-run", description: "How many are there?" },
    { command: "7 4 * * * cd /srv/shop && npx latchkey clearsessions", description: "Every night, in a crontab:" }
  ])
)
