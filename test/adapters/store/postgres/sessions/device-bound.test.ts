/** The statements that device-bound sessions cost on PostgreSQL. */
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { createAuth } from "../../../../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../../../../src/adapters/backend/model-backend.ts"
import { pbkdf2Sha256 } from "../../../../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import { postgres } from "../../../../../src/adapters/store/postgres.ts"
import { makeDevice } from "../../../../rig/device.ts"
import { patient } from "../../../../rig/patience.ts"
import { type PostgresServer, startPostgres } from "../../../../rig/postgres-server.ts"
import { service } from "../../../../rig/services.ts"

describe.skipIf(!service("postgres").available)("device-bound sessions on PostgreSQL", () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server?.stop())

  it("cost nothing for a probe, one query for a proof, and one query and one write for a registration", async () => {
    const pg = postgres({ ...patient, url: server.url, max: 1 })
    const auth = createAuth({
      secretKey: "statements-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe",
      sessions: pg.sessions,
      backends: { model: modelBackend(pg.users) },
      hashers: [pbkdf2Sha256({ iterations: 1 })],
      sessionCookie: { secure: true },
      deviceBound: { mode: "enforce", djangoChecks: false }
    })
    try {
      await pg.createTables()
      const alice = (await auth.createUser({ username: "alice", password: "alice's" })) ?? expect.fail("no user")
      const open = (target: string, headers: Record<string, string>) =>
        auth.open({
          method: "POST",
          target,
          headers: Object.entries(headers),
          transport: { secure: true, serverName: "example.com", serverPort: "443" }
        })
      const login = open("/", {})
      await login.context.login(alice)
      const { cookies, registration = "" } = await login.respond(200)
      const cookie = cookies.map((line) => line.split(";")[0]).join("; ")
      const ask = async (target: string, headers: Record<string, string>) => {
        let answer: { readonly status?: number; readonly headers?: Record<string, string> } = {}
        const texts = await server.statementsOf(async () => {
          answer = await Promise.resolve(
            open(target, { cookie, ...headers }).enter({
              body: undefined,
              exempt: () => false,
              loginRequired: undefined
            })
          ).then(
            () => ({}),
            (error) => error
          )
        })
        return { ...answer, statements: texts.map((text) => /^\s*(\w+)/.exec(text)?.[1]?.toUpperCase()) }
      }
      const device = makeDevice()
      const challenge = /challenge="([^"]*)"/.exec(registration)?.[1] ?? ""
      const id = challenge.split(".")[1] ?? ""
      const proof = device.register(challenge)
      const registered = await ask("/dbsc/register", { "secure-session-response": proof })
      expect([registered.status, registered.statements.length]).toEqual([200, 2])
      const probe = await ask("/dbsc/refresh", { "sec-secure-session-id": id })
      expect([probe.status, probe.statements]).toEqual([403, []])
      const next = /^"([^"]*)"/.exec(probe.headers?.["secure-session-challenge"] ?? "")?.[1] ?? ""
      const proved = await ask("/dbsc/refresh", {
        "sec-secure-session-id": id,
        "secure-session-response": device.prove(next)
      })
      expect([proved.status, proved.statements]).toEqual([200, ["SELECT"]])
    } finally {
      await pg.close()
    }
  })
})
