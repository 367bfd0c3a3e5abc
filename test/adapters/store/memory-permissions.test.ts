import { describe, expect, it } from "vitest"
import { createAuth } from "../../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../../src/adapters/backend/model-backend.ts"
import { pbkdf2Sha256 } from "../../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import { memory } from "../../../src/adapters/store/memory.ts"

const head = {
  method: "GET",
  target: "/",
  headers: [],
  transport: { secure: false, serverName: "l", serverPort: "80" }
}

const site = async () => {
  const stores = memory()
  const auth = createAuth({
    secretKey: "s",
    sessions: stores.sessions,
    backends: { model: modelBackend(stores.users) },
    hashers: [pbkdf2Sha256({ iterations: 1 })]
  })
  const create = async (username: string, isSuperuser = false) => {
    const user = await auth.createUser({ username, password: "p" })
    if (user === undefined) throw new Error("taken")
    stores.users.change(String(user.id), { isSuperuser })
    return String(user.id)
  }
  const as = async (username: string) => {
    const { context } = auth.open(head)
    const user = await context.authenticate({ username, password: "p" })
    if (user === undefined) throw new Error("not let in")
    await context.login(user)
    return context
  }
  const ids = {
    direct: await create("direct"),
    member: await create("member"),
    root: await create("root", true),
    plain: await create("plain")
  }
  stores.users.setPermissions(ids.direct, ["blog.add_post"])
  stores.users.setGroups(ids.member, ["editors", "a group without permissions"])
  stores.users.setGroupPermissions("editors", ["blog.change_post"])
  return { auth, users: stores.users, as, ids }
}

describe("permissions in memory", () => {
  it("are direct ones and those of groups", async () => {
    const { as } = await site()
    const direct = await as("direct")
    expect([...(await direct.getUserPermissions())]).toEqual(["blog.add_post"])
    expect([...(await direct.getGroupPermissions())]).toEqual([])
    const member = await as("member")
    expect([...(await member.getUserPermissions())]).toEqual([])
    expect([...(await member.getAllPermissions())]).toEqual(["blog.change_post"])
    expect(await member.hasPerms(["blog.change_post", "blog.add_post"])).toBe(false)
    expect(await member.hasModulePerms("blog")).toBe(true)
    expect(await (await as("plain")).hasPerm("blog.add_post")).toBe(false)
  })

  it("are all known ones for a superuser, for which hasPerm is true for unknown ones, too", async () => {
    const root = await (await site()).as("root")
    expect(await root.hasPerm("nope.nope")).toBe(true)
    expect(await root.hasModulePerms("anything")).toBe(true)
    expect([...(await root.getAllPermissions())].sort()).toEqual(["blog.add_post", "blog.change_post"])
  })

  it("are replaced when they are set, and are none for an inactive or deleted user", async () => {
    const { as, ids, users } = await site()
    users.setPermissions(ids.direct, ["blog.delete_post"])
    users.setGroups(ids.member, [])
    expect([...(await (await as("direct")).getAllPermissions())]).toEqual(["blog.delete_post"])
    const member = await as("member")
    expect([...(await member.getAllPermissions())]).toEqual([])
    const root = await as("root")
    users.change(ids.root, { isActive: false })
    expect(await root.hasPerm("blog.add_post")).toBe(false)
    users.remove(ids.direct)
    expect(users.setPermissions(ids.direct, [])).toBe(false)
    expect(users.setGroups(ids.direct, [])).toBe(false)
  })

  it("give the users who have them", async () => {
    const { auth, ids, users } = await site()
    const names = async (...given: Parameters<typeof auth.withPerm>) =>
      (await auth.withPerm(...given)).map(({ username }) => username)
    expect(await names("blog.add_post")).toEqual(["direct", "root"])
    expect(await names("blog.add_post", { includeSuperusers: false })).toEqual(["direct"])
    expect(await names("blog.change_post", { includeSuperusers: false })).toEqual(["member"])
    users.change(ids.direct, { isActive: false })
    expect(await names("blog.add_post", { includeSuperusers: false })).toEqual([])
    expect(await names("blog.add_post", { isActive: undefined, includeSuperusers: false })).toEqual(["direct"])
    expect(await names("blog.add_post", { isActive: false, includeSuperusers: false })).toEqual(["direct"])
  })

  it("are of the form app_label.codename", async () => {
    const { ids, users } = await site()
    expect(() => users.setPermissions(ids.direct, ["add_post"])).toThrow(TypeError)
    expect(() => users.setGroupPermissions("editors", ["a.b.c"])).toThrow(TypeError)
  })
})
