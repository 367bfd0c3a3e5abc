/** Hostile cookies, keys and stored sessions, where the examples keep sessions in signed cookies, in files and in Redis. */
import { randomBytes } from "node:crypto"
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Example, examples } from "../corpus/cases.ts"
import { cookieLines, cookieRows } from "../corpus/cookies.ts"
import { expectReason, recordCases } from "../corpus/recording.ts"
import keys from "../corpus/session-key.json" with { type: "json" }
import signedTexts from "../corpus/signed.json" with { type: "json" }
import faults from "../corpus/store.json" with { type: "json" }
import { type ExampleProcess, startExample } from "../rig/example.ts"
import { type PostgresServer, startPostgres } from "../rig/postgres-server.ts"
import { type RedisServer, startRedis } from "../rig/redis-server.ts"
import { longSuite, service, serviceOf } from "../rig/services.ts"
import { ask, cookiesOf, type Reply, request } from "./wire.ts"

const isBuilt = existsSync(join(import.meta.dirname, "../../examples/next/.next/BUILD_ID"))
const needed = [
  longSuite(),
  service("postgres"),
  service("redis"),
  serviceOf(isBuilt ? undefined : "examples/next is not built (npm ci && npm run build, in that folder)")
]

const entryOf = (example: Example): string => `examples/${example}/server.ts`
const rowsOf = <R extends { readonly id: string }>(rows: ReadonlyArray<R>, ...ids: ReadonlyArray<string>) =>
  rows.filter(({ id }) => ids.includes(id))

