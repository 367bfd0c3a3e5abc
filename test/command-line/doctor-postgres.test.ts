/** What `latchkey doctor` finds on a PostgreSQL database: each fault is made on a real server. */
import sql from "postgres"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { createAuth } from "../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../src/adapters/backend/model-backend.ts"
import { findings } from "../../src/adapters/cli/doctor/findings.ts"
import { argon2 } from "../../src/adapters/password/argon2.ts"
import { bcryptSha256 } from "../../src/adapters/password/bcrypt.ts"
import { pbkdf2Sha256 } from "../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import { scrypt } from "../../src/adapters/password/hashers/scrypt-hasher.ts"
import type { Hasher } from "../../src/adapters/ports/passwords.ts"
import { createClient, type PostgresOptions, postgres } from "../../src/adapters/store/postgres.ts"
import * as Data from "../../src/core/json/session-data.ts"
import { makeCodec, storeSalt } from "../../src/core/session/text/codec.ts"
import { makeSigner } from "../../src/core/signing/timestamp-signer.ts"
import { patient } from "../rig/patience.ts"
import { startPgbouncer } from "../rig/pgbouncer.ts"
import { type PostgresServer, startPostgres } from "../rig/postgres-server.ts"
import { longSuite, service } from "../rig/services.ts"

const secretKey = "h7-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe-doctor"

const signer = makeSigner({ secret: secretKey, fallbacks: [], salt: storeSalt })

/** The start-up parameters of latchkey that PgBouncer does not know. */
const ours = [
  ...["statement_timeout", "extra_float_digits", "bytea_output", "default_transaction_isolation", "LOCK_TIMEOUT"],
  ...["DEFAULT_TRANSACTION_READ_ONLY", "DEFAULT_TRANSACTION_DEFERRABLE"]
]

const isAvailable = [longSuite(), service("postgres")].every(({ available }) => available)

