/** throttle list and reset: by user, address, e-mail address and key, on a real database. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import sql from "postgres"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { createAuth } from "../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../src/adapters/backend/model-backend.ts"
import { pbkdf2Sha256 } from "../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import { postgres, postgresThrottle } from "../../src/adapters/store/postgres.ts"
import { latchkey } from "../rig/command.ts"
import { type PostgresServer, startPostgres } from "../rig/postgres-server.ts"
import { service } from "../rig/services.ts"

const secretKey = "k4-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe-throttle"
const root = join(import.meta.dirname, "../..")

const folder = mkdtempSync(join(tmpdir(), "latchkey-throttle-"))
const run = (args: ReadonlyArray<string>, env = {}) => latchkey(["throttle", ...args], { cwd: folder, env })
beforeAll(() => {
  mkdirSync(join(folder, "node_modules"))
  symlinkSync(root, join(folder, "node_modules", "latchkey"))
  symlinkSync(join(root, "node_modules", "postgres"), join(folder, "node_modules", "postgres"))
  writeFileSync(
    join(folder, "memory.ts"),
    `import { createAuth, modelBackend } from "latchkey"
    import { memory, memoryThrottle } from "latchkey/memory"
    const { sessions, users } = memory()
    const options = { secretKey: "${secretKey}", sessions, backends: { m: modelBackend(users) } }
    export const auth = createAuth(process.env.THROTTLE ? { ...options, throttle: { store: memoryThrottle() } } : options)`
  )
})
afterAll(() => rmSync(folder, { recursive: true }))

describe("throttle, without a store that the command can see", () => {
  it("says that the throttle is off", async () => {
    for (const args of [["list"], ["reset", "--user", "alice"]])
      expect(await run([...args, "--config", "memory.ts"])).toEqual({
        ...{ code: 78, stdout: "" },
        stderr: "latchkey: the throttle is off: write throttle: { store } among the options of createAuth\n"
      })
  })

  it("says that another process's memory cannot be seen", async () => {
    const { code, stderr, stdout } = await run(["list", "--config", "memory.ts"], { THROTTLE: "1" })
    expect({ code, stdout }).toEqual({ code: 78, stdout: "" })
    expect(stderr).toContain("memory.ts: its throttle store counts in the memory of each process")
  })

  it("asks whose failures to forget, and for an address that is one", async () => {
    const [none, wrong] = [await run(["reset", "--config", "memory.ts"]), await run(["list", "--address", "here"])]
    expect([none.code, wrong.code]).toEqual([64, 64])
    expect(none.stderr).toContain("write whose failures to forget: --user, --address, --email or --key")
    expect(wrong.stderr).toContain('--address: "here" is not an IP address')
  })
})

describe.skipIf(!service("postgres").available)("throttle, on PostgreSQL", () => {
  let server: PostgresServer
  let db: sql.Sql
  let site: { readonly fail: (username: string, address: string) => Promise<void>; readonly close: () => Promise<void> }
  beforeAll(async () => {
    server = await startPostgres()
    db = sql(server.url, { max: 1, onnotice: () => {} })
    writeFileSync(
      join(folder, "auth.ts"),
      `import { createAuth, modelBackend } from "latchkey"
      import { postgres, postgresThrottle } from "latchkey/postgres"
      const pg = postgres({ url: "${server.url}" })
      export const auth = createAuth({
        secretKey: "${secretKey}", sessions: pg.sessions, backends: { m: modelBackend(pg.users) },
        throttle: { store: postgresThrottle({ client: pg.client }) }
      })`
    )
    const pg = postgres({ url: server.url })
    const auth = createAuth({
      ...{ secretKey, sessions: pg.sessions, backends: { m: modelBackend(pg.users) } },
      hashers: [pbkdf2Sha256({ iterations: 1 })],
      throttle: { store: postgresThrottle({ client: pg.client }) }
    })
    site = {
      close: pg.close,
      fail: async (username, clientAddress) => {
        const { context } = auth.open({
          ...{ method: "GET", target: "/", headers: [] },
          transport: { secure: false, serverName: "localhost", serverPort: "80", clientAddress }
        })
        await context.authenticate({ username, password: "no" })
      }
    }
  })
  afterAll(async () => {
    await Promise.all([site?.close(), db?.end()])
    await server?.stop()
  })

  it("has its table made by migrate, and says that it is unreachable before", async () => {
    const before = await run(["list"])
    expect(before.code).toBe(69)
    expect(before.stderr).toContain("list the keys of the throttle")
    const { code, stdout } = await latchkey(["migrate"], { cwd: folder })
    expect(code).toBe(0)
    expect(stdout).toContain("latchkey_throttle does not exist: created")
    expect(await run(["list"])).toEqual({ code: 0, stdout: "no failures are counted\n", stderr: "" })
    expect((await run(["list", "--json"])).stdout).toBe('{"keys":[]}\n')
  })

  it("lists keys without names, and the keys of a name that is given", async () => {
    for (let at = 1; at <= 6; at++) await site.fail("alice", `198.51.100.${at}`)
    await site.fail("bob", "198.51.100.1")
    const all = await run(["list"])
    expect(all.code).toBe(0)
    expect(all.stdout.split("\n")[0]).toMatch(
      /^account:[\w-]{43} {2}5 failures {2}waits (until \d{4}-\S+Z|no longer) {2}forgotten \d{4}-\S+Z$/
    )
    expect(all.stdout.trim().split("\n")).toHaveLength(8)
    expect(all.stdout).not.toMatch(/alice|bob|198\.51/)
    const { keys } = JSON.parse((await run(["list", "--user", " alice", "--json"])).stdout)
    expect(keys).toEqual([
      {
        ...{ key: expect.stringMatching(/^account:/), kind: "account", failures: 5 },
        waitsUntil: keys[0].waitsUntil === null ? null : expect.stringMatching(/Z$/),
        forgottenAt: expect.stringMatching(/Z$/)
      }
    ])
    expect((await run(["list", "--address", "198.51.100.1"])).stdout).toMatch(/^network:[\w-]{43} {2}2 failures /)
    expect((await run(["list", "--user", "carol"])).stdout).toBe("no failures are counted for carol\n")
  })

  it("forgets the failures of a user", async () => {
    expect(await run(["reset", "--user", "alice"])).toEqual({
      ...{ code: 0, stderr: "" },
      stdout: "forgot the failures of 1 key for alice\n"
    })
    expect(await run(["reset", "--user", "alice", "--json"])).toMatchObject({ code: 0, stdout: '{"reset":0}\n' })
  })

  it("forgets the failures of an address, and of no other", async () => {
    expect((await run(["reset", "--address", "198.51.100.1", "--json"])).stdout).toBe('{"reset":1}\n')
    const rows =
      await db`SELECT split_part(key, ':', 1) AS kind, count(*)::int FROM latchkey_throttle GROUP BY 1 ORDER BY 1`
    expect([...rows]).toEqual([
      { kind: "account", count: 1 },
      { kind: "network", count: 5 }
    ])
  })

  it("forgets the failures of a key, and refuses one that has none", async () => {
    const [row] = await db`SELECT key FROM latchkey_throttle WHERE key LIKE 'network:%'`
    expect((await run(["reset", "--key", row?.["key"], "--json"])).stdout).toBe('{"reset":1}\n')
    const again = await run(["reset", "--key", row?.["key"]])
    expect(again).toMatchObject({ code: 1, stdout: "" })
    expect(again.stderr).toContain("no failures were counted for")
  })

  it("has its forgotten keys removed by clearsessions", async () => {
    await db`UPDATE latchkey_throttle SET forgotten_at = now() WHERE key LIKE 'network:%'`
    const { code, stdout } = await latchkey(["clearsessions"], { cwd: folder })
    expect({ code, stdout }).toEqual({ code: 0, stdout: "removed 0 expired sessions\n" })
    const rows = await db`SELECT split_part(key, ':', 1) AS kind, count(*)::int FROM latchkey_throttle GROUP BY 1`
    expect([...rows]).toEqual([{ kind: "account", count: 1 }])
  })
})
