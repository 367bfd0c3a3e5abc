/**
 * Reads of 100,000 sessions that this process has not seen: the statements that PostgreSQL counts for each, and the CPU time
 * beside a bare server. `node bench/growth/random-reads.ts`
 */
import { randomBytes } from "node:crypto"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Core, pbkdf2Sha256 } from "latchkey"
import { postgres as stores } from "latchkey/postgres"
import postgres from "postgres"
import { django } from "../../test/rig/django.ts"
import { startPostgres } from "../../test/rig/postgres-server.ts"
import { cpuOfTree } from "../cpu-time.ts"
import { measure } from "../load.ts"
import { startKind } from "../servers.ts"
import { median } from "../statistics.ts"
import { postmasterOf, secretKey } from "../store.ts"

const [sessions, users] = [100_000, 10_000]
const backend = "django.contrib.auth.backends.ModelBackend"
const password = await pbkdf2Sha256({ iterations: 1 }).encode("the password", "saltsaltsaltsaltsaltsa")
const [authHash] = Core.settings({ secretKey }).authHashes(password)
const { encode } = Core.settings({ secretKey }).session.codec
const cart = (size: number) => Array.from({ length: size }, (_, n) => `item ${n * 7919}`)

const FILL = `
import datetime, uuid
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone
later, store, keys = timezone.now() + datetime.timedelta(days=14), SessionStore(), []
for start in range(0, given["sessions"], 2000):
    rows = []
    for n in range(start, start + 2000):
        data = {"_auth_user_id": str(1 + n % given["users"]), "_auth_user_backend": given["backend"],
            "_auth_user_hash": given["authHash"], "n": n, "cart": given["cart"]}
        rows.append(Session(session_key=uuid.uuid4().hex, session_data=store.encode(data), expire_date=later))
    Session.objects.bulk_create(rows)
answer = None
`

const fill = async (url: string, writer: "latchkey" | "Django", size: number): Promise<void> => {
  if (writer === "Django") {
    const given = { sessions, users, backend, authHash, cart: cart(size) }
    await django({ databaseUrl: url, secretKey }).manage(FILL, given)
    return
  }
  const sql = postgres(url, { max: 1 })
  const items = Core.Json.write(cart(size))
  for (let n = 0; n < sessions; n += 2000) {
    const rows = Array.from({ length: 2000 }, (_, at) => {
      const empty = Core.Session.absent(Core.Session.fromCookie(undefined))
      const { data } = Core.Identity.write(empty, { id: String(1 + ((n + at) % users)), backend, authHash })
      const all = new Map([
        ...data,
        ...Core.SessionData.of([
          ["n", Core.Json.write(n + at)],
          ["cart", items]
        ])
      ])
      const session_data = encode(all, Date.now())
      return { session_key: randomBytes(16).toString("hex"), session_data, expire_date: new Date(Date.now() + 1e9) }
    })
    await sql`INSERT INTO django_session ${sql(rows)}`
  }
  await sql.end()
}

const server = await startPostgres({
  log_statement: "none",
  shared_preload_libraries: "pg_stat_statements",
  shared_buffers: "512MB"
})
const folder = mkdtempSync(join(tmpdir(), "latchkey-random-"))

interface Round {
  readonly statements: number
  readonly application: number
  readonly database: number
  readonly count: number
}

/** Statements on sessions and users so far. */
const calls = async (sql: postgres.Sql): Promise<number> => {
  const [row] = await sql`SELECT coalesce(sum(calls), 0)::int AS calls FROM pg_stat_statements
    WHERE query LIKE '%django_session%' AND query NOT LIKE '%pg_stat%' OR query LIKE '%FROM "auth_user"%'`
  return Number(row?.["calls"])
}

try {
  for (const [writer, size] of [
    ["latchkey", 0],
    ["latchkey", 200],
    ["Django", 0],
    ["Django", 200]
  ] as const) {
    const url = await server.createDatabase()
    const pg = stores({ url })
    await pg.createTables()
    await pg.close()
    const sql = postgres(url, { max: 1, onnotice: () => {} })
    await sql`CREATE EXTENSION pg_stat_statements`
    await sql`INSERT INTO auth_user
      (password, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined)
      SELECT ${password}, false, 'user' || n, '', '', '', false, true, now() FROM generate_series(1, ${users}::int) n`
    await fill(url, writer, size)
    await sql`VACUUM ANALYZE`
    const found =
      await sql`SELECT session_key, octet_length(session_data) AS bytes FROM django_session ORDER BY random()`
    const lines = found.map(
      (row) => `sessionid=${row["session_key"]}; bench_user=${1 + Math.floor(Math.random() * users)}`
    )
    const file = join(folder, `${writer}-${size}`)
    writeFileSync(file, lines.join("\n"))
    const postmaster = await postmasterOf(url)
    const [ours, bare] = [await startKind("latchkey-node", url), await startKind("bare-node", url)]
    if (typeof ours === "string" || typeof bare === "string") throw new Error("a server is missing")
    const round = async (one: typeof ours, seconds: number): Promise<Round> => {
      const [before, database] = [await calls(sql), cpuOfTree(postmaster)]
      const { count, cpu } = measure(one, { lines: file, order: "in turn", target: "/me" }, seconds)
      const spent = (cpuOfTree(postmaster) - database) / count
      return { statements: ((await calls(sql)) - before) / count, application: cpu, database: spent, count }
    }
    const first = await round(ours, 6)
    console.log(writer, `${found[0]?.["bytes"]} bytes`, "first reads:", JSON.stringify(first))
    await round(bare, 3)
    const rounds: Array<readonly [Round, Round]> = []
    for (let n = 0; n < 7; n++) rounds.push([await round(ours, 2), await round(bare, 2)] as const)
    const of = (at: 0 | 1, what: "application" | "database") => median(rounds.map((each) => each[at][what]))
    const ratio = median(rounds.map(([a, b]) => (b.application + b.database) / (a.application + a.database)))
    console.log(
      `  application ${of(0, "application").toFixed(1)} µs, bare ${of(1, "application").toFixed(1)}; PostgreSQL`,
      `${of(0, "database").toFixed(1)}, bare ${of(1, "database").toFixed(1)}; bare to latchkey in CPU ${ratio.toFixed(2)}`
    )
    ours.stop()
    bare.stop()
    await sql.end()
  }
} finally {
  await server.stop()
}
