/**
 * Runs the program of docs/beside-django.md beside a real Django 4.2, as an operator runs it before the first path is
 * moved.
 */
import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"
import postgres from "postgres"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { type Browser, browser } from "../rig/browser.ts"
import { type Django, django, djangoService, type Site } from "../rig/django.ts"
import { freePort } from "../rig/free-port.ts"
import { type PostgresServer, startPostgres } from "../rig/postgres-server.ts"
import { longSuite, service } from "../rig/services.ts"

const available = [longSuite(), service("postgres"), djangoService()].every((needed) => needed.available)
const program = join(import.meta.dirname, "..", "..", "docs", "programs", "beside-django.ts")
const secretKey = "shared-by-both-sites-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe"

interface Said {
  readonly stdout: string
  readonly stderr: string
}

/** Runs the program with an otherwise empty environment; rejects when the exit code is not 0. */
const run = (settings: Readonly<Record<string, string>>, cookie: string): Promise<Said> => {
  const env = { PATH: process.env["PATH"], ...settings }
  const running = promisify(execFile)(process.execPath, [program], { env, timeout: 120_000 })
  running.child.stdin?.end(`${cookie}\n`)
  return running
}

describe.skipIf(!available)("the program that prints the user of a session cookie", () => {
  let server: PostgresServer
  let sql: postgres.Sql
  let oracle: Django
  let site: Site
  const stops: Array<() => Promise<unknown>> = []

  beforeAll(async () => {
    server = await startPostgres()
    stops.push(server.stop)
    sql = postgres(server.url, { max: 1 })
    stops.push(() => sql.end())
    oracle = django({ databaseUrl: server.url, secretKey })
    await oracle.migrate()
    await oracle.createUsers([user])
    site = await oracle.serve()
    stops.push(site.stop)
  })

  afterAll(async () => {
    for (const stop of stops.reverse()) await stop()
  })

  const user = { username: "påul", password: "Pässword 1" }
  let client: Browser
  const cookie = (): string => client.jar.get("sessionid") ?? expect.fail("Django set no cookie")

  beforeEach(async () => {
    client = browser()
    expect((await client.post(site, "/login", user)).status).toBe(200)
  })

  const rows = async (): Promise<unknown> => ({
    sessions: await sql`SELECT * FROM django_session ORDER BY session_key`,
    users: await sql`SELECT * FROM auth_user ORDER BY id`
  })

  /** The last line that the program prints. Also checks that it changed nothing in the database. */
  const asked = async (value: string, settings: Readonly<Record<string, string>> = {}): Promise<string | undefined> => {
    const before = await rows()
    const { stderr, stdout } = await run(
      { DATABASE_URL: server.url, SECRET_KEY: secretKey, DJANGO_VERSION: "4.2", ...settings },
      value
    )
    expect(await rows()).toEqual(before)
    expect(stderr).toBe("")
    if (value !== "") expect(stdout).not.toContain(value)
    return stdout.trimEnd().split("\n").at(-1)
  }

  it("prints the user who logged in at Django, and sends only SELECT statements", async () => {
    const statements = await server.statementsOf(async () => {
      const { stdout } = await run({ DATABASE_URL: server.url, SECRET_KEY: secretKey }, cookie())
      expect(stdout).toBe("påul\n")
    })
    expect(statements.map((statement) => statement.slice(0, 6))).toEqual(["SELECT", "SELECT"])
    expect(await asked(cookie())).toBe("påul")
    expect((await client.get(site, "/me")).json()).toEqual({ user: "påul" })
  })

  it("prints that there is no user for a cookie that was never set, and after the logout at Django", async () => {
    const noUser = "no user: no such session, or it has expired"
    expect(await asked("0123456789abcdefghijklmnopqrstuv")).toBe(noUser)
    const former = cookie()
    expect(await asked(former)).toBe("påul")
    expect((await client.post(site, "/logout")).status).toBe(200)
    expect(await asked(former)).toBe(noUser)
  })

  it("prints that there is no user for an expired session, and keeps its row", async () => {
    await sql`UPDATE django_session SET expire_date = now() - interval '1 second' WHERE session_key = ${cookie()}`
    expect(await asked(cookie())).toBe("no user: no such session, or it has expired")
  })

  it("distinguishes an invalid key from an unknown session", async () => {
    expect(await asked("")).toBe("no user: standard input holds no session key")
  })

  it("suspects a wrong secret key; with it, Django still finds the user", async () => {
    const noUser = "no user: the session reads as empty: SECRET_KEY may be wrong"
    expect(await asked(cookie(), { SECRET_KEY: "another" })).toBe(noUser)
    expect((await client.get(site, "/me")).json()).toEqual({ user: "påul" })
  })

  it("names a session without a login, and a backend that is not configured", async () => {
    const visitor = browser()
    await visitor.post(site, "/session", { cart: [1] })
    expect(await asked(visitor.jar.get("sessionid") ?? "")).toBe("no user: no user has logged in to this session")
    const key = await oracle.manage(`
from django.contrib.sessions.backends.db import SessionStore
session = SessionStore()
session.update({"_auth_user_id": "1", "_auth_user_backend": "site.backends.LDAP", "_auth_user_hash": "00"})
session.save()
answer = session.session_key
`)
    expect(await asked(String(key))).toBe("no user: the backend of the login is not configured: site.backends.LDAP")
  })

  it("keeps the session of a user who is inactive, deleted, or has another password", async () => {
    const noUser = "no user: the user was deleted, is inactive, has a new password, or is not in this table"
    const [row] = await sql`SELECT id, password FROM auth_user`
    for (const change of ["is_active = false", "password = 'another'", "id = id + 1"]) {
      await sql.unsafe(`UPDATE auth_user SET ${change}`)
      try {
        expect(await asked(cookie()), change).toBe(noUser)
      } finally {
        await sql`UPDATE auth_user SET id = ${row?.["id"]}, password = ${row?.["password"]}, is_active = true`
      }
      expect(await asked(cookie()), change).toBe("påul")
    }
  })

  describe("fails, gives the reason, names no user and prints no secret", () => {
    const fails = async (settings: Readonly<Record<string, string>>, why: RegExp) => {
      const failure: unknown = await run(settings, cookie()).then(
        ({ stdout }) => expect.fail(`it went well: ${stdout}`),
        (error: unknown) => error
      )
      expect(failure).toMatchObject({ code: 1, stdout: "", stderr: expect.stringMatching(why) })
      for (const secret of [cookie(), secretKey, "database-password"])
        expect(failure).toMatchObject({ stderr: expect.not.stringContaining(secret) })
    }

    it("when the database is out of reach", async () => {
      const url = `postgres://postgres:database-password@127.0.0.1:${await freePort()}/postgres`
      await fails({ DATABASE_URL: url, SECRET_KEY: secretKey }, /StoreUnavailable[\s\S]*ECONNREFUSED/)
    })

    it("when the database is not Django's", async () => {
      const url = (await server.createDatabase()).replace("postgres@", "postgres:database-password@")
      await fails({ DATABASE_URL: url, SECRET_KEY: secretKey }, /StoreUnavailable[\s\S]*django_session/)
    })

    it("when a setting is missing or not valid", async () => {
      await fails({ SECRET_KEY: secretKey }, /ConfigurationInvalid[\s\S]*url/)
      await fails({ DATABASE_URL: server.url }, /ConfigurationInvalid[\s\S]*secretKey is missing/)
      await fails(
        { DATABASE_URL: server.url, SECRET_KEY: secretKey, DJANGO_VERSION: "2.2" },
        /DJANGO_VERSION must be one of/
      )
    })
  })
})
