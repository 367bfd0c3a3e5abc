/** Two tenants in one database. Each has Django's tables in its own schema. */
import * as Effect from "effect/Effect"
import sql from "postgres"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { createAuth } from "../../../../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../../../../src/adapters/backend/model-backend.ts"
import { ConfigurationInvalid } from "../../../../../src/adapters/errors/errors.ts"
import { pbkdf2Sha256 } from "../../../../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import { type PostgresOptions, postgres } from "../../../../../src/adapters/store/postgres.ts"
import { django, djangoService } from "../../../../rig/django.ts"
import { patient } from "../../../../rig/patience.ts"
import { type PostgresServer, startPostgres } from "../../../../rig/postgres-server.ts"
import { service } from "../../../../rig/services.ts"
import { freshKey } from "../../session-calls.ts"

const secretKey = "shared-by-both-sites-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe"
const model = "django.contrib.auth.backends.ModelBackend"

describe.skipIf(!service("postgres").available)("a schema", () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server?.stop())

  const application = (url: string, options: Omit<PostgresOptions, "users"> & { users?: { table?: string } }) => {
    const pg = postgres({ ...patient, url, max: 2, ...options })
    const auth = createAuth({
      secretKey,
      djangoVersion: "4.2",
      sessions: pg.sessions,
      backends: { [model]: modelBackend(pg.users) },
      hashers: [pbkdf2Sha256({ iterations: 1 })]
    })
    return { pg, auth }
  }
  const open = ({ auth }: ReturnType<typeof application>, cookie = "") =>
    auth.open({
      method: "GET",
      target: "/",
      headers: cookie === "" ? [] : [["Cookie", `sessionid=${cookie}`]],
      transport: { secure: false, serverName: "localhost", serverPort: "80" }
    })
  /** @returns the session key */
  const logIn = async (site: ReturnType<typeof application>, username: string): Promise<string> => {
    const request = open(site)
    const user = await request.context.authenticate({ username, password: "p" })
    await request.context.login(user ?? expect.fail(`${username} cannot log in`))
    const { cookies } = await request.respond(200)
    return /sessionid=([a-z0-9]+)/.exec(cookies.join("\n"))?.[1] ?? expect.fail("no session")
  }
  const execute = async (url: string, text: string) => {
    const db = sql(url, { max: 1, onnotice: () => {} })
    try {
      return [...(await db.unsafe(text))]
    } finally {
      await db.end()
    }
  }
  const tablesIn = async (url: string, schema: string) =>
    (await execute(url, `SELECT tablename FROM pg_tables WHERE schemaname = '${schema}' ORDER BY 1`)).map(
      ({ tablename }) => tablename
    )
  /** Gives a user of `schema` one permission directly, and another one through a group. */
  const grant = (url: string, schema: string, username: string, direct: string, byGroup: string) =>
    execute(
      url,
      `SET search_path = ${schema};
       INSERT INTO auth_user_user_permissions (user_id, permission_id)
         SELECT u.id, p.id FROM auth_user u, auth_permission p WHERE username = '${username}' AND codename = '${direct}';
       INSERT INTO auth_group (name) VALUES ('g');
       INSERT INTO auth_group_permissions (group_id, permission_id)
         SELECT g.id, p.id FROM auth_group g, auth_permission p WHERE codename = '${byGroup}';
       INSERT INTO auth_user_groups (user_id, group_id)
         SELECT u.id, g.id FROM auth_user u, auth_group g WHERE username = '${username}'`
    )

  const ways: ReadonlyArray<readonly [string, (tenant: string) => Parameters<typeof application>[1]]> = [
    ["the option schema", (tenant) => ({ schema: tenant })],
    [
      "names of tables",
      (tenant) => ({ users: { table: `${tenant}.auth_user` }, sessions: { table: `${tenant}.django_session` } })
    ]
  ]

  describe.each(ways)("named by %s", (_, optionsFor) => {
    let url: string
    let one: ReturnType<typeof application>
    let two: ReturnType<typeof application>

    beforeAll(async () => {
      url = await server.createDatabase()
      one = application(url, optionsFor("one"))
      two = application(url, optionsFor("two"))
      await one.pg.createTables()
      await two.pg.createTables()
      // In the other tenant and in the default schema, the same ids are other rows.
      await execute(
        url,
        `DELETE FROM two.auth_permission;
         INSERT INTO two.auth_permission (id, name, content_type_id, codename)
           SELECT 21 - id, name, content_type_id, codename FROM one.auth_permission;
         CREATE TABLE public.auth_permission AS
           SELECT id, name, content_type_id, 'of_public_' || id AS codename FROM one.auth_permission;
         CREATE TABLE public.auth_group_permissions AS SELECT * FROM one.auth_group_permissions;
         CREATE TABLE public.django_content_type AS SELECT id, 'public' AS app_label, model FROM one.django_content_type`
      )
      await one.auth.createUser({ username: "ada", password: "p", email: "ada@one.example" })
      await two.auth.createUser({ username: "bob", password: "p", email: "bob@two.example" })
      await two.auth.createUser({ username: "ada", password: "p", email: "ada@two.example" })
      await grant(url, "one", "ada", "add_user", "view_group")
      await grant(url, "two", "ada", "delete_session", "change_permission")
    })
    afterAll(async () => {
      await one?.pg.close()
      await two?.pg.close()
    })

    it("has all of Django's tables after createTables, and no other schema has one", async () => {
      const expected = [
        ...["auth_group", "auth_group_permissions", "auth_permission", "auth_user", "auth_user_groups"],
        ...["auth_user_user_permissions", "django_content_type", "django_migrations", "django_session"]
      ]
      expect(await tablesIn(url, "one")).toEqual(expected)
      expect(await tablesIn(url, "two")).toEqual(expected)
      await one.pg.createTables()
      expect(await execute(url, "SELECT count(*)::int AS n FROM one.django_migrations")).toEqual([{ n: 15 }])
    })

    it("contains the permissions that are read, also those of groups and of superusers", async () => {
      for (const [site, direct, byGroup] of [
        [one, "auth.add_user", "auth.view_group"],
        [two, "sessions.delete_session", "auth.change_permission"]
      ] as const) {
        const { context } = open(site, await logIn(site, "ada"))
        expect([...(await context.getUserPermissions())]).toEqual([direct])
        expect([...(await context.getGroupPermissions())]).toEqual([byGroup])
        const names = async (permission: string) =>
          (await site.auth.withPerm(permission)).map(({ username }) => username)
        expect(await names(direct)).toEqual(["ada"])
        expect(await names(byGroup)).toEqual(["ada"])
        const other = site === one ? "sessions.delete_session" : "auth.add_user"
        expect([await context.hasPerm(other), await names(other)]).toEqual([false, []])
      }
      await execute(url, "UPDATE two.auth_user SET is_superuser = true WHERE username = 'bob'")
      const { context } = open(two, await logIn(two, "bob"))
      expect([...(await context.getAllPermissions())].some((name) => name.includes("public"))).toBe(false)
    })

    it("contains the sessions, and a session key of one tenant is unknown to the other", async () => {
      const key = await logIn(one, "ada")
      expect(await open(one, key).context.getUser()).toMatchObject({ email: "ada@one.example" })
      expect(await open(two, key).context.getUser()).toBeUndefined()
    })

    it("contains the expired sessions that clearExpired removes", async () => {
      const past = { text: "text", expiresAt: Date.now() - 1000 }
      for (const { pg } of [one, two])
        await Effect.runPromise(pg.sessions.commit({ _tag: "Insert", key: freshKey(), ...past }, Date.now()))
      expect(await one.pg.clearExpired(past.expiresAt)).toBe(0)
      const early = postgres({ ...patient, url, max: 1, ...optionsFor("one") })
      createAuth({
        secretKey,
        sessions: early.sessions,
        backends: { [model]: modelBackend(early.users) },
        clockAndRandom: { now: () => past.expiresAt - 1 }
      })
      expect(await early.clearExpired()).toBe(0)
      await early.close()
      expect(await one.pg.clearExpired()).toBe(1)
      expect(
        await execute(url, "SELECT count(*)::int AS n FROM two.django_session WHERE session_data = 'text'")
      ).toEqual([{ n: 1 }])
      expect(await two.auth.clearSessions()).toBe(1)
    })

    it("contains the users for password resets and for the time of the last login", async () => {
      expect(await one.auth.passwordResetRecipients("ada@two.example")).toEqual([])
      const [user] = await two.auth.passwordResetRecipients("ada@two.example")
      expect(user).toMatchObject({ username: "ada" })
      await logIn(two, "bob")
      expect(
        await execute(url, "SELECT count(*)::int AS n FROM two.auth_user WHERE username = 'bob' AND last_login IS NULL")
      ).toEqual([{ n: 0 }])
    })
  })

  it("that is given only for the users applies to Django's other tables, unless the option `schema` is set", async () => {
    const url = await server.createDatabase()
    const inPublic = application(url, {})
    await inPublic.pg.createTables()
    const split = application(url, { schema: "public", users: { table: "people.auth_user" } })
    await execute(url, "CREATE SCHEMA people")
    await split.pg.createTables()
    expect(await tablesIn(url, "people")).toEqual(["auth_user", "auth_user_groups", "auth_user_user_permissions"])
    await split.auth.createUser({ username: "ada", password: "p" })
    await execute(
      url,
      `INSERT INTO people.auth_user_user_permissions (user_id, permission_id)
         SELECT 1, id FROM public.auth_permission WHERE codename = 'add_user'`
    )
    const { context } = open(split, await logIn(split, "ada"))
    expect([...(await context.getUserPermissions())]).toEqual(["auth.add_user"])
    await inPublic.pg.close()
    await split.pg.close()
  })

  it.each(["Tenant-1", "2", "select"])("may have the name %s", async (schema) => {
    const url = await server.createDatabase()
    const tables = { users: { table: `${schema}.auth_user` }, sessions: { table: `${schema}.django_session` } }
    for (const options of [{ schema }, tables]) {
      const site = application(url, options)
      await site.pg.createTables()
      await site.auth.createUser({ username: "ada", password: "p" })
      const { context } = open(site, await logIn(site, "ada"))
      expect(await context.getUser()).toMatchObject({ username: "ada" })
      expect(await context.hasPerm("auth.add_user")).toBe(false)
      expect(await site.pg.clearExpired()).toBe(0)
      await site.pg.close()
    }
    expect(await tablesIn(url, schema)).toContain("django_session")
    expect(await tablesIn(url, "public")).toEqual([])
  })

  it("may have other table names for sessions and users, and createTables creates them", async () => {
    const url = await server.createDatabase()
    const tables = { users: { table: "shop_user" }, sessions: { table: "shop_session" } }
    const sites = [application(url, tables), application(url, { schema: "tenant", ...tables })]
    for (const site of sites) {
      await site.pg.createTables()
      await site.auth.createUser({ username: "ada", password: "p" })
      const { context } = open(site, await logIn(site, "ada"))
      expect(await context.getUser()).toMatchObject({ username: "ada" })
      expect([...(await context.getAllPermissions())]).toEqual([])
      expect(await site.pg.clearExpired()).toBe(0)
    }
    const shop = ["shop_session", "shop_user", "shop_user_groups", "shop_user_user_permissions"]
    const django = [
      "auth_group",
      "auth_group_permissions",
      "auth_permission",
      "django_content_type",
      "django_migrations"
    ]
    for (const schema of ["public", "tenant"]) expect(await tablesIn(url, schema)).toEqual([...django, ...shop])
    for (const { pg } of sites) await pg.close()
  })

  it("gets tables with other names beside Django's migrated ones, without records of migrations", async () => {
    const url = await server.createDatabase()
    const usual = application(url, {})
    await usual.pg.createTables()
    const before = await execute(url, "SELECT app, name FROM django_migrations ORDER BY id")
    const other = application(url, { users: { table: "shop_user" }, sessions: { table: "shop_session" } })
    await other.pg.createTables()
    await other.auth.createUser({ username: "ada", password: "p" })
    const key = await logIn(other, "ada")
    expect(await open(other, key).context.getUser()).toMatchObject({ username: "ada" })
    expect(await open(usual, key).context.getUser()).toBeUndefined()
    expect(await execute(url, "SELECT app, name FROM django_migrations ORDER BY id")).toEqual(before)

    const fresh = await server.createDatabase()
    const first = application(fresh, { users: { table: "shop_user" }, sessions: { table: "shop_session" } })
    await first.pg.createTables()
    const recorded = await execute(fresh, "SELECT DISTINCT app FROM django_migrations ORDER BY 1")
    expect(recorded).toEqual([{ app: "auth" }, { app: "contenttypes" }])
    for (const { pg } of [usual, other, first]) await pg.close()
  })

  it("gets no table for users with other columns than Django's: the application must create it", async () => {
    const url = await server.createDatabase()
    const pg = postgres({
      ...patient,
      url,
      schema: "tenant",
      users: { table: "account", columns: { joinedAt: "born" } }
    })
    const failure = await pg.createTables().catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(ConfigurationInvalid)
    expect(String(failure)).toContain('"tenant"."account"')
    expect(await tablesIn(url, "tenant")).toEqual([])
    await execute(url, "CREATE SCHEMA tenant; CREATE TABLE tenant.account (id int PRIMARY KEY)")
    await pg.createTables()
    expect(await tablesIn(url, "tenant")).toContain("django_session")
    await pg.close()
  })

  it.each([
    ["schema", { schema: 'a"; DROP SCHEMA public; --' }],
    ["schema", { schema: "a.b" }],
    ["schema", { schema: "" }],
    ["schema", { schema: '"tenant"' }],
    ["schema", { schema: "tenant 1" }],
    ["sessions.table", { sessions: { table: "a.b.c" } }],
    ["users.memberships", { users: { memberships: { groups: "no name" } } }]
  ])("is refused with the name of the setting: %s", (setting, options) => {
    const make = () => postgres({ ...patient, url: "postgres://host/db", ...options })
    expect(make).toThrow(ConfigurationInvalid)
    expect(make).toThrow(new RegExp(`^${setting}: not a (table )?name; write letters[^;]*$`))
  })
})

