import { PGlite } from "@electric-sql/pglite"
import { PGLiteSocketServer } from "@electric-sql/pglite-socket"
import { createAuth, modelBackend, pbkdf2Sha256 } from "latchkey"
import { bcrypt } from "latchkey/bcrypt"
import { postgres } from "latchkey/postgres"

// An embedded PostgreSQL, for this example. Use the URL of your own server instead.
const db = await PGlite.create()
const server = new PGLiteSocketServer({ db, port: 0, host: "127.0.0.1" })
await server.start()
const url = `postgres://postgres@${server.getServerConn()}/postgres`

// The users of the application that you come from.
await db.exec(
  "CREATE TABLE accounts (email text NOT NULL, password_hash text NOT NULL, created_at timestamptz NOT NULL)"
)
const old = "$2b$10$reC6vJ3BhRkOdGjLD842uOUKfmE.rGO6Co8zqE/BdD.tNNHGxpYH6" // of "correct horse"
await db.query("INSERT INTO accounts VALUES ('ada@example.com', $1, now())", [old])

const pg = postgres({ url, max: 1 }) // max: only because it is embedded
await pg.createTables()
await db.exec(`
  INSERT INTO auth_user
    (username, email, password, first_name, last_name, is_active, is_staff, is_superuser, date_joined)
  SELECT email, email, 'bcrypt$' || password_hash, '', '', true, false, false, created_at FROM accounts
`)

const auth = createAuth({
  secretKey: "not a secret",
  sessions: pg.sessions,
  backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(pg.users) },
  hashers: [pbkdf2Sha256(), bcrypt()] // the first one writes new hashes, the others only verify
})

/** Logs in as a form would. @returns whether the password was right, and how it is stored afterwards */
const logIn = async (password: string) => {
  const { context } = auth.open({
    method: "GET",
    target: "/",
    headers: [],
    transport: { secure: false, serverName: "localhost", serverPort: "80" }
  })
  const user = await context.authenticate({ username: "ada@example.com", password })
  const { rows } = await db.query<{ hasher: string }>("SELECT split_part(password, '$', 1) AS hasher FROM auth_user")
  return `${user ? "right" : "wrong"}, stored with ${rows[0]?.hasher}`
}

console.log(await logIn("incorrect horse"))
console.log(await logIn("correct horse"))
console.log(await logIn("correct horse"))

await pg.close()
await server.stop()
await db.close()
