/** The tests of stores that load a session together with its user. */
import { randomBytes } from "node:crypto"
import * as Effect from "effect/Effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type * as Key from "../../../src/core/session-key.ts"
import { absent, found, freshKey, LATER, NOW } from "./session-calls.ts"
import type { SessionStoreUnderTest } from "./session-store-contract.ts"
import type { UserStoreUnderTest } from "./user-store-contract.ts"

const BACKEND = "django.contrib.auth.backends.ModelBackend"

export const prefetchContract = <User>(
  name: string,
  make: () => Promise<SessionStoreUnderTest & UserStoreUnderTest<User>>
): void => {
  describe(`users that are loaded together with sessions in ${name}`, () => {
    let under: SessionStoreUnderTest & UserStoreUnderTest<User>
    beforeAll(async () => {
      under = await make()
    })
    afterAll(() => under?.close())

    const arrange = async () => {
      const username = `user-${randomBytes(6).toString("hex")}`
      const user = { username, email: "", password: "encoded", isStaff: false, isSuperuser: false }
      const row = await Effect.runPromise(under.users.create(user, NOW))
      const key = freshKey()
      await Effect.runPromise(under.store.commit({ _tag: "Insert", key, text: "text", expiresAt: LATER }, NOW))
      return { key, row: row!, remember: (id: string) => under.store.prefetch?.remember(key, BACKEND, id) }
    }
    const load = (key: Key.SessionKey) => Effect.runPromise(under.store.load(key, NOW))

    it("are those of the user store", () => {
      expect(under.store.prefetch?.users).toBe(under.users)
    })
    it("are loaded after `remember`, with their current fields", async () => {
      const { key, row, remember } = await arrange()
      expect(await load(key)).toEqual(found("text"))
      remember(row.id)
      expect(await load(key)).toEqual({ ...found("text"), prefetched: { backend: BACKEND, id: row.id, known: row } })
      await Effect.runPromise(under.users.setPassword(row.id, "new"))
      const answer = await load(key)
      const known = answer._tag === "SessionFound" ? answer.prefetched?.known : undefined
      expect(known).toMatchObject({ id: row.id, password: "new" })
      expect(under.users.owns(known)).toBe(true)
    })
    it("are undefined when there is no such user", async () => {
      const { key, remember } = await arrange()
      remember("2147483647")
      expect(await load(key)).toEqual({
        ...found("text"),
        prefetched: { backend: BACKEND, id: "2147483647", known: undefined }
      })
    })
    it("are not queried under an impossible id", async () => {
      const { key, remember } = await arrange()
      remember("0x1")
      const answer = await load(key)
      expect(answer._tag === "SessionFound" ? answer.prefetched?.known : "absent").toBeUndefined()
    })
    it("are not loaded with an expired or deleted session, which stays absent", async () => {
      const { key, row, remember } = await arrange()
      remember(row.id)
      expect(await Effect.runPromise(under.store.load(key, LATER))).toEqual(absent)
      await Effect.runPromise(under.store.commit({ _tag: "Delete", key }, NOW))
      expect(await load(key)).toEqual(absent)
    })
  })
}
