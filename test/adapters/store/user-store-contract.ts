/** The tests that every user store must pass. */
import { randomBytes } from "node:crypto"
import * as Effect from "effect/Effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { UserStore } from "../../../src/adapters/ports/user-store.ts"
import { NOW } from "./session-calls.ts"

export interface UserStoreUnderTest<User> {
  readonly users: UserStore<User>
  readonly close: () => Promise<void>
}

export const userStoreContract = <User>(name: string, make: () => Promise<UserStoreUnderTest<User>>): void => {
  describe(`users in ${name}`, () => {
    let under: UserStoreUnderTest<User>
    beforeAll(async () => {
      under = await make()
    })
    afterAll(() => under?.close())

    let names = 0
    const freshName = () => `user-${++names}-${randomBytes(4).toString("hex")}`
    const create = (username: string, password = "encoded") =>
      Effect.runPromise(
        under.users.create({ username, email: "a@example.com", password, isStaff: false, isSuperuser: false }, NOW)
      )
    const created = async (password?: string) => {
      const row = await create(freshName(), password)
      if (row === undefined) throw new Error("the name is taken")
      return row
    }
    const byId = (id: string) => Effect.runPromise(under.users.findById(id))

    it("finds a created user by name and by id", async () => {
      const username = freshName()
      const row = await create(username, "pbkdf2_sha256$1$salt$hash")
      expect(row).toMatchObject({ password: "pbkdf2_sha256$1$salt$hash", isActive: true })
      expect(await Effect.runPromise(under.users.findByUsername(username))).toEqual(row)
      expect(await byId(row!.id)).toEqual(row)
    })
    it("gives the id of a user", async () => {
      const { id, user } = await created()
      expect(under.users.idOf(user)).toBe(id)
    })
    it("does not normalise names: case, spaces, accents", async () => {
      const username = `É ${freshName()}`
      await create(username)
      for (const other of [username.toLowerCase(), ` ${username}`, `${username} `, username.normalize("NFD")]) {
        expect(await Effect.runPromise(under.users.findByUsername(other))).toBeUndefined()
      }
    })
    it("does not create a name twice, also in parallel", async () => {
      const username = freshName()
      const rows = await Promise.all(Array.from({ length: 8 }, (_, i) => create(username, `encoded ${i}`)))
      const winners = rows.filter((row) => row !== undefined)
      expect(winners).toHaveLength(1)
      expect(await Effect.runPromise(under.users.findByUsername(username))).toEqual(winners[0])
    })
    it.each(["nobody\0", "\ud800", ""])("finds no user under the impossible name %j", async (username) => {
      expect(await Effect.runPromise(under.users.findByUsername(username))).toBeUndefined()
    })
    it.each([
      "0x1",
      "1e3",
      "1.0",
      " 1",
      "+1",
      "01",
      "\u0661",
      "1\0",
      "\ud800",
      "",
      "-",
      "9".repeat(400),
      "'; DROP TABLE auth_user; --"
    ])("finds no user under the impossible id %j", async (id) => {
      expect(await byId(id)).toBeUndefined()
      expect(await Effect.runPromise(under.users.setPassword(id, "encoded"))).toBe(false)
      expect(await Effect.runPromise(under.users.upgradePassword(id, "encoded", "better"))).toBe(false)
      await Effect.runPromise(under.users.recordLogin(id, NOW))
      expect(await run(optional("setEmail")(id, { was: "a@example.com", email: "b@example.com" }))).toBe(false)
      expect(await run(optional("setActive")(id, false))).toBe(false)
      expect(await run(optional("delete")(id))).toEqual({ _tag: "UserAbsent" })
    })
    it("upgrades a password only if it is still the verified one", async () => {
      const { id } = await created("verified")
      await Effect.runPromise(under.users.setPassword(id, "changed meanwhile"))
      expect(await Effect.runPromise(under.users.upgradePassword(id, "verified", "better"))).toBe(false)
      expect((await byId(id))?.password).toBe("changed meanwhile")
      expect(await Effect.runPromise(under.users.upgradePassword(id, "changed meanwhile", "better"))).toBe(true)
      expect((await byId(id))?.password).toBe("better")
    })
    it("sets a password of a user who exists", async () => {
      const { id } = await created()
      expect(await Effect.runPromise(under.users.setPassword(id, "new"))).toBe(true)
      expect((await byId(id))?.password).toBe("new")
    })
    it("records a login and changes nothing else", async () => {
      const row = await created()
      await Effect.runPromise(under.users.recordLogin(row.id, NOW))
      const after = await byId(row.id)
      expect({ ...after, user: undefined }).toEqual({ ...row, user: undefined })
      expect(after?.user).toEqual({ ...row.user, lastLoginAt: NOW })
    })
    it("finds users by id and by address, with the fields that their password-reset tokens need", async () => {
      const [address, other] = [`${freshName()}@example.com`, `${freshName()}@example.com`]
      const enrol = async (email: string) => {
        const fields = { username: freshName(), email, password: "encoded", isStaff: false, isSuperuser: false }
        const row = await Effect.runPromise(under.users.create(fields, NOW))
        if (row === undefined) throw new Error("the name is taken")
        return row
      }
      const [first, second] = [await enrol(address), await enrol(address.toUpperCase())]
      await enrol(other)
      const find = (by: { readonly id: string } | { readonly email: string }) =>
        Effect.runPromise(under.users.findForReset?.(by) ?? Effect.die("this store has none"))

      expect(await find({ id: first.id })).toEqual([{ ...first, email: address, lastLoginAt: null }])
      await Effect.runPromise(under.users.recordLogin(first.id, NOW))
      expect(await find({ id: first.id })).toMatchObject([{ id: first.id, password: "encoded", lastLoginAt: NOW }])
      const ids = (await find({ email: address })).map(({ id }) => id)
      expect(ids.sort()).toEqual([first.id, second.id].sort())
      for (const nobody of [`${freshName()}@example.com`, address.slice(1), "%", "\0", "\ud800"])
        expect(await find({ email: nobody })).toEqual([])
      for (const id of ["0x1", " 1", "1\0", "", "2147483647", "'; DROP TABLE auth_user; --"])
        expect(await find({ id })).toEqual([])
    })
    const optional = <Name extends "setEmail" | "setActive" | "delete">(name: Name) =>
      under.users[name] ?? expect.fail(`this store has no ${name}`)
    const run = Effect.runPromise<unknown, unknown>
    const emailOf = async (id: string) => {
      const [row] = await Effect.runPromise(under.users.findForReset?.({ id }) ?? Effect.die("this store has none"))
      return row?.email
    }

    it("changes an address if the stored one is still the one that the change replaces", async () => {
      const { id, user } = await created()
      const change = (was: string | null, email: string) => run(optional("setEmail")(id, { was, email }))
      expect(await change("b@example.com", "c@example.com")).toBe(false)
      expect(await change(null, "c@example.com")).toBe(false)
      expect(await emailOf(id)).toBe("a@example.com")
      expect(await change("a@example.com", "c@example.com")).toBe(true)
      expect((await byId(id))?.user).toEqual({ ...user, email: "c@example.com" })
      const answers = await Promise.all([1, 2, 3, 4].map((n) => change("c@example.com", `${n}@example.com`)))
      expect(answers.filter(Boolean)).toHaveLength(1)
      expect(await emailOf(id)).toBe(`${answers.indexOf(true) + 1}@example.com`)
    })
    it("changes name and address together, if no other user has the name", async () => {
      const [taken, name] = [freshName(), freshName()]
      await create(taken)
      const { id } = await created()
      const change = (username: string) =>
        run(optional("setEmail")(id, { was: "a@example.com", email: "b@example.com", username }))
      expect(await change(taken)).toBe(false)
      expect(await emailOf(id)).toBe("a@example.com")
      expect(await change(name)).toBe(true)
      expect(await emailOf(id)).toBe("b@example.com")
      expect((await Effect.runPromise(under.users.findByUsername(name)))?.id).toBe(id)
      const own = { was: "b@example.com", email: "c@example.com", username: name }
      expect(await run(optional("setEmail")(id, own))).toBe(true)
    })
    const enrolled = async (
      email: string,
      more: { readonly isActive?: boolean; readonly requiresFreeAddress?: true }
    ) => {
      const fields = { username: freshName(), email, password: "encoded", isStaff: false, isSuperuser: false, ...more }
      return Effect.runPromise(under.users.create(fields, NOW))
    }
    const free = { requiresFreeAddress: true } as const

    it("creates a user whose address must be free, unless a confirmed user has it", async () => {
      const address = `${freshName()}@example.com`
      const unconfirmed = (await enrolled(address, { isActive: false })) ?? expect.fail("the name is taken")
      await Effect.runPromise(under.users.recordLogin(unconfirmed.id, NOW))
      expect(await enrolled(address, free)).toBeUndefined()
      const other = `${freshName()}@example.com`
      await enrolled(other, { isActive: false })
      expect(await enrolled(other, free)).toMatchObject({ isActive: true })
      expect(await enrolled(other.toUpperCase(), free)).toBeUndefined()
      expect(await enrolled(other.replace("example", "\u0131example"), free)).toBeDefined()
      expect(await enrolled(other.replace("example", "iexample"), free)).toBeDefined()
      expect(await enrolled(other, {})).toBeDefined()
    })
    it("changes an address to one that must be free, unless another confirmed user has it", async () => {
      const [own, taken] = [`${freshName()}@example.com`, `${freshName()}@example.com`]
      await enrolled(taken, {})
      const { id } = (await enrolled(own, {})) ?? expect.fail("the name is taken")
      const change = (email: string) => run(optional("setEmail")(id, { was: own, email, ...free }))
      expect(await change(taken.toUpperCase())).toBe(false)
      expect(await emailOf(id)).toBe(own)
      expect(await change(own.toUpperCase())).toBe(true)
    })
    it("gives an address that must be free to one of several users at the same moment", async () => {
      for (let round = 0; round < 5; round++) {
        const address = `${freshName()}@example.com`
        const users = await Promise.all([1, 2, 3].map((n) => enrolled(`${n}-${address}`, {})))
        const answers = await Promise.all([
          ...[1, 2, 3].map(
            async (n) => (await enrolled(n === 1 ? address.toUpperCase() : address, free)) !== undefined
          ),
          ...users.map((user, n) =>
            run(optional("setEmail")(user?.id ?? "", { was: `${n + 1}-${address}`, email: address, ...free }))
          )
        ])
        expect(answers.filter(Boolean)).toHaveLength(1)
        const holders = under.users.findForReset?.({ email: address }) ?? Effect.die("this store has none")
        expect(await run(holders)).toHaveLength(1)
      }
    })
    it("deactivates and activates a user", async () => {
      const { id } = await created()
      for (const isActive of [false, false, true]) {
        expect(await run(optional("setActive")(id, isActive))).toBe(true)
        expect((await byId(id))?.isActive).toBe(isActive)
      }
    })
    it("creates inactive users", async () => {
      const fields = { username: freshName(), email: "", password: "checked", isStaff: false, isSuperuser: false }
      const row = await Effect.runPromise(under.users.create({ ...fields, isActive: false }, NOW))
      expect(row).toMatchObject({ isActive: false })
      expect(await byId(row?.id ?? "")).toMatchObject({ isActive: false })
    })
    it("deletes a user once", async () => {
      const username = freshName()
      const { id } = (await create(username)) ?? expect.fail("the name is taken")
      const other = await created()
      const answers = await Promise.all([1, 2, 3].map(() => run(optional("delete")(id))))
      expect(answers.filter((answer) => JSON.stringify(answer) === '{"_tag":"UserDeleted"}')).toHaveLength(1)
      expect(answers).toContainEqual({ _tag: "UserAbsent" })
      expect(await byId(id)).toBeUndefined()
      expect(await create(username)).toBeDefined()
      expect(await byId(other.id)).toEqual(other)
    })
    it("recognises its own rows, and no copies of them", async () => {
      const row = await created()
      expect(under.users.owns(row)).toBe(true)
      expect(under.users.owns({ ...row })).toBe(false)
      expect(under.users.owns(undefined)).toBe(false)
    })
  })
}
