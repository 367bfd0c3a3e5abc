/**
 * A program: the example's endpoints on Node, in a process that a test kills. `ENGINE` selects the session store.
 * `PLANTED` puts a fault into it, which the test must find.
 */
import { setTimeout as sleep } from "node:timers/promises"
import * as Effect from "effect/Effect"
import type { SessionStore } from "latchkey"
import { fileSessions } from "latchkey/file"
import { redisSessions } from "latchkey/redis"
import { startSite } from "../../full-stack/site.ts"

const { DATABASE_URL, ENGINE, PLANTED, REDIS_URL, SESSION_FILE_PATH = "" } = process.env

const engine = (rows: SessionStore): SessionStore => {
  if (ENGINE === "cache") return redisSessions({ url: REDIS_URL })
  if (ENGINE === "file") return fileSessions({ directory: SESSION_FILE_PATH })
  return rows
}

const planted = (store: SessionStore): SessionStore => {
  switch (PLANTED) {
    case "acknowledges before it has written":
      return {
        ...store,
        commit: (change, now) => {
          if (change._tag !== "Update") return store.commit(change, now)
          setTimeout(() => Effect.runFork(store.commit(change, now)), 30)
          return Effect.succeed({ _tag: "Committed", key: change.key, text: change.text })
        }
      }
    case "renews a key in two steps":
      return {
        ...store,
        commit: (change, now) => {
          if (change._tag !== "Move") return store.commit(change, now)
          const { expiresAt, from, text, to } = change
          return store.commit({ _tag: "Insert", key: to, text, expiresAt }, now).pipe(
            Effect.tap(() => Effect.promise(() => sleep(10))),
            Effect.tap(() => store.commit({ _tag: "Delete", key: from }, now))
          )
        }
      }
    default:
      return store
  }
}

const site = await startSite({ url: DATABASE_URL }, { sessions: (rows) => planted(engine(rows)) })
console.log(`listening on ${site.url}`)
