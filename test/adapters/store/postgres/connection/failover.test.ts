import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { type PostgresStores, postgres } from "../../../../../src/adapters/store/postgres.ts"
import { patient } from "../../../../rig/patience.ts"
import { type PostgresServer, startPostgres } from "../../../../rig/postgres-server.ts"
import { service } from "../../../../rig/services.ts"
import { startProxy, type TcpProxy } from "../../../../rig/tcp-proxy.ts"
import { freshKey } from "../../session-calls.ts"

const NOW = Date.UTC(2026, 0, 1)
const LATER = NOW + 86_400_000

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

describe.skipIf(!service("postgres").available)(
  "an address that leads to a read-only standby, and later to the primary",
  () => {
    let primary: PostgresServer
    let standby: PostgresServer
    let proxy: TcpProxy

    beforeAll(async () => {
      primary = await startPostgres()
      const pg = postgres({ ...patient, url: primary.url })
      await pg.createTables()
      await pg.close()
      standby = await startPostgres({}, primary)
      proxy = await startProxy(standby)
    })
    afterAll(async () => {
      await proxy?.close()
      await standby?.stop()
      await primary?.stop()
    })
    beforeEach(() => proxy.leadTo(standby))

    const insert = (pg: PostgresStores<unknown>, key = freshKey()) =>
      Effect.runPromise(Effect.result(pg.sessions.commit({ _tag: "Insert", key, text: "text", expiresAt: LATER }, NOW)))
    const codeOf = (answer: Result.Result<unknown, { readonly cause: unknown }>) =>
      Result.isFailure(answer) ? answer.failure.cause : answer.success

    for (const pooler of [false, true]) {
      describe(pooler ? "behind a pooler" : "without a pooler", () => {
        const stores = () =>
          postgres({ ...patient, url: proxy.through(primary.url), max: 8, pooler, sessions: { batchReads: false } })

        it("gets new connections after the first write that the standby refuses, so that all writes succeed after the switch", async () => {
          const pg = stores()
          const refused = await Promise.all(Array.from({ length: 8 }, () => insert(pg)))
          for (const answer of refused) expect(codeOf(answer)).toMatchObject({ code: "25006", fate: "misplaced" })
          proxy.leadTo(primary)
          const before = proxy.accepted()
          const written = await Promise.all(Array.from({ length: 48 }, () => insert(pg)))
          expect(written.filter(Result.isFailure)).toEqual([])
          // The new connections are kept, although the standby had refused many statements.
          expect(proxy.accepted() - before).toBeLessThanOrEqual(2 * 8)
          await pg.close()
        })

        it("accepts the first write when only old connections lead to the standby", async () => {
          const pg = stores()
          await Promise.all(Array.from({ length: 64 }, () => Effect.runPromise(pg.sessions.load(freshKey(), NOW))))
          proxy.leadTo(primary)
          expect(Result.isSuccess(await insert(pg))).toBe(true)
          await pg.close()
        })

        it("gets new connections for reads, too, after the standby refused a write, because its data may be stale", async () => {
          const pg = stores()
          const key = freshKey()
          await Promise.all(Array.from({ length: 64 }, () => Effect.runPromise(pg.sessions.load(key, NOW))))
          proxy.leadTo(primary)
          await insert(pg)
          const before = proxy.accepted()
          await Promise.all(Array.from({ length: 64 }, () => Effect.runPromise(pg.sessions.load(key, NOW))))
          expect(proxy.accepted()).toBeGreaterThan(before)
          await pg.close()
        })

        it("gets at most two new connections for each refused write", async () => {
          const pg = stores()
          const before = proxy.accepted()
          for (let i = 0; i < 5; i++) expect(Result.isFailure(await insert(pg))).toBe(true)
          expect(proxy.accepted() - before).toBeLessThanOrEqual(10)
          await pause(50)
          await pg.close()
        })
      })
    }
  }
)
