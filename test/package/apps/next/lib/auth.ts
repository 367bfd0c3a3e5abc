/** The users of this site are kept in memory only. */
import * as Schema from "effect/Schema"
import { createAuth, modelBackend } from "latchkey"
import { memory } from "latchkey/memory"
import { basePath } from "./base-path"

declare global {
  /** How many sessions have been loaded so far. */
  var loads: number | undefined
}

const { sessions, users } = memory({ userSessions: true })

export const auth = createAuth({
  secretKey: process.env["SECRET_KEY"] ?? "for the build, which logs no user in",
  sessions: {
    ...sessions,
    load: (key, now) => {
      globalThis.loads = (globalThis.loads ?? 0) + 1
      return sessions.load(key, now)
    }
  },
  backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(users) },
  allowedHosts: ["127.0.0.1", "localhost"],
  loginUrl: `${basePath}/login`,
  sessionData: Schema.Struct({ visits: Schema.Number })
})
await auth.createUser({ username: "alice", email: "alice@shop.example", password: "correct horse" })