describe.skipIf(!needed.every(({ available }) => available))("sessions of an example", () => {
  let server: PostgresServer
  let redis: RedisServer
  beforeAll(async () => {
    server = await startPostgres()
    redis = await startRedis()
  })
  afterAll(async () => {
    await redis?.stop()
    await server?.stop()
  })

  describe.each(examples)("on %s", (example) => {
    let running: ExampleProcess
    const start = async (secretKey: string, more: object): Promise<void> => {
      running = await startExample({ entry: entryOf(example), databaseUrl: server.url, secretKey, ...more })
    }
    afterAll(() => running?.stop())

    const send = (method: string, lines: ReadonlyArray<string>, body = ""): Promise<Reply> =>
      ask(Number(new URL(running.url).port), request(method, "/session", lines, body))
    const read = async (key: string) => (await send("GET", [`Cookie: sessionid=${key}`])).body
    /** The key of the session that a write gives. */
    const write = async (lines: ReadonlyArray<string>): Promise<string | undefined> => {
      const reply = await send("POST", lines, '{"mine":true}')
      expect([reply.status, reply.body]).toEqual([200, '{"mine":true}'])
      return cookiesOf(reply)
        .map((cookie) => /^sessionid=([a-z0-9]{32});/.exec(cookie)?.[1])
        .find((key) => key !== undefined)
    }
    const keyLine = (input: string): string =>
      input === "type:array"
        ? `Cookie: sessionid[]=${"a".repeat(32)}`
        : `Cookie: sessionid=${Buffer.from(input.trimEnd()).toString("latin1")}`

    describe("in signed cookies", () => {
      const cases = recordCases()
      // The texts were signed on the first day of 2026.
      const settings = { sessionCookie: { ageSeconds: 30 * 365 * 86_400 } }
      beforeAll(async () => {
        const secretKeyFallbacks = ["old".repeat(20)]
        const env = { AUTH_OPTIONS: JSON.stringify(settings) }
        await start("k".repeat(50), { sessionEngine: "signed_cookies", secretKeyFallbacks, env })
      }, 180_000)
      afterAll(() => running?.stop())

      it("are read from the text that the others were made from", async () => {
        expect(await read("eyJuIjoxfQ:1vb66i:oHrrS-tNq8cpV4FgwUlRdSrUKe1a3vcPkMBV3qb-sOE")).toBe('{"n":1}')
      })

      const texts = signedTexts.filter(({ gen, id }) => gen === undefined && id !== "B073")
      cases.each("signed cookies", texts)("answer $id: $expect", async (row) => {
        const body = await read(row.input)
        expect(['{"n":1}', "{}"]).toContain(body)
        expectReason("signed cookies", row, body !== "{}")
      })

      cases.each("signed cookies", rowsOf(signedTexts, "B095"))(
        "are never too large for a browser ($id)",
        async (row) => {
          const noise = randomBytes(3500).toString("base64")
          const reply = await send("POST", [], JSON.stringify({ noise }))
          expect(cookiesOf(reply)).toEqual([])
          expect(reply.status).toBe(413)
          expectReason("signed cookies", row, reply.status !== 500)
        }
      )

      cases.isComplete("signed cookies")
    })

    describe("in files", () => {
      const cases = recordCases()
      const root = mkdtempSync(join(tmpdir(), "latchkey-hostile-"))
      const folder = join(root, "sessions")
      const pathOf = (key: string) => join(folder, `sessionid${key}`)
      beforeAll(async () => {
        mkdirSync(folder, { mode: 0o700 })
        await start("f".repeat(50), { sessionEngine: "file", sessionFilePath: folder })
      }, 180_000)
      afterAll(async () => {
        await running?.stop()
        rmSync(root, { recursive: true })
      })

      const isNeverUsed = async (lines: ReadonlyArray<string>): Promise<void> => {
        const before = readdirSync(root)
        const key = await write(lines)
        expect(existsSync(pathOf(key ?? "none"))).toBe(true)
        expect(readdirSync(root)).toEqual(before)
        for (const name of readdirSync(folder)) expect(name).toMatch(/^sessionid[a-z0-9]{32}/)
      }
      cases.each("file sessions", rowsOf(cookieRows, "B017", "B019"))("have no path of a client: $input ($id)", (row) =>
        isNeverUsed(cookieLines(row, "", ""))
      )
      cases.each("file sessions", keys)("have no key of a client: $expect ($id)", ({ input }) =>
        isNeverUsed([keyLine(input)])
      )

      cases.each("file sessions", rowsOf(faults, "B489"))("are not read from links: $input ($id)", async () => {
        const key = (await write([])) ?? expect.fail("no session")
        expect(await read(key)).toBe('{"mine":true}')
        const moved = join(root, "elsewhere")
        writeFileSync(moved, readFileSync(pathOf(key)))
        rmSync(pathOf(key))
        symlinkSync(moved, pathOf(key))
        expect(await read(key)).toBe("{}")
        expect(await write([`Cookie: sessionid=${key}`])).not.toBe(key)
        rmSync(pathOf(key))
      })

      cases.each("file sessions", rowsOf(faults, "B491"))("may be empty files: $input ($id)", async () => {
        const key = (await write([])) ?? expect.fail("no session")
        writeFileSync(pathOf(key), "")
        expect(await read(key)).toBe("{}")
        await write([`Cookie: sessionid=${key}`])
      })

      cases.isComplete("file sessions")
    })

    describe("in Redis", () => {
      const cases = recordCases()
      const nameOf = (key: string) => `:1:django.contrib.sessions.cache${key}`
      beforeAll(async () => {
        await start("r".repeat(50), { sessionEngine: "cache", env: { REDIS_URL: redis.url } })
      }, 180_000)

      cases.each("Redis sessions", keys)("have no key of a client: $expect ($id)", async ({ input }) => {
        const other = (await write([])) ?? expect.fail("no session")
        const key = await write([keyLine(input)])
        expect([key === undefined, key === input, key === other]).toEqual([false, false, false])
        expect(await redis.ask("EXISTS", nameOf(input))).toBe(0)
        expect(await read(other)).toBe('{"mine":true}')
      })

      cases.each("Redis sessions", rowsOf(faults, "B487"))("are not unpickled: $input ($id)", async () => {
        const key = (await write([])) ?? expect.fail("no session")
        const pickle = [128, 4, 149, 9, 0, 0, 0, 0, 0, 0, 0, 125, 148, 140, 1, 97, 148, 75, 1, 115, 46]
        const bytes = pickle.map((byte) => `\\${String(byte).padStart(3, "0")}`).join("")
        await redis.ask("EVAL", `redis.call('SET', KEYS[1], '${bytes}') return 1`, "1", nameOf(key))
        expect(await read(key)).toBe("{}")
        await write([`Cookie: sessionid=${key}`])
      })

      cases.isComplete("Redis sessions")
    })
  })
})
