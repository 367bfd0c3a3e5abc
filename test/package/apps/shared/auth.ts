/** The authentication of the applications beside this folder. Its users are kept in memory only. */
import * as Schema from "effect/Schema"
import { createAuth, modelBackend } from "latchkey"
import { memory } from "latchkey/memory"

const stores = memory()

export const auth = createAuth({
  secretKey: process.env["SECRET_KEY"],
  sessions: stores.sessions,
  backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(stores.users) },
  sessionData: Schema.Struct({ visits: Schema.Number, mark: Schema.String }),
  allowedHosts: ["127.0.0.1"]
})

/** A bundler may run this module more than once. */
export const ready = auth.createUser({ username: "alice", password: "correct horse" })