describe.skipIf(!isAvailable)("doctor, on PostgreSQL", () => {
  let server: PostgresServer
  let url: string
  let db: sql.Sql

  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server?.stop())
  beforeEach(async () => {
    url = await server.createDatabase()
    db = sql(url, { max: 1, onnotice: () => {} })
    const pg = postgres({ ...patient, url })
    await pg.createTables()
    await pg.close()
  })
  afterEach(() => db.end())

  const diagnose = async (
    options: Partial<PostgresOptions> = {},
    now?: () => number,
    hasher: Hasher = pbkdf2Sha256({ iterations: 1000 }),
    ...otherHashers: ReadonlyArray<Hasher>
  ) => {
    const pg = postgres({ url, ...options })
    try {
      const auth = createAuth({
        secretKey,
        sessions: pg.sessions,
        backends: { model: modelBackend(pg.users) },
        hashers: [hasher, ...otherHashers],
        ...(now !== undefined && { clockAndRandom: { now } })
      })
      const { settings: _, ...diagnosis } = await auth.diagnose()
      return findings({ ...diagnosis, settings: [], secretKeys: { problems: [], warnings: [] }, throttle: undefined })
    } finally {
      await pg.close()
    }
  }
  const codes = async (options: Partial<PostgresOptions> = {}) => (await diagnose(options)).map(({ code }) => code)
  const store = (text: string) =>
    db`INSERT INTO django_session VALUES (${crypto.randomUUID()}, ${text}, now() + interval '1 day')`
  const textWith = (secret: string, salt?: string) =>
    makeCodec({ secret, fallbacks: [], ...(salt !== undefined && { salt }) }).encode(Data.empty, Date.now())

  it("finds nothing in a sound database, with sessions and users", async () => {
    await store(textWith(secretKey))
    const pg = postgres({ ...patient, url })
    const auth = createAuth({
      secretKey,
      sessions: pg.sessions,
      backends: { model: modelBackend(pg.users) },
      hashers: [pbkdf2Sha256({ iterations: 1000 })]
    })
    await auth.createUser({ username: "alice", password: "alice's" })
    await auth.createUser({ username: "keyless" })
    await pg.close()
    expect(await diagnose()).toEqual([])
  })

  it("finds a server that does not answer", async () => {
    const [one, ...more] = await diagnose({ url: "postgres://postgres@127.0.0.1:1/postgres" })
    expect(more).toEqual([])
    expect(one).toMatchObject({ code: "postgres.unreachable", severity: "error", confidence: "certain" })
    expect(one?.problem).toContain("ECONNREFUSED")
  })

  it("finds that pooler: true is set without a pooler, also on a client that stores share", async () => {
    expect(await codes({ pooler: true })).toEqual(["postgres.no-pooler"])
    const client = createClient({ ...patient, url, pooler: true })
    expect(await codes({ url: undefined, client })).toEqual(["postgres.no-pooler"])
    await client.close()
  })

  it.skipIf(!service("pgbouncer").available)(
    "finds a pooler that was not announced, and its missing limit",
    async () => {
      const bouncer = await startPgbouncer(server)
      try {
        const through = bouncer.through(url)
        expect(await codes({ url: through })).toEqual(["postgres.pooler"])
        expect(await codes({ url: through, pooler: true })).toEqual(["postgres.statement-timeout"])
        await db.unsafe(
          `ALTER DATABASE "${new URL(url).pathname.slice(1)}" SET default_transaction_isolation = 'serializable'`
        )
        await db.unsafe(`ALTER DATABASE "${new URL(url).pathname.slice(1)}" SET statement_timeout = '1s'`)
        const again = await startPgbouncer(server)
        expect(await codes({ url: again.through(url), pooler: true })).toEqual([
          "postgres.isolation",
          "postgres.defaults"
        ])
        await again.stop()
        await db.unsafe(`ALTER DATABASE "${new URL(url).pathname.slice(1)}" RESET ALL`)
        const tolerant = await startPgbouncer(server, `ignore_startup_parameters = ${ours.join(",")}`)
        const found = await diagnose({ url: tolerant.through(url) })
        expect(found.map(({ code, severity }) => [code, severity])).toEqual([["postgres.pooler", "warning"]])
        await tolerant.stop()
      } finally {
        await bouncer.stop()
      }
    }
  )

  it.each([
    ["the table of sessions is missing", "DROP TABLE django_session", ["table.missing"]],
    ["the table of users is missing", "DROP TABLE auth_user CASCADE", ["table.missing"]],
    [
      "a table is in another schema",
      "CREATE SCHEMA shop; ALTER TABLE django_session SET SCHEMA shop",
      ["table.other-schema"]
    ],
    ["two schemas have the table", "CREATE SCHEMA shop; CREATE TABLE shop.auth_user (id int)", ["table.ambiguous"]],
    ["a column is missing", "ALTER TABLE auth_user DROP COLUMN date_joined", ["table.columns"]],
    [
      "names of users are not unique",
      "ALTER TABLE auth_user DROP CONSTRAINT auth_user_username_key",
      ["table.not-unique"]
    ],
    [
      "keys of sessions are not unique",
      "ALTER TABLE django_session DROP CONSTRAINT django_session_pkey",
      ["table.not-unique"]
    ],
    ["the index for expired sessions is missing", "DROP INDEX django_session_expire_date_a5c62663", ["table.no-index"]],
    ["a table of permissions is missing", "DROP TABLE auth_group_permissions", ["table.missing"]],
    [
      "expired sessions pile up",
      "INSERT INTO django_session SELECT 'k' || n, 'x', now() - interval '1 day' FROM generate_series(1, 10001) n",
      ["sessions.expired"]
    ],
    [
      "an algorithm has no hasher",
      "INSERT INTO auth_user VALUES (1, 'argon2$argon2id$v=19$m=1$x$y', NULL, false, 'a', '', '', '', false, true, now())",
      ["passwords.no-hasher"]
    ],
    [
      "a password has no hash",
      "INSERT INTO auth_user VALUES (1, 'plain$text', NULL, false, 'a', '', '', '', false, true, now())",
      ["passwords.unknown"]
    ],
    [
      "stored hashes have more iterations than new ones",
      "INSERT INTO auth_user VALUES (1, 'pbkdf2_sha256$1500$s$x', NULL, false, 'a', '', '', '', false, true, now())",
      ["passwords.higher-cost"]
    ],
    [
      "stored hashes have fewer iterations than new ones",
      "INSERT INTO auth_user VALUES (1, 'pbkdf2_sha256$500$s$x', NULL, false, 'a', '', '', '', false, true, now())",
      ["passwords.lower-cost"]
    ]
  ])("finds that %s", async (_, fault, expected) => {
    await db.unsafe(fault)
    expect(await codes()).toEqual(expected)
  })

  it("finds that the records of users' sessions have an earlier form, and that their indexes are missing", async () => {
    const pg = postgres({ ...patient, url, userSessions: true })
    await pg.createTables()
    await pg.close()
    const found = async () =>
      (await diagnose({ userSessions: true })).map(({ code, effect, problem, remedy }) => [
        code,
        problem,
        effect,
        remedy
      ])
    expect(await found()).toEqual([])
    await db.unsafe("DROP INDEX django_session_session_key_c0390e0f_like, latchkey_user_session_user_id_idx")
    expect(await codes()).toEqual([])
    expect(await found()).toEqual([
      [
        "table.no-index",
        'the table "django_session" has no index for LIKE on session_key',
        "lists of a user's sessions, and the removal of records without a session, read the whole table",
        'CREATE INDEX CONCURRENTLY ON "django_session" ("session_key" varchar_pattern_ops)'
      ],
      [
        "table.no-index",
        'the table "latchkey_user_session" has no index on user_id',
        "lists of a user's sessions read the whole table",
        'CREATE INDEX CONCURRENTLY ON "latchkey_user_session" ("user_id")'
      ]
    ])
    for (const [, , , remedy] of await found()) await db.unsafe(String(remedy))
    expect(await found()).toEqual([])
    await db.unsafe(
      `ALTER TABLE latchkey_user_session RENAME COLUMN key_hash TO session_key;
       ALTER TABLE latchkey_user_session DROP COLUMN key_start`
    )
    expect(await found()).toEqual([
      [
        "table.columns",
        'the table "latchkey_user_session" has no column key_hash, key_start',
        "no user can log in: logins and changes of sessions are answered with 503",
        "run `npx latchkey migrate`, which converts a table of an earlier version, or name another table"
      ]
    ])
  })

  it.each([
    [
      "argon2",
      argon2({ memoryCost: 1024, timeCost: 2, parallelism: 1 }),
      "argon2$argon2id$v=19$m=1024,t=3,p=1$x$y",
      "m=1024,t=3,p=1"
    ],
    [
      "the parallelism of argon2",
      argon2({ memoryCost: 1024, timeCost: 2, parallelism: 1 }),
      "argon2$argon2id$v=19$m=1024,t=2,p=2$x$y",
      "m=1024,t=2,p=2"
    ],
    ["bcrypt", bcryptSha256({ rounds: 4 }), "bcrypt_sha256$$2b$05$x", "05 rounds"],
    ["scrypt", scrypt({ workFactor: 1024, parallelism: 1 }), "scrypt$2048$x$8$1$y", "N=2048,r=8,p=1"],
    [
      "the block size of scrypt",
      scrypt({ workFactor: 1024, parallelism: 1 }),
      "scrypt$1024$x$16$1$y",
      "N=1024,r=16,p=1"
    ],
    ["the parallelism of scrypt", scrypt({ workFactor: 1024, parallelism: 1 }), "scrypt$1024$x$8$2$y", "N=1024,r=8,p=2"]
  ] as const)("compares %s, and finds no fault in passwords of the same cost", async (_, hasher, stored, words) => {
    const users = (password: string) =>
      db`INSERT INTO auth_user VALUES (DEFAULT, ${password}, NULL, false, ${crypto.randomUUID()}, '', '', '', false, true, now())`
    await users(await hasher.encode("a password", "0123456789abcdefghijkl"))
    expect(await diagnose({}, undefined, hasher)).toEqual([])
    await users(stored)
    const found = await diagnose({}, undefined, hasher)
    expect(found.map(({ code }) => code)).toEqual(["passwords.higher-cost"])
    expect(found[0]?.problem).toContain(`the passwords of 1 user are hashed with ${words}, new ones with `)
  })

  it("finds that the order of the hashers is not that of the stored hashes", async () => {
    await db`INSERT INTO auth_user VALUES (1, 'argon2$argon2id$v=19$m=1024,t=2,p=1$x$y', NULL, false, 'a', '', '', '', false, true, now())`
    const [one, ...more] = await diagnose({}, undefined, pbkdf2Sha256({ iterations: 1000 }), argon2())
    expect(more).toEqual([])
    expect(one).toMatchObject({ code: "passwords.other-hasher", severity: "note", confidence: "certain" })
    expect(one?.problem).toBe("the passwords of 1 user are hashed with argon2, and the first hasher is pbkdf2_sha256")
    expect(one?.remedy).toContain("put the hasher argon2 first")
    expect(await diagnose({}, undefined, argon2({ memoryCost: 1024, timeCost: 2, parallelism: 1 }))).toEqual([])
  })

  it("is not sure where a part of the cost is higher and another one lower", async () => {
    await db`INSERT INTO auth_user VALUES (1, 'argon2$argon2id$v=19$m=2048,t=1,p=1$x$y', NULL, false, 'a', '', '', '', false, true, now())`
    const [one] = await diagnose({}, undefined, argon2({ memoryCost: 1024, timeCost: 4, parallelism: 1 }))
    expect(one).toMatchObject({ code: "passwords.higher-cost", confidence: "possible" })
    expect(one?.problem).toContain("with m=2048,t=1,p=1, new ones with m=1024,t=4,p=1")
  })

  it("counts missing tables of permissions as an error, but not beside a user table without them", async () => {
    await db.unsafe("DROP TABLE auth_group_permissions")
    expect((await diagnose()).map(({ severity }) => severity)).toEqual(["error"])
    await db.unsafe("ALTER TABLE auth_user RENAME TO member")
    const own = await diagnose({ users: { table: "member" } })
    expect(new Set(own.map(({ severity }) => severity))).toEqual(new Set(["warning"]))
  })

  it("finds defaults that change what statements mean", async () => {
    const name = new URL(url).pathname.slice(1)
    await db.unsafe(`ALTER DATABASE "${name}" SET DateStyle = 'German'`)
    await db.unsafe(`ALTER DATABASE "${name}" SET work_mem = '8MB'`)
    const found = await diagnose()
    expect(found.map(({ code, severity }) => [code, severity])).toEqual([["postgres.defaults", "note"]])
    expect(found[0]?.problem).toBe("the database or the login sets DateStyle=German")
  })

  it("finds a server that refuses writes", async () => {
    const name = new URL(url).pathname.slice(1)
    await db.unsafe(`ALTER DATABASE "${name}" SET default_transaction_read_only = on`)
    expect(await codes({ pooler: true })).toEqual(["postgres.read-only", "postgres.no-pooler", "postgres.defaults"])
  })

  it("finds clocks that differ", async () => {
    const found = await diagnose({}, () => Date.now() - 60_000)
    expect(found.map(({ code }) => code)).toEqual(["clock.skew"])
    expect(found[0]?.problem).toBe("the clock of the PostgreSQL server is 60 seconds ahead of the clock here")
  })

  it.each([
    ["another secret key", () => textWith("another secret key"), "sessions.secret"],
    // Not JSON, but what Python's pickle writes for {}.
    [
      "another serializer",
      () => signer.sign(Buffer.from("\x80\x04}\x94.", "latin1").toString("base64url"), Date.now()),
      "sessions.serializer"
    ],
    ["another salt", () => textWith(secretKey, "django.contrib.sessions.backends.signed_cookies"), "sessions.salt"]
  ])("finds that sessions are written with %s", async (_, text, expected) => {
    await store(text())
    const found = await diagnose()
    expect(found.map(({ code, severity }) => [code, severity])).toEqual([[expected, "error"]])
    await store(textWith(secretKey))
    expect((await diagnose()).map(({ code, severity }) => [code, severity])).toEqual([[expected, "warning"]])
  })
})
