import { PGlite } from "@electric-sql/pglite"
import { PGLiteSocketServer } from "@electric-sql/pglite-socket"
import * as Schema from "effect/Schema"
import { createAuth, modelBackend } from "latchkey"
import { postgres } from "latchkey/postgres"

// An embedded PostgreSQL, for this example. Use the URL of your own server instead.
const db = await PGlite.create()
const server = new PGLiteSocketServer({ db, port: 0, host: "127.0.0.1" })
await server.start()
const url = `postgres://postgres@${server.getServerConn()}/postgres`

await db.exec(`
  CREATE TABLE accounts_account (
    id uuid PRIMARY KEY,
    email varchar(254) NOT NULL UNIQUE,
    password varchar(128) NOT NULL,
    display_name text NOT NULL,
    is_active boolean NOT NULL,
    last_login timestamptz
  )`)

const pg = postgres({
  url,
  max: 1, // only because it is embedded
  users: {
    table: "accounts_account",
    idType: "uuid",
    columns: {
      username: "email",
      email: false,
      firstName: false,
      lastName: false,
      isStaff: false,
      isSuperuser: false,
      joinedAt: false
    },
    defaults: { display_name: "" },
    schema: Schema.Struct({
      id: Schema.String,
      username: Schema.String,
      displayName: Schema.String,
      lastLoginAt: Schema.NullOr(Schema.Number)
    })
  }
})
await pg.createTables() // creates django_session; existing tables are not changed

const auth = createAuth({
  secretKey: "not a secret",
  sessions: pg.sessions,
  backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(pg.users) }
})
await auth.createUser({ username: "ada@example.com", password: "correct horse" })
await db.exec("UPDATE accounts_account SET display_name = 'Ada'")

const request = auth.open({
  method: "GET",
  target: "/",
  headers: [],
  transport: { secure: false, serverName: "localhost", serverPort: "80" }
})
const { context } = request
const ada = await context.authenticate({ username: "ada@example.com", password: "correct horse" })
if (ada) await context.login(ada)
await request.respond(200)

const known = await context.getUser()
console.log(`${known?.displayName} <${known?.username}>`)
const { rows } = await db.query(
  "SELECT email, left(password, 14) AS hasher, last_login IS NOT NULL AS seen FROM accounts_account"
)
console.log(rows[0])
console.log(await db.query("SELECT count(*)::int AS sessions FROM django_session").then((found) => found.rows[0]))

await pg.close()
await server.stop()
await db.close()
