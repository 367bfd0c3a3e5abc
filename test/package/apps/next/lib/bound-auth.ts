/** A second `auth`, which binds sessions to devices. The proxy and the pages are bundled apart, and share its users. */
import { createAuth, modelBackend } from "latchkey"
import { memory } from "latchkey/memory"
import { basePath } from "./base-path"

declare global {
  /** The tables of this site, and how far its clock is ahead. */
  var bound: { readonly tables: ReturnType<typeof memory>; ahead: number } | undefined
}

globalThis.bound ??= { tables: memory(), ahead: 0 }
const site = globalThis.bound

export const auth = createAuth({
  secretKey: process.env["SECRET_KEY"] ?? "for the build, which logs no user in",
  sessions: site.tables.sessions,
  backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(site.tables.users) },
  allowedHosts: ["127.0.0.1", "localhost"],
  loginUrl: `${basePath}/bound/login`,
  sessionCookie: { name: "boundid", secure: true },
  secureProxyHeader: ["X-Forwarded-Proto", "https"],
  deviceBound: { mode: "enforce" },
  clockAndRandom: { now: () => Date.now() + site.ahead }
})
// `memory()` is one store for all modules of the process, so this may be the account of the other `auth` too.
await auth.createUser({ username: "alice", email: "alice@shop.example", password: "correct horse" })

/** Moves the clock of this site. */
export const advance = (seconds: number): void => {
  site.ahead += seconds * 1000
}
