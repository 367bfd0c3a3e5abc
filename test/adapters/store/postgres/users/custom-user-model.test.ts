/** A custom user model of Django: its users log in with an e-mail address and have UUIDs as ids. */
import * as Schema from "effect/Schema"
import sql from "postgres"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { createAuth } from "../../../../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../../../../src/adapters/backend/model-backend.ts"
import { pbkdf2Sha256 } from "../../../../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import { postgres } from "../../../../../src/adapters/store/postgres.ts"
import * as Json from "../../../../../src/core/json/json-text.ts"
import * as Data from "../../../../../src/core/json/session-data.ts"
import { makeCodec } from "../../../../../src/core/session/text/codec.ts"
import { changed } from "../../../../core/json/changed.ts"
import { type PostgresServer, startPostgres } from "../../../../rig/postgres-server.ts"
import { service } from "../../../../rig/services.ts"

const secretKey = "shared-by-both-sites-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe"
const salt = "django.contrib.sessions.AccountSession"
const model = "django.contrib.auth.backends.ModelBackend"
const Account = Schema.Struct({ id: Schema.String, username: Schema.String })

describe.skipIf(!service("postgres").available)("a custom user model", () => {
  let server: PostgresServer
  let pg: ReturnType<typeof make>
  let admin: sql.Sql

  const make = () =>
    postgres({
      url: server.url,
      users: {
        table: "accounts_account",
        idType: "uuid",
        schema: Account,
        columns: {
          ...{ username: "email", email: false, firstName: false, lastName: false, isStaff: false },
          ...{ isActive: false, isSuperuser: false, lastLoginAt: false, joinedAt: false }
        }
      }
    })
  const auth = () =>
    createAuth({
      secretKey,
      sessions: pg.sessions,
      sessionSalt: salt,
      backends: { [model]: modelBackend(pg.users, { normalizesUsernames: true }) },
      hashers: [pbkdf2Sha256({ iterations: 1 })]
    })
  const open = (key?: string) =>
    auth().open({
      method: "GET",
      target: "/",
      headers: key === undefined ? [] : [["Cookie", `sessionid=${key}`]],
      transport: { secure: false, serverName: "localhost", serverPort: "80" }
    })

  beforeAll(async () => {
    server = await startPostgres()
    pg = make()
    admin = sql(server.url, { max: 1, onnotice: () => {} })
    await admin`CREATE TABLE accounts_account (
      id uuid PRIMARY KEY, email varchar(254) NOT NULL UNIQUE, password varchar(128) NOT NULL)`
    await pg.createTables()
    await auth().createUser({ username: "ada@example.com", password: "p" })
  })
  afterAll(async () => {
    await admin?.end()
    await pg?.close()
    await server?.stop()
  })

  it("authenticates by its login field, and by `username`", async () => {
    const { authenticate } = open().context
    const password = "p"
    expect(await authenticate({ email: "ada@example.com", password })).toMatchObject({ username: "ada@example.com" })
    expect(await authenticate({ username: "ada@example.com", password })).toMatchObject({ username: "ada@example.com" })
    // As in Django, `username` counts where both are given.
    expect(await authenticate({ username: "bob@example.com", email: "ada@example.com", password })).toBeUndefined()
    expect(await authenticate({ email: "ada@example.com", password: "q" })).toBeUndefined()
    expect(await authenticate({ email: 5, password })).toBeUndefined()
    expect(await authenticate({ name: "ada@example.com", password })).toBeUndefined()
  })

  it("may look names up as Django's login form does", async () => {
    const { authenticate } = open().context
    for (const email of [" ada@example.com\n", "\u00a0ａda@example.com\u3000"])
      expect(await authenticate({ email, password: "p" })).toMatchObject({ username: "ada@example.com" })
    expect(await authenticate({ email: "Ada@example.com", password: "p" })).toBeUndefined()
  })

  it("signs sessions with the salt of a custom engine class", async () => {
    const request = open()
    await request.context.session.set("a", 1)
    await request.respond(200)
    const [row] = await admin`SELECT session_data FROM django_session`
    const text = String(row?.["session_data"])
    expect(makeCodec({ secret: secretKey, fallbacks: [], salt }).decode(text)).toMatchObject({ _tag: "Decoded" })
    expect(makeCodec({ secret: secretKey, fallbacks: [] }).decode(text)).toEqual({ _tag: "BadSignature" })
  })

  it("may have more columns in the session table, which get their defaults", async () => {
    await admin`ALTER TABLE django_session ADD COLUMN account_id integer DEFAULT 7`
    const first = open()
    await first.context.session.set("a", 1)
    const { cookies } = await first.respond(200)
    const key = /sessionid=([a-z0-9]+)/.exec(cookies.join())?.[1] ?? expect.fail("no session")
    await admin`UPDATE django_session SET account_id = 8 WHERE session_key = ${key}`
    const second = open(key)
    await second.context.session.set("b", 2)
    await second.respond(200)
    expect([...(await admin`SELECT account_id FROM django_session WHERE session_key = ${key}`)]).toEqual([
      { account_id: 8 }
    ])
    const third = open(key)
    await third.context.session.cycleKey()
    await third.respond(200)
    expect([...(await admin`SELECT account_id FROM django_session WHERE account_id = 8`)]).toEqual([])
    await admin`ALTER TABLE django_session DROP COLUMN account_id`
  })

  it.each([
    ["capitals", (id: string) => id.toUpperCase()],
    ["no hyphens", (id: string) => id.replaceAll("-", "")],
    ["braces", (id: string) => `{${id}}`],
    ["a URN", (id: string) => `urn:uuid:${id}`]
  ])("is found by its id in another spelling: %s", async (_, spelled) => {
    const first = open()
    const ada = await first.context.authenticate({ email: "ada@example.com", password: "p" })
    await first.context.login(ada ?? expect.fail("nobody"))
    const { cookies } = await first.respond(200)
    const key = /sessionid=([a-z0-9]+)/.exec(cookies.join())?.[1] ?? expect.fail("no session")
    const codec = makeCodec({ secret: secretKey, fallbacks: [], salt })
    const [row] = await admin`SELECT session_data FROM django_session WHERE session_key = ${key}`
    const decoded = codec.decode(String(row?.["session_data"]))
    if (decoded._tag !== "Decoded") return expect.fail(decoded._tag)
    const id = String(Json.read(Data.get(decoded.data, "_auth_user_id") ?? Json.write("")))
    const text = codec.encode(changed(decoded.data, "_auth_user_id", spelled(id)), Date.now())
    await admin`UPDATE django_session SET session_data = ${text} WHERE session_key = ${key}`

    // Twice: the second time, the user is loaded together with the session.
    for (const _ of [1, 2]) expect(await open(key).context.getUser()).toEqual(ada)
    const again = open(key)
    await again.context.session.set("kept", true)
    await again.context.login(ada ?? expect.fail("nobody"))
    await again.respond(200)
    // The same user's session keeps its key and its data.
    expect(await open(key).context.session.get("kept")).toBe(true)
    await open(key).context.updateSessionAuthHash(ada ?? expect.fail("nobody"))
  })
})
