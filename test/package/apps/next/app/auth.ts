/**
 * Whom the site knows is forgotten with the process. Next gives pages and routes modules of their own, so what they have
 * in common is the process's.
 */
import * as Schema from "effect/Schema"
import { createAuth, modelBackend } from "latchkey"
import { type MemoryStores, memory } from "latchkey/memory"

declare global {
  var shared: (MemoryStores & { loads: number }) | undefined
}
globalThis.shared ??= { ...memory(), loads: 0 }
export const site = globalThis.shared

export const auth = createAuth({
  secretKey: process.env["SECRET_KEY"] ?? "for the build, which logs nobody in",
  sessions: {
    ...site.sessions,
    load: (key, now) => {
      site.loads += 1
      return site.sessions.load(key, now)
    }
  },
  backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(site.users) },
  allowedHosts: ["127.0.0.1", "localhost"],
  loginUrl: "/login",
  sessionData: Schema.Struct({ visits: Schema.Number })
})
await auth.createUser({ username: "alice", password: "correct horse" })
