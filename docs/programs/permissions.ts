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
await pg.createTables()
const auth = createAuth({
  secretKey: "not a secret",
  sessions: pg.sessions,
  backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(pg.users) }
})
await auth.createUser({ username: "ada", password: "correct horse" })

// Django's tables. A Django site fills them in its admin; without one, a migration does.
await db.exec(`
  INSERT INTO django_content_type (app_label, model) VALUES ('blog', 'post');
  INSERT INTO auth_permission (name, content_type_id, codename)
    SELECT 'Can change post', id, 'change_post' FROM django_content_type WHERE app_label = 'blog' AND model = 'post';
  INSERT INTO auth_group (name) VALUES ('editors');
  INSERT INTO auth_group_permissions (group_id, permission_id)
    SELECT auth_group.id, auth_permission.id FROM auth_group, auth_permission
    WHERE auth_group.name = 'editors' AND codename = 'change_post';
`)

/** What a handler of ada's request would see. */
const ask = async () => {
  const { context } = auth.open({
    method: "GET",
    target: "/",
    headers: [],
    transport: { secure: false, serverName: "localhost", serverPort: "80" }
  })
  const ada = await context.authenticate({ username: "ada", password: "correct horse" })
  if (ada) await context.login(ada)
  return { mayChange: await context.hasPerm("blog.change_post"), all: [...(await context.getAllPermissions())] }
}

console.log("before:", await ask())
await db.exec(`
  INSERT INTO auth_user_groups (user_id, group_id)
    SELECT auth_user.id, auth_group.id FROM auth_user, auth_group WHERE username = 'ada' AND name = 'editors'
`)
console.log("in the group editors:", await ask())
console.log(
  "users with the permission:",
  (await auth.withPerm("blog.change_post")).map(({ username }) => username)
)

await pg.close()
await server.stop()
await db.close()