describe.skipIf(![service("postgres"), djangoService()].every((needed) => needed.available))(
  "two tenants of a Django",
  () => {
    it("are shared with latchkey: users, permissions and sessions", async () => {
      const server = await startPostgres()
      try {
        const db = sql(server.url, { max: 1, onnotice: () => {} })
        await db.unsafe("CREATE SCHEMA one; CREATE SCHEMA two")
        await db.end()
        for (const schema of ["one", "two"]) {
          const site = django({ databaseUrl: server.url, secretKey, schema })
          await site.migrate()
          const key = await site.manage(
            `
from django.contrib.auth import SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY
from django.contrib.auth.models import Permission, User
from django.contrib.sessions.backends.db import SessionStore
if given == "two":  # so that ids differ between the tenants
    Permission.objects.filter(codename="add_user").delete()
    Permission.objects.create(codename="add_user", name="x", content_type=Permission.objects.first().content_type)
user = User.objects.create_user("ada", given + "@example.com", "p")
user.user_permissions.add(Permission.objects.get(codename="add_user" if given == "two" else "view_user"))
s = SessionStore()
s[SESSION_KEY], s[BACKEND_SESSION_KEY], s[HASH_SESSION_KEY] = str(user.pk), "${model}", user.get_session_auth_hash()
s.create()
answer = s.session_key`,
            schema
          )
          const pg = postgres({ ...patient, url: server.url, schema })
          await pg.createTables()
          const auth = createAuth({
            secretKey,
            djangoVersion: "4.2",
            sessions: pg.sessions,
            backends: { [model]: modelBackend(pg.users) }
          })
          const { getUser, getUserPermissions } = auth.reader({
            method: "GET",
            target: "/",
            headers: [["Cookie", `sessionid=${key}`]],
            transport: { secure: false, serverName: "localhost", serverPort: "80" }
          })
          expect(await getUser()).toMatchObject({ email: `${schema}@example.com` })
          const theirs = await site.manage(`
from django.contrib.auth.models import User
answer = sorted(User.objects.get().get_user_permissions())`)
          expect([...(await getUserPermissions())]).toEqual(theirs)
          await pg.close()
        }
      } finally {
        await server.stop()
      }
    })
  }
)
