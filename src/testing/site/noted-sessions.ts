import * as Effect from "effect/Effect"
import type { SessionStore } from "../../adapters/ports/session-store.ts"

/** The same sessions. Each text that is written is added to `written`, unless it is the last one already. */
export const notedSessions = (sessions: SessionStore, written: Array<string>): SessionStore => ({
  ...sessions,
  commit: (change, now) =>
    Effect.map(sessions.commit(change, now), (answer) => {
      if (answer._tag === "Committed" && "text" in change && written.at(-1) !== change.text) written.push(change.text)
      return answer
    })
})
