import { PGlite } from "@electric-sql/pglite"
import { PGLiteSocketServer } from "@electric-sql/pglite-socket"
import { createAuth, modelBackend } from "latchkey"
import { postgres } from "latchkey/postgres"

// An embedded PostgreSQL, for this example. Use the URL of your own server instead.
const db = await PGlite.create()
const server = new PGLiteSocketServer({ db, port: 0, host: "127.0.0.1" })
await server.start()
const url = `postgres://postgres@${server.getServerConn()}/postgres`

const pg = postgres({ url, max: 1 }) // max: only because it is embedded
const auth = createAuth({
  secretKey: "not a secret",
  sessions: pg.sessions,
  backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(pg.users) }
})

for (const { app, state } of await auth.createTables({ dryRun: true })) if (app) console.log(app, state)
await auth.createTables()

// The rows that Django's migrate would make for a model. Repeat it at every start: what exists is not changed.
await auth.permissions.create({ app: "blog", model: "Post", permissions: { publish_post: "Can publish posts" } })
await auth.permissions.createGroup("editors")
await auth.permissions.grant({ group: "editors" }, ["blog.change_post", "blog.publish_post"])

const ada = await auth.createUser({ username: "ada", password: "correct horse" })
if (ada === undefined) throw new Error("the name is taken")

/** What a handler of ada's request would see. */
const ask = async () => {
  const { context } = auth.open({
    method: "GET",
    target: "/",
    headers: [],
    transport: { secure: false, serverName: "localhost", serverPort: "80" }
  })
  const user = await context.authenticate({ username: "ada", password: "correct horse" })
  if (user) await context.login(user)
  return context.hasPerm("blog.publish_post")
}

console.log("before:", await ask())
await auth.permissions.addToGroups(ada, "editors")
console.log("in the group editors:", await ask())
await auth.permissions.grant({ user: ada }, "blog.add_post")
console.dir(await auth.permissions.of({ user: ada }), { depth: 3 })
await auth.permissions.grant({ user: ada }, "blog.ad_post").catch((error) => console.log(error.message))

await pg.close()
await server.stop()
await db.close()
