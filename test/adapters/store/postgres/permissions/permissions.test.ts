import * as Effect from "effect/Effect"
import sqlOf from "postgres"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { createAuth } from "../../../../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../../../../src/adapters/backend/model-backend.ts"
import { withAuth } from "../../../../../src/adapters/http/fetch.ts"
import { pbkdf2Sha256 } from "../../../../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import { postgres } from "../../../../../src/adapters/store/postgres.ts"
import { patient } from "../../../../rig/patience.ts"
import { type PostgresServer, startPostgres } from "../../../../rig/postgres-server.ts"
import { service } from "../../../../rig/services.ts"

describe.skipIf(!service("postgres").available)("permissions in PostgreSQL", () => {
  let server: PostgresServer
  let url: string
  let stop: () => Promise<void>
  let pg: ReturnType<typeof postgres>
  const open = () => {
    const auth = createAuth({
      secretKey: "s",
      sessions: pg.sessions,
      backends: { model: modelBackend(pg.users) },
      hashers: [pbkdf2Sha256({ iterations: 1 })]
    })
    const head = {
      method: "GET",
      target: "/",
      headers: [],
      transport: { secure: false, serverName: "l", serverPort: "80" }
    }
    return { auth, context: auth.open(head).context }
  }
  const as = async (username: string) => {
    const request = open()
    const user = await request.context.authenticate({ username, password: "p" })
    if (user !== undefined) await request.context.login(user)
    return request
  }

  beforeAll(async () => {
    server = await startPostgres()
    url = await server.createDatabase()
    pg = postgres({ ...patient, url })
    await pg.createTables()
    const { auth } = open()
    for (const username of ["direct", "member", "super", "plain", "former"])
      await auth.createUser({ username, password: "p" }, { isSuperuser: username === "super" })
    const sql = sqlOf(url, { max: 1, onnotice: () => {} })
    const permission = (codename: string) => sql`SELECT id FROM auth_permission WHERE codename = ${codename}`
    const user = (name: string) => sql`SELECT id FROM auth_user WHERE username = ${name}`
    const [group] = await sql`INSERT INTO auth_group (name) VALUES ('editors') RETURNING id`
    await sql`INSERT INTO auth_group_permissions (group_id, permission_id) VALUES (${group!["id"]}, (${permission("change_user")}))`
    await sql`INSERT INTO auth_user_groups (user_id, group_id) VALUES ((${user("member")}), ${group!["id"]})`
    for (const name of ["direct", "former"])
      await sql`INSERT INTO auth_user_user_permissions (user_id, permission_id) VALUES ((${user(name)}), (${permission("add_user")}))`
    await sql.end()
    stop = async () => {
      await pg.close()
      await server.stop()
    }
  })
  afterAll(() => stop?.())

  it("are direct ones and those of groups", async () => {
    const direct = (await as("direct")).context
    expect([...(await direct.getUserPermissions())]).toEqual(["auth.add_user"])
    expect([...(await direct.getGroupPermissions())]).toEqual([])
    const member = (await as("member")).context
    expect([...(await member.getUserPermissions())]).toEqual([])
    expect([...(await member.getAllPermissions())]).toEqual(["auth.change_user"])
    expect(await member.hasPerms(["auth.change_user", "auth.add_user"])).toBe(false)
    expect(await member.hasModulePerms("auth")).toBe(true)
    expect(await member.hasModulePerms("sessions")).toBe(false)
  })

  it("are all permissions for a superuser, and none for an anonymous visitor", async () => {
    const { context } = await as("super")
    expect([await context.hasPerm("nope.nope"), (await context.getAllPermissions()).size > 10]).toEqual([true, true])
    const nobody = open().context
    expect([await nobody.hasPerm("auth.add_user"), await nobody.hasPerms([])]).toEqual([false, true])
  })

  it("are none for an inactive user", async () => {
    const { context } = await as("former")
    const sql = sqlOf(url, { max: 1 })
    await sql`UPDATE auth_user SET is_active = false WHERE username = 'former'`
    await sql.end()
    expect(await context.hasPerm("auth.add_user")).toBe(false)
  })

  it("cost one more statement for any number of checks", async () => {
    const { context } = await as("direct")
    const statements = await server.statementsOf(async () => {
      await Promise.all([context.hasPerm("a.b"), context.hasPerm("auth.add_user"), context.getAllPermissions()])
      await context.hasModulePerms("auth")
    }, url)
    expect(statements).toHaveLength(1)
  })

  it("are those of the database at each request, with the same session", async () => {
    const sql = sqlOf(url, { max: 1, onnotice: () => {} })
    await open().auth.createUser({ username: "changing", password: "p" })
    const visit = withAuth(open().auth, async (request, { authenticate, getUser, hasPerm, login }) => {
      const user = request.url.endsWith("/login") && (await authenticate({ username: "changing", password: "p" }))
      if (user) await login(user)
      return new Response(`${(await getUser())?.username} ${await hasPerm("auth.add_user")}`)
    })
    const cookies = (await visit(new Request("http://l/login"))).headers.getSetCookie()
    const cookie = cookies.map((line) => line.split(";")[0]).join("; ")
    const asked = async () => (await visit(new Request("http://l/", { headers: { cookie } }))).text()
    expect(await asked()).toBe("changing false")
    await sql`INSERT INTO auth_user_user_permissions (user_id, permission_id)
      SELECT auth_user.id, auth_permission.id FROM auth_user, auth_permission WHERE username = 'changing' AND codename = 'add_user'`
    expect(await asked()).toBe("changing true")
    await sql`DELETE FROM auth_user_user_permissions WHERE user_id = (SELECT id FROM auth_user WHERE username = 'changing')`
    expect(await asked()).toBe("changing false")
    await sql`DELETE FROM auth_user WHERE username = 'changing'`
    await sql.end()
  })

  it("give the users who have them", async () => {
    const { auth } = open()
    const names = async (...given: Parameters<typeof auth.withPerm>) =>
      (await auth.withPerm(...given)).map(({ username }) => username)
    expect(await names("auth.add_user")).toEqual(["direct", "super"])
    expect(await names("auth.add_user", { includeSuperusers: false })).toEqual(["direct"])
    expect(await names("auth.add_user", { isActive: undefined, includeSuperusers: false })).toEqual([
      "direct",
      "former"
    ])
    expect(await names("auth.change_user", { includeSuperusers: false })).toEqual(["member"])
    await expect(names("add_user")).rejects.toThrow(TypeError)
  })

  it("are none for an id that no user can have", async () => {
    expect(await Effect.runPromise(pg.users.grants!("x"))).toBeUndefined()
    expect(await Effect.runPromise(pg.users.grants!("999999"))).toBeUndefined()
  })
})
