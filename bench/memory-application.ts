/** `auth` with stores in memory, for the benches that measure processor time without a database. */
import { createAuth, modelBackend, pbkdf2Sha256 } from "latchkey"
import { memory } from "latchkey/memory"

export const credentials = { username: "alice", password: "the password" }

/** Alice exists, with one iteration for her password: hashing is not what is measured. */
export const memoryAuth = async () => {
  const stores = memory()
  const auth = createAuth({
    secretKey: "a secret key that only the bench uses, 50 characters",
    sessions: stores.sessions,
    backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(stores.users) },
    hashers: [pbkdf2Sha256({ iterations: 1 })],
    sessionCookie: { secure: true },
    csrfCookie: { secure: true },
    allowedHosts: ["localhost"]
  })
  await auth.createUser(credentials)
  return auth
}
