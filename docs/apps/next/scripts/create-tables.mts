import { createAuth, modelBackend } from "latchkey"
import { postgres } from "latchkey/postgres"

const pg = postgres({ url: process.env.DATABASE_URL })
await pg.createTables()

const auth = createAuth({
  secretKey: process.env.SECRET_KEY,
  sessions: pg.sessions,
  backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(pg.users) }
})
await auth.createUser({ username: "alice", password: "correct horse" })
await pg.close()
