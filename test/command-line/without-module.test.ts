/** The commands on a database alone, without a module: named by `--database-url`, by DATABASE_URL, and in `.env`. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import sql from "postgres"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { createAuth } from "../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../src/adapters/backend/model-backend.ts"
import { postgres } from "../../src/adapters/store/postgres.ts"
import { latchkey } from "../rig/command.ts"
import { type PostgresServer, startPostgres } from "../rig/postgres-server.ts"
import { longSuite, service } from "../rig/services.ts"

const secretKey = "k5-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe-without"
const password = "correct horse battery"

const isAvailable = [longSuite(), service("postgres")].every(({ available }) => available)

/** How the command learns the database's URL. */
const ways = {
  "--database-url": (url: string) => ({
    args: ["--database-url", url],
    // The flag comes before the variable.
    env: { DATABASE_URL: "postgres://127.0.0.1:1/elsewhere", SECRET_KEY: secretKey },
    envFile: ""
  }),
  DATABASE_URL: (url: string) => ({ args: [], env: { DATABASE_URL: url, SECRET_KEY: secretKey }, envFile: "" }),
  ".env": (url: string) => ({ args: [], env: {}, envFile: `DATABASE_URL=${url}\nSECRET_KEY=${secretKey}\n` })
}

describe.skipIf(!isAvailable)("without a module", () => {
  let server: PostgresServer
  const folder = mkdtempSync(join(tmpdir(), "latchkey-without-"))
  beforeAll(async () => {
    const rules = join(folder, "pg_hba.conf")
    writeFileSync(rules, "host all guarded 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n")
    chmodSync(folder, 0o755)
    server = await startPostgres({ hba_file: rules })
  })
  afterAll(async () => {
    await server?.stop()
    rmSync(folder, { recursive: true })
  })

  /** Logs alice in. @returns the session key */
  const logIn = async (url: string): Promise<string> => {
    const pg = postgres({ url })
    const backends = { "django.contrib.auth.backends.ModelBackend": modelBackend(pg.users) }
    const auth = createAuth({ secretKey, sessions: pg.sessions, backends })
    const transport = { secure: false, serverName: "localhost", serverPort: "80" }
    const request = auth.open({ method: "GET", target: "/", headers: [], transport })
    await request.context.login((await auth.findUser({ username: "alice" })) ?? expect.fail("no user"))
    await request.respond(200)
    const key = await request.context.session.key()
    await pg.close()
    return key ?? expect.fail("no session")
  }

  it.each(Object.entries(ways))("every command works that needs no settings of a module: %s", async (_, way) => {
    const url = await server.createDatabase()
    const { args, env, envFile } = way(url)
    const cwd = mkdtempSync(join(folder, "application-"))
    writeFileSync(join(cwd, ".env"), envFile)
    const run = async (...command: ReadonlyArray<string>) => {
      const { code, stderr, stdout } = await latchkey([...command, ...args], { cwd, env, stdin: `${password}\n` })
      expect({ command, code, stderr }).toEqual({ command, code: 0, stderr: "" })
      return stdout
    }

    expect(await run("migrate", "--dry-run")).toContain('CREATE TABLE "auth_user"')
    expect(await run("migrate")).toContain("django_session does not exist: created")
    expect(await run("createsuperuser", "root")).toBe("created the superuser root (id 1)\n")
    expect(await run("createuser", "alice", "--email", "alice@example.com")).toBe("created the user alice (id 2)\n")
    expect(await run("changepassword", "alice")).toContain("changed the password of alice")
    expect(await run("grant", "auth.add_user", "--group", "editors", "--create-group")).toContain("auth.add_user")
    expect(await run("grant", "--user", "alice", "--join", "editors")).toContain("membership of editors")
    expect(await run("grant", "--user", "alice")).toBe("auth.add_user (by the group editors)\nmember of: editors\n")
    expect(await run("grant")).toContain("group editors: auth.add_user")

    const key = await logIn(url)
    expect(await run("inspect", key)).toMatch(/^valid {4}yes\nuser {5}alice\n/)
    expect(await run("explain", `sessionid=${key}`)).toContain("\n7. So the request acts as this user.\n")

    const db = sql(url, { max: 1 })
    await db`INSERT INTO django_session VALUES ('expired', 'x', now() - interval '1 day')`
    expect(await run("clearsessions", "--dry-run")).toBe("would remove 1 expired session\n")
    expect(await run("clearsessions")).toBe("removed 1 expired session\n")
    expect((await db`SELECT username, is_superuser FROM auth_user ORDER BY id`).map(({ ...row }) => row)).toEqual([
      { username: "root", is_superuser: true },
      { username: "alice", is_superuser: false }
    ])
    await db.end()
    expect(await run("doctor")).not.toContain("error:")
  })

  it("the commands that need a setting of the application say which", async () => {
    const url = await server.createDatabase()
    await latchkey(["migrate", "--database-url", url])
    await latchkey(["createuser", "alice", "--without-password", "--database-url", url])
    for (const [command, message] of [
      [["sessions", "list", "--user", "alice"], "userSessions: true"],
      [["sessions", "end", "--user", "alice"], "userSessions: true"],
      [["throttle", "list"], "write throttle: { store } among the options of createAuth"],
      [["throttle", "reset", "--user", "alice"], "write throttle: { store } among the options of createAuth"],
      [["inspect", "x".repeat(32)], "SECRET_KEY is missing"],
      [["explain", "x".repeat(32)], "SECRET_KEY is missing"]
    ] as const) {
      const { code, stderr, stdout } = await latchkey([...command, "--database-url", url])
      expect({ command, code, stdout }).toEqual({ command, code: 78, stdout: "" })
      expect(stderr).toContain(message)
    }
  })

  it.each([
    ["is not there", () => "postgres://127.0.0.1:1/d", /ECONNREFUSED/],
    ["has no such database", () => server.url.replace(/postgres$/, "nowhere"), /database "nowhere" does not exist/],
    ["has no such user", () => server.url.replace("//postgres@", "//absent@"), /role "absent" does not exist/],
    ["refuses the password", () => server.url.replace("//postgres@", "//guarded:s3cret-pw@"), /password authentication/]
  ])("a server that %s is a failure of the store, with the reason", async (_, url, reason) => {
    const db = sql(server.url, { max: 1, onnotice: () => undefined })
    await db.unsafe(`DROP ROLE IF EXISTS guarded; CREATE ROLE guarded LOGIN PASSWORD 'another'`).simple()
    await db.end()
    for (const args of [["migrate"], ["createuser", "bob"]]) {
      const { code, stderr, stdout } = await latchkey([...args, "--json", "--database-url", url()], { stdin: password })
      expect({ args, code, stdout }).toEqual({ args, code: 69, stdout: "" })
      const { error } = JSON.parse(stderr)
      expect(error.message).toMatch(reason)
      expect(stderr).not.toContain("s3cret-pw")
    }
    const { code, stdout } = await latchkey(["doctor", "--database-url", url()])
    expect(code).toBe(1)
    expect(stdout).toContain("[postgres.unreachable]")
    expect(stdout).toMatch(reason)
  })
})
