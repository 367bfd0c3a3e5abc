import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { createAuth } from "../../../../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../../../../src/adapters/backend/model-backend.ts"
import { BadRequest } from "../../../../../src/adapters/errors/errors.ts"
import { pbkdf2Sha256 } from "../../../../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import type { SessionStore } from "../../../../../src/adapters/ports/session-store.ts"
import type { UserStore } from "../../../../../src/adapters/ports/user-store.ts"
import { memory } from "../../../../../src/adapters/store/memory.ts"
import { postgres } from "../../../../../src/adapters/store/postgres.ts"
import { patient } from "../../../../rig/patience.ts"
import { startPostgres } from "../../../../rig/postgres-server.ts"
import { service } from "../../../../rig/services.ts"

interface Stores<User> {
  readonly sessions: SessionStore
  readonly users: UserStore<User>
}

const resets = <User extends object>(stores: () => Stores<User>) => {
  let names = 0
  const scene = async () => {
    const { sessions, users } = stores()
    const auth = createAuth({
      secretKey: "s",
      sessions,
      backends: { model: modelBackend(users) },
      hashers: [pbkdf2Sha256({ iterations: 1 })]
    })
    const user = await auth.createUser({ username: `user ${++names}`, email: `${names}@example.com`, password: "old" })
    if (user === undefined) throw new Error("taken")
    const token = await auth.passwordResetToken(user)
    if (token === undefined) throw new Error("no token")
    return { auth, user, token }
  }

  it("succeeds for one of two requests at the same moment, and for none afterwards", async () => {
    const { auth, token, user } = await scene()
    const done = await Promise.all(["one", "two", "three"].map((password) => auth.resetPassword(user, token, password)))
    expect(done.filter(Boolean)).toHaveLength(1)
    const now = ["one", "two", "three"][done.indexOf(true)] ?? ""
    expect(await auth.checkPassword(user, now)).toBe(true)
    expect(await auth.resetPassword(user, token, "later")).toBe(false)
    expect(await auth.checkPassword(user, now)).toBe(true)
  })

  it("is refused for a token of another user or a text that is no token, and changes nothing", async () => {
    const { auth, user } = await scene()
    const other = await scene()
    for (const token of [other.token, "", "x", "nope-nope"])
      expect(await auth.resetPassword(user, token, "new")).toBe(false)
    expect(await auth.checkPassword(user, "old")).toBe(true)
  })

  it("never undoes a password that is set at the same moment", async () => {
    const { auth, token, user } = await scene()
    await Promise.all([auth.resetPassword(user, token, "by the link"), auth.setPassword(user, "by the owner")])
    expect(await auth.checkPassword(user, "by the owner")).toBe(true)
    expect(await auth.resetPassword(user, token, "later")).toBe(false)
  })

  it("fails with a client error for a text that cannot be a password, and the link stays valid", async () => {
    const { auth, token, user } = await scene()
    await expect(auth.resetPassword(user, token, "x".repeat(5000))).rejects.toBeInstanceOf(BadRequest)
    expect(await auth.resetPassword(user, token, "new")).toBe(true)
  })
}

describe("a password reset in memory", () => {
  const stores = memory()
  resets(() => stores)
})

describe.skipIf(!service("postgres").available)("a password reset in PostgreSQL", () => {
  let stop = async () => {}
  let pg: ReturnType<typeof postgres> | undefined
  beforeAll(async () => {
    const server = await startPostgres()
    const own = postgres({ ...patient, url: server.url })
    await own.createTables()
    pg = own
    stop = async () => {
      await own.close()
      await server.stop()
    }
  })
  afterAll(() => stop())
  resets(() => {
    if (pg === undefined) throw new Error("not started")
    return pg
  })
})
