/** Finding, changing and deleting stored users. */
import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { createAuth } from "../../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../../src/adapters/backend/model-backend.ts"
import { BadRequest, StillReferenced } from "../../../src/adapters/errors/errors.ts"
import { memory } from "../../../src/adapters/store/memory.ts"
import { application, browser, logIn, model, whoIsThere } from "../request/site.ts"

const arrange = async () => {
  const site = await application()
  const carol = await site.auth.createUser({ username: "carol", email: "Carol@Example.com", password: "carol's" })
  return { ...site, carol: carol ?? expect.fail("taken") }
}

describe("finding a user", () => {
  it("takes the name as it is stored, or the id", async () => {
    const { auth, carol } = await arrange()
    expect(await auth.findUser({ username: "carol" })).toEqual(carol)
    expect(await auth.findUser({ id: String(carol.id) })).toEqual(carol)
    for (const username of ["Carol", " carol", "nobody", ""]) expect(await auth.findUser({ username })).toBeUndefined()
    for (const by of ["{}", '{ "username": 5 }', '{ "username": ["carol"] }', '{ "id": { "a": 1 } }'])
      expect(await auth.findUser(JSON.parse(by))).toBeUndefined()
    for (const id of ["0x1", "", "99999"]) expect(await auth.findUser({ id })).toBeUndefined()
  })

  it("finds all users with an address, in any case, active or not", async () => {
    const { auth, carol } = await arrange()
    const twin = await auth.createUser({ username: "twin", email: "carol@example.com" }, { isActive: false })
    expect(await auth.findUsersByEmail("CAROL@example.COM")).toEqual([carol, twin])
    expect(twin).toMatchObject({ isActive: false })
    // For a database that compares in upper case they are equal.
    await auth.createUser({ username: "mike", email: "mike@example.com" })
    for (const nobody of ["mıke@example.com", "", "\0", "\ud800", "carol@example.com "])
      expect(await auth.findUsersByEmail(nobody)).toEqual([])
  })
})

describe("changing the e-mail address", () => {
  it("stores the domain in lower case, and refuses what cannot be stored", async () => {
    const { auth, carol } = await arrange()
    const was = "Carol@example.com"
    for (const email of ["\0@example.com", "\ud800", `${"a".repeat(250)}@example.com`, JSON.parse("5")])
      await expect(auth.setEmail(carol, { was, email })).rejects.toBeInstanceOf(BadRequest)
    await expect(auth.setEmail(carol, { was, email: "x", username: "" })).rejects.toBeInstanceOf(BadRequest)
    expect(await auth.setEmail(carol, { was, email: "New@EXAMPLE.org", username: "ﬁona" })).toBe(true)
    expect(await auth.findUser({ username: "fiona" })).toMatchObject({ id: carol.id, email: "New@example.org" })
  })

  it("is done once for two changes of the same address", async () => {
    const { auth, carol } = await arrange()
    const change = (email: string) => auth.setEmail(carol, { was: "Carol@example.com", email })
    expect([await change("a@example.com"), await change("b@example.com")]).toEqual([true, false])
  })

  it("makes reset links to the old address invalid", async () => {
    const { auth, carol } = await arrange()
    const token = (await auth.passwordResetToken(carol)) ?? ""
    await auth.setEmail(carol, { was: "Carol@example.com", email: "new@example.com" })
    expect(await auth.checkPasswordResetToken(carol, token)).toBe(false)
  })
})

describe("deactivating a user", () => {
  it("makes the user's sessions anonymous and refuses the login", async () => {
    const site = await arrange()
    const client = browser(site)
    await client.visit(logIn("carol", "carol's"))
    expect(await whoIsThere(client)).toBe("carol")
    expect(await site.auth.setActive(site.carol, false)).toBe(true)
    expect(await whoIsThere(client)).toBeUndefined()
    await expect(browser(site).visit(logIn("carol", "carol's"))).rejects.toThrow("wrong password")
    expect(await site.auth.findUser({ username: "carol" })).toMatchObject({ isActive: false })
    await site.auth.setActive(site.carol, true)
    expect(await whoIsThere(client)).toBe("carol")
  })
})

describe("deleting a user", () => {
  it("frees the name and makes the user's sessions anonymous", async () => {
    const site = await arrange()
    const client = browser(site)
    await client.visit(logIn("carol", "carol's"))
    expect(await site.auth.deleteUser(site.carol)).toBe(true)
    expect(await site.auth.deleteUser(site.carol)).toBe(false)
    expect(await whoIsThere(client)).toBeUndefined()
    expect(await site.auth.createUser({ username: "carol" })).toBeDefined()
  })

  it("fails with the table whose rows refer to the user", async () => {
    const { sessions, users } = memory()
    const referenced = () => Effect.succeed({ _tag: "UserReferenced", table: "public.shop_order" } as const)
    const auth = createAuth({
      secretKey: "s",
      sessions,
      backends: { [model]: modelBackend({ ...users, delete: referenced }) }
    })
    const user = (await auth.createUser({ username: "carol" })) ?? expect.fail("taken")
    await expect(auth.deleteUser(user)).rejects.toEqual(
      new StillReferenced({ what: "user", table: "public.shop_order" })
    )
    await expect(auth.deleteUser(user)).rejects.toThrow("rows of the table public.shop_order refer to it")
  })
})

describe("arguments of the wrong type", () => {
  it("are errors of the program, and change nothing", async () => {
    const { auth, carol } = await arrange()
    await expect(auth.setActive(carol, JSON.parse('"false"'))).rejects.toThrow("write true or false")
    await expect(auth.setEmail(carol, JSON.parse('{ "email": "a@example.com" }'))).rejects.toThrow("write in `was`")
    expect(await auth.findUser({ username: "carol" })).toEqual(carol)
  })
})

describe("a user store without the optional methods", () => {
  it("gets an error that names the method", async () => {
    const { sessions, users } = memory()
    const { delete: _d, findForReset: _f, setActive: _s, setEmail: _e, ...few } = users
    const auth = createAuth({ secretKey: "s", sessions, backends: { [model]: modelBackend(few) } })
    const user = (await auth.createUser({ username: "carol" })) ?? expect.fail("taken")
    await expect(auth.findUsersByEmail("a@example.com")).rejects.toThrow("one that implements findForReset")
    await expect(auth.setEmail(user, { was: "", email: "a@example.com" })).rejects.toThrow("implements setEmail")
    await expect(auth.setActive(user, false)).rejects.toThrow("implements setActive")
    await expect(auth.deleteUser(user)).rejects.toThrow("implements delete")
    await expect(auth.createUser({ username: "dan" }, { isActive: false })).rejects.toThrow("implements setActive")
  })
})
