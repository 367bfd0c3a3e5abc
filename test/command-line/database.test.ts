/** The commands that need a database: migrate, grant, sessions, and users in PostgreSQL. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import postgresJs from "postgres"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { createAuth } from "../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../src/adapters/backend/model-backend.ts"
import { pbkdf2Sha256 } from "../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import { postgres } from "../../src/adapters/store/postgres.ts"
import * as Binding from "../../src/core/device-bound/device-binding.ts"
import * as SessionData from "../../src/core/json/session-data.ts"
import { makeCodec } from "../../src/core/session/text/codec.ts"
import { boundSince } from "../core/device-bound/device-scene.ts"
import { latchkey } from "../rig/command.ts"
import { patient } from "../rig/patience.ts"
import { type PostgresServer, startPostgres } from "../rig/postgres-server.ts"
import { longSuite, service } from "../rig/services.ts"

const root = join(import.meta.dirname, "../..")
const secretKey = "k3-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe-database"
const backend = "django.contrib.auth.backends.ModelBackend"

const isAvailable = [longSuite(), service("postgres")].every(({ available }) => available)

describe.skipIf(!isAvailable)("the commands on a database", () => {
  let server: PostgresServer
  let url: string
  const folder = mkdtempSync(join(tmpdir(), "latchkey-database-"))
  const run = (...args: ReadonlyArray<string>) =>
    latchkey(args, { cwd: folder, env: { DATABASE_URL: url }, stdin: "correct horse battery\n" })
  const site = () => {
    const pg = postgres({ ...patient, url, userSessions: true })
    const auth = createAuth({
      secretKey,
      sessions: pg.sessions,
      backends: { [backend]: modelBackend(pg.users) },
      hashers: [pbkdf2Sha256({ iterations: 1 })]
    })
    return { auth, close: pg.close }
  }

  beforeAll(async () => {
    server = await startPostgres()
    url = await server.createDatabase()
    mkdirSync(join(folder, "node_modules"))
    symlinkSync(root, join(folder, "node_modules", "latchkey"))
    writeFileSync(
      join(folder, "auth.ts"),
      `import { createAuth, modelBackend, pbkdf2Sha256 } from "latchkey"
      import { postgres } from "latchkey/postgres"
      export const pg = postgres({ url: process.env.DATABASE_URL, userSessions: true })
      export const auth = createAuth({ secretKey: "${secretKey}", sessions: pg.sessions,
        backends: { "${backend}": modelBackend(pg.users) }, hashers: [pbkdf2Sha256({ iterations: 1 })] })`
    )
    // Before anything is created, the same lines as a plan, with their statements.
    const planned = await run("migrate", "--dry-run")
    expect(planned.stdout).toContain('\nCREATE TABLE "auth_user" (')
    expect(planned.stdout).toContain("latchkey_user_session does not exist: would be created")
    const { code, stderr, stdout } = await run("migrate")
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
    const lines = stdout.trim().split("\n")
    expect(lines).toContainEqual(expect.stringContaining("the app auth: "))
    for (const line of lines)
      expect(planned.stdout.split("\n")).toContain(
        line.replace(/(not exist: |missing ones )(?=created|added)/, "$1would be ")
      )
    expect((await run("createuser", "alice")).code).toBe(0)
  })
  afterAll(async () => {
    await server?.stop()
    rmSync(folder, { recursive: true })
  })

  it("migrate may be repeated, and works without a module", async () => {
    const again = JSON.parse((await run("migrate", "--json")).stdout)
    expect(again.dryRun).toBe(false)
    expect(again.steps.map(({ app, state }: { app?: string; state: string }) => [app, state])).toEqual([
      ["contenttypes", "complete"],
      ["auth", "complete"],
      ["sessions", "complete"],
      [undefined, "complete"]
    ])
    expect(again.steps[2].tables).toEqual(["django_session"])
    const { code, stdout } = await latchkey(["migrate"], { env: { DATABASE_URL: await server.createDatabase() } })
    expect(code).toBe(0)
    expect(stdout).toContain("the app sessions: django_session does not exist: created")
  })

  it("migrate says what it keeps although it does not work, with exit code 1", async () => {
    const broken = await server.createDatabase()
    const env = { DATABASE_URL: broken }
    await latchkey(["migrate"], { env })
    const sql = postgresJs(broken, { max: 1 })
    await sql`DROP TABLE django_session`
    await sql.end()
    const { code, stderr, stdout } = await latchkey(["migrate"], { env })
    expect(code).toBe(1)
    expect(stdout).toContain("django_session")
    expect(stderr).toContain("not as expected")
  })

  it("migrate says that there is nothing to create for stores without tables", async () => {
    writeFileSync(
      join(folder, "other.ts"),
      `import { createAuth, modelBackend } from "latchkey"
      import { memory } from "latchkey/memory"
      const store = memory()
      export const auth = createAuth({ secretKey: "${secretKey}", sessions: store.sessions, backends: { m: modelBackend(store.users) } })`
    )
    const { code, stderr } = await run("migrate", "--config", "other.ts")
    expect(code).toBe(78)
    expect(stderr).toContain("other.ts: its stores need no tables")
    const listed = await run("sessions", "list", "--user", "x", "--config", "other.ts")
    expect(listed.code).toBe(1)
  })

  it("createsuperuser and changepassword work in Django's tables", async () => {
    expect((await run("createsuperuser", "root", "--email", "root@EXAMPLE.com")).code).toBe(0)
    const { auth, close } = site()
    const user = await auth.findUser({ username: "root" })
    expect(user).toMatchObject({ isStaff: true, isSuperuser: true, email: "root@example.com" })
    if (user === undefined) throw new Error("no user")
    expect(await auth.checkPassword(user, "correct horse battery")).toBe(true)
    await auth.setPassword(user, "another")
    expect((await run("changepassword", "root")).code).toBe(0)
    expect(await auth.checkPassword(user, "correct horse battery")).toBe(true)
    await close()
  })

  it("two createuser at the same time create the user once", async () => {
    const codes = await Promise.all([run("createuser", "twin"), run("createuser", "twin")])
    expect(codes.map(({ code }) => code).sort()).toEqual([0, 1])
  })

  it("grant grants, lists and revokes", async () => {
    expect((await run("grant", "auth.change_user", "--user", "alice")).stdout).toBe(
      'granted to the user "alice": auth.change_user\n'
    )
    expect((await run("grant", "auth.change_user", "--user", "alice")).stdout).toBe(
      'already granted to the user "alice"\n'
    )
    expect((await run("grant", "auth.add_user", "--group", "editors", "--create-group")).code).toBe(0)
    expect((await run("grant", "--user", "alice", "--join", "editors")).stdout).toContain("membership of editors")
    expect((await run("grant", "--user", "alice")).stdout).toBe(
      "auth.change_user\nauth.add_user (by the group editors)\nmember of: editors\n"
    )
    expect(JSON.parse((await run("grant", "--group", "editors", "--json")).stdout)).toMatchObject({
      permissions: ["auth.add_user"]
    })
    expect((await run("grant", "auth.change_user", "--user", "alice", "--join", "editors", "--revoke")).code).toBe(0)
    expect((await run("grant", "--user", "alice")).stdout).toBe('nothing is granted to user "alice"\n')
  })

  it("grant --create-model creates what Django's migrate would create for the model, once", async () => {
    const created = ["blog.add_blogpost", "blog.change_blogpost", "blog.delete_blogpost", "blog.view_blogpost"]
    expect((await run("grant", "--create-model", "blog.BlogPost")).stdout).toBe(`created ${created.join(", ")}\n`)
    expect(await run("grant", "--create-model", "blog.BlogPost", "--json")).toMatchObject({
      code: 0,
      stdout: '{"created":[]}\n'
    })
    expect((await run("grant")).stdout.split("\n")).toContain("blog.add_blogpost: Can add blog post")
    expect((await run("grant", "blog.view_blogpost", "--group", "bloggers", "--create-group")).code).toBe(0)
    const sql = postgresJs(url, { max: 1 })
    expect(
      (await sql`SELECT app_label, model FROM django_content_type WHERE app_label = 'blog'`).map((row) => ({ ...row }))
    ).toEqual([{ app_label: "blog", model: "blogpost" }])
    await sql.end()
  })

  it("grant without arguments lists the permissions and the groups", async () => {
    expect((await run("grant", "auth.view_user", "--group", "readers", "--create-group")).code).toBe(0)
    const lines = (await run("grant")).stdout.split("\n")
    expect(lines).toContain("auth.add_user: Can add user")
    expect(lines).toContain("group readers: auth.view_user")
    const { groups, permissions } = JSON.parse((await run("grant", "--json")).stdout)
    expect(permissions).toContainEqual({ permission: "auth.add_user", name: "Can add user" })
    expect(groups).toContainEqual({ name: "readers", permissions: ["auth.view_user"] })
  })

  it.each([
    ["auth.chang_user", "--group", "half", "--create-group"],
    ["auth.chang_user", "--user", "alice", "--join", "half", "--create-group"],
    ["auth.delete_user", "--user", "alice", "--join", "half"]
  ])("grant %s %s %s %s changes nothing if one of the names is unknown", async (...args) => {
    expect(await run("grant", ...args)).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining("nothing was changed")
    })
    expect(JSON.parse((await run("grant", "--json")).stdout).groups).not.toContainEqual(
      expect.objectContaining({ name: "half" })
    )
    expect((await run("grant", "--user", "alice")).stdout).not.toContain("auth.delete_user")
  })

  it.each<readonly [ReadonlyArray<string>, number, RegExp]>([
    [["auth.chang_user", "--user", "alice"], 1, /did you mean auth\.change_user/],
    [["auth.change_user", "--user", "zoe"], 1, /no user "zoe"/],
    [["auth.change_user", "--group", "none"], 1, /no group "none"/],
    [["change_user", "--user", "alice"], 64, /is not a permission/],
    [["auth.change_user"], 64, /either --user NAME or --group NAME/],
    [["auth.change_user", "--user", "a", "--group", "b"], 64, /either/],
    [["--group", "a", "--join", "b"], 64, /--join needs --user/],
    [["auth.change_user", "--user", "a", "--create-group"], 64, /--create-group needs/]
  ])("grant %j is refused", async (args, code, message) => {
    const ran = await run("grant", ...args)
    expect(ran).toMatchObject({ code, stdout: "" })
    expect(ran.stderr).toMatch(message)
  })

  describe("sessions", () => {
    const logIn = async (userAgent: string) => {
      const { auth, close } = site()
      const request = auth.open({
        method: "GET",
        target: "/",
        headers: [["User-Agent", userAgent]],
        transport: { secure: false, serverName: "localhost", serverPort: "80", clientAddress: "192.0.2.1" }
      })
      const user = await auth.findUser({ username: "alice" })
      if (user === undefined) throw new Error("no user")
      await request.context.login(user)
      await request.respond(200)
      await close()
    }

    it("are listed and ended", async () => {
      await logIn("Firefox \x1b[31m")
      await logIn("Chromium")
      const listed = (await run("sessions", "list", "--user", "alice")).stdout
      expect(listed.split("\n").length).toBe(3)
      expect(listed).toContain("192.0.2.1  Firefox ?[31m")
      const { sessions } = JSON.parse((await run("sessions", "list", "--user", "alice", "--json")).stdout)
      expect(sessions).toHaveLength(2)
      const [{ id }] = sessions
      expect((await run("sessions", "end", "--user", "alice", "--session", id)).stdout).toBe(
        "ended 1 session of alice\n"
      )
      expect((await run("sessions", "end", "--user", "alice", "--session", id)).code).toBe(1)
      expect((await run("sessions", "end", "--user", "alice", "--json")).stdout).toBe('{"user":"alice","ended":1}\n')
      expect((await run("sessions", "list", "--user", "alice")).stdout).toBe("no sessions of alice\n")
    })

    it("are shown with all that is known of them, one in each line", async () => {
      writeFileSync(
        join(folder, "bound.ts"),
        `import { createAuth, modelBackend, pbkdf2Sha256 } from "latchkey"
        import { pg } from "./auth.ts"
        export const auth = createAuth({ secretKey: "${secretKey}", sessions: pg.sessions,
          backends: { "${backend}": modelBackend(pg.users) }, hashers: [pbkdf2Sha256({ iterations: 1 })],
          sessionCookie: { secure: true }, deviceBound: { mode: "observe" }, lifetime: { idleSeconds: 1800 } })`
      )
      await logIn("Firefox")
      await logIn("")
      // The device of the first session registers its key.
      const codec = makeCodec({ secret: secretKey, fallbacks: [] })
      const sql = postgresJs(url, { max: 1 })
      const [row] = await sql`SELECT s.session_key, s.session_data FROM django_session s
        WHERE s.session_key LIKE (SELECT key_start || '%' FROM latchkey_user_session WHERE user_agent = 'Firefox')`
      const decoded = codec.decode(String(row?.["session_data"]))
      if (decoded._tag !== "Decoded") throw new Error("the session cannot be read")
      const bound = SessionData.of([
        ...SessionData.values(decoded.data),
        [Binding.dataKey, Binding.write(boundSince(Date.now()))]
      ])
      await sql`UPDATE django_session SET session_data = ${codec.encode(bound, Date.now())}
        WHERE session_key = ${row?.["session_key"]}`
      await sql.end()
      const list = ["sessions", "list", "--user", "alice", "--config", "bound.ts"]
      const at = "\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d"
      const known = `[\\w-]{43}  since ${at}  seen ${at}  ends ${at}`
      const lines = (await run(...list)).stdout.trimEnd().split("\n")
      expect(lines.toSorted((one, other) => other.length - one.length)).toEqual([
        expect.stringMatching(new RegExp(`^${known}  bound to a device  192\\.0\\.2\\.1  Firefox$`)),
        expect.stringMatching(new RegExp(`^${known}  192\\.0\\.2\\.1$`))
      ])
      const { sessions } = JSON.parse((await run(...list, "--json")).stdout)
      expect(sessions.map(({ isBound }: { isBound: boolean }) => isBound).toSorted()).toEqual([false, true])
      expect((await run("sessions", "end", "--user", "alice")).stdout).toBe("ended 2 sessions of alice\n")
    })

    it("that are not recorded: the message names the option", async () => {
      const { code, stderr } = await latchkey(["sessions", "list", "--user", "alice"], { env: { DATABASE_URL: url } })
      expect(code).toBe(78)
      expect(stderr).toContain("userSessions: true")
    })
  })
})
