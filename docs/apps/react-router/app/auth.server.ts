import { createAuth, modelBackend } from "latchkey"
import { memory } from "latchkey/memory"

// Sessions and users are lost when the process ends. With a database: postgres({ url }) of "latchkey/postgres".
const { sessions, users } = memory()

export const auth = createAuth({
  secretKey: process.env.SECRET_KEY,
  sessions,
  backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(users) },
  loginUrl: "/login",
  allowedHosts: ["localhost", "127.0.0.1"] // of your site
})

await auth.createUser({ username: "alice", password: "correct horse" })
