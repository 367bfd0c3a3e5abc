/** A login without a password, on a real database: what it stores, and who hears of it. */
import sqlOf from "postgres"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { createAuth } from "../../../../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../../../../src/adapters/backend/model-backend.ts"
import { withAuth } from "../../../../../src/adapters/http/fetch.ts"
import { pbkdf2Sha256 } from "../../../../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import { postgres } from "../../../../../src/adapters/store/postgres.ts"
import { forceLogin } from "../../../../../src/testing/index.ts"
import { patient } from "../../../../rig/patience.ts"
import { type PostgresServer, startPostgres } from "../../../../rig/postgres-server.ts"
import { service } from "../../../../rig/services.ts"

describe.skipIf(!service("postgres").available)("forceLogin on PostgreSQL", () => {
  let server: PostgresServer
  let url: string
  let pg: ReturnType<typeof postgres>
  beforeAll(async () => {
    server = await startPostgres()
    url = await server.createDatabase()
    pg = postgres({ ...patient, url })
    await pg.createTables()
  })
  afterAll(async () => {
    await pg?.close()
    await server?.stop()
  })

  it("stores a session, sets last_login and sends user_logged_in; the browser's cookies are its user's", async () => {
    const now = Date.UTC(2026, 0, 2)
    const auth = createAuth({
      secretKey: "s",
      sessions: pg.sessions,
      backends: { model: modelBackend(pg.users), other: modelBackend(pg.users) },
      hashers: [pbkdf2Sha256({ iterations: 1 })],
      clockAndRandom: { now: () => now }
    })
    const user = await auth.createUser({ username: "alice", password: "p" })
    if (user === undefined) throw new Error("the name is taken")
    const heard: Array<string> = []
    auth.on("user_logged_in", (announcement) => void heard.push(announcement.user.username))
    const alice = await forceLogin(auth, user, { backend: "other" })
    expect(heard).toEqual(["alice"])
    const me = withAuth(auth, async (_, { getUser }) => Response.json((await getUser())?.username))
    expect(await (await alice.fetch(me)).json()).toBe("alice")

    const sql = sqlOf(url, { max: 1 })
    const [stored] = await sql`SELECT last_login FROM auth_user WHERE username = 'alice'`
    const rows = await sql`SELECT session_key FROM django_session`
    await sql.end()
    expect(Number(stored?.["last_login"])).toBe(now)
    expect(rows.map((row) => row["session_key"])).toEqual([alice.cookie("sessionid")])
  })
})
