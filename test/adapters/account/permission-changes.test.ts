/** Groups and permissions through `auth.permissions`. */

import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { createAuth } from "../../../src/adapters/api/create-auth.ts"
import { modelBackend } from "../../../src/adapters/backend/model-backend.ts"
import { BadRequest, ConfigurationInvalid, NameUnknown, StillReferenced } from "../../../src/adapters/errors/errors.ts"
import { memory } from "../../../src/adapters/store/memory.ts"
import { application, browser, logIn, model } from "../request/site.ts"

const arrange = async () => {
  const site = await application()
  const alice = (await site.auth.findUser({ username: "alice" })) ?? expect.fail("no alice")
  await site.auth.permissions.create({ app: "blog", model: "Post", permissions: { publish_post: "Can publish" } })
  return { ...site, alice, permissions: site.auth.permissions }
}

describe("permissions", () => {
  it("are created once for a model, and listed", async () => {
    const { permissions } = await arrange()
    expect(await permissions.create({ app: "blog", model: "Tag", defaultPermissions: ["add"] })).toEqual([
      "blog.add_tag"
    ])
    expect(await permissions.create({ app: "blog", model: "Tag" })).toEqual([
      ...["blog.change_tag", "blog.delete_tag", "blog.view_tag"]
    ])
    expect(await permissions.create({ app: "blog", model: "Tag" })).toEqual([])
    const all = await permissions.all()
    expect(all.map(({ permission }) => permission)).toEqual([
      ...["blog.add_post", "blog.add_tag", "blog.change_post", "blog.change_tag", "blog.delete_post"],
      ...["blog.delete_tag", "blog.publish_post", "blog.view_post", "blog.view_tag"]
    ])
    expect(all[0]).toEqual({ permission: "blog.add_post", name: "Can add post" })
  })

  it("are changed together: all of the steps or none", async () => {
    const { alice, permissions } = await arrange()
    const steps = [
      { createGroup: "editors" },
      { grant: ["blog.publish_post", "blog.add_post"], to: { group: "editors" } },
      { addToGroups: "editors", user: alice },
      { grant: "blog.view_post", to: { user: alice } },
      { revoke: "blog.add_post", from: { group: "editors" } }
    ]
    expect(await permissions.together(steps)).toEqual([
      ["editors"],
      ["blog.publish_post", "blog.add_post"],
      ["editors"],
      ["blog.view_post"],
      ["blog.add_post"]
    ])
    const expected = {
      permissions: ["blog.view_post"],
      groups: [{ name: "editors", permissions: ["blog.publish_post"] }]
    }
    expect(await permissions.of({ user: alice })).toEqual(expected)
    expect(await permissions.together([{ createGroup: "editors" }])).toEqual([[]])

    const first = { removeFromGroups: "editors", user: alice }
    for (const [wrong, message] of [
      [{ grant: "blog.ad_post", to: { user: alice } }, "did you mean blog.add_post?"],
      [{ grant: "blog.x\0", to: { user: alice } }, "no permission"],
      [{ grant: "blog.add_post", to: { group: "editor" } }, 'no group "editor"'],
      [{ addToGroups: ["editors", "editor"], user: alice }, "did you mean editors?"],
      [{ createGroup: "" }, "this name of a group cannot be stored"],
      [{ revoke: "publish", from: { user: alice } }, "app_label.codename"]
    ] as const) {
      await expect(permissions.together([first, { createGroup: "new" }, wrong])).rejects.toThrow(message)
      expect(await permissions.of({ user: alice })).toEqual(expected)
      expect(await permissions.groups()).toEqual(["editors"])
    }
  })

  it("of a user are seen by the user's next request, and no longer after they are revoked", async () => {
    const site = await arrange()
    const { alice, permissions } = site
    const client = browser(site)
    await client.visit(logIn())
    const has = async () => {
      let answer: boolean | undefined
      await client.visit(async ({ hasPerm }) => {
        answer = await hasPerm("blog.publish_post")
      })
      return answer
    }
    expect(await has()).toBe(false)
    expect(await permissions.grant({ user: alice }, "blog.publish_post")).toEqual(["blog.publish_post"])
    expect(await has()).toBe(true)
    expect(await permissions.revoke({ user: alice }, ["blog.publish_post", "blog.add_post"])).toEqual([
      "blog.publish_post"
    ])
    expect(await has()).toBe(false)

    await permissions.createGroup("editors")
    await permissions.grant({ group: "editors" }, ["blog.publish_post"])
    expect(await permissions.addToGroups(alice, "editors")).toEqual(["editors"])
    expect(await has()).toBe(true)
    expect(await permissions.of({ user: alice })).toEqual({
      permissions: [],
      groups: [{ name: "editors", permissions: ["blog.publish_post"] }]
    })
    expect(await permissions.of({ group: "editors" })).toEqual({ permissions: ["blog.publish_post"], groups: [] })
    expect(await permissions.removeFromGroups(alice, ["editors"])).toEqual(["editors"])
    expect(await has()).toBe(false)
  })

  it("that do not exist are an error that names similar ones, and nothing is granted", async () => {
    const { alice, permissions } = await arrange()
    const grant = permissions.grant({ user: alice }, ["blog.add_post", "blog.ad_post", "shop.pay", "blog.x\0"])
    await expect(grant).rejects.toEqual(
      new NameUnknown({
        of: "permission",
        names: [
          { name: "blog.ad_post", near: ["blog.add_post"] },
          { name: "shop.pay", near: [] },
          { name: "blog.x\0", near: [] }
        ]
      })
    )
    await expect(permissions.revoke({ user: alice }, "blog.veiw_post")).rejects.toThrow(
      'there is no permission "blog.veiw_post" (did you mean blog.view_post?); nothing was changed'
    )
    expect(await permissions.of({ user: alice })).toEqual({ permissions: [], groups: [] })
    await expect(permissions.grant({ user: alice }, "publish")).rejects.toThrow(TypeError)
  })

  it("of unknown groups and deleted users are errors", async () => {
    const { alice, auth, permissions } = await arrange()
    await permissions.createGroup("editors")
    await expect(permissions.addToGroups(alice, "editor")).rejects.toThrow('no group "editor" (did you mean editors?)')
    await expect(permissions.grant({ group: "editor" }, "blog.add_post")).rejects.toThrow('no group "editor"')
    await expect(permissions.grant({ group: "\0" }, "blog.add_post")).rejects.toBeInstanceOf(NameUnknown)
    expect(await permissions.of({ group: "editor" })).toBeUndefined()
    expect(await permissions.of({ group: "\0" })).toBeUndefined()
    await auth.deleteUser(alice)
    await expect(permissions.grant({ user: alice }, "blog.add_post")).rejects.toThrow(`no user "${alice.id}"`)
    expect(await permissions.of({ user: alice })).toBeUndefined()
  })

  it("of a model with names that cannot be stored are refused", async () => {
    const { permissions } = await arrange()
    await expect(permissions.create({ app: "my.app", model: "Post" })).rejects.toThrow(
      "app: must be the label of an app, as in blog"
    )
    const misspelt = JSON.parse('{ "app": "blog", "modle": "Post" }')
    await expect(permissions.create(misspelt)).rejects.toThrow(ConfigurationInvalid)
    await expect(permissions.create(misspelt)).rejects.toThrow("create.modle: there is no such option")
  })
})

describe("groups", () => {
  it("are created once, listed in order, and deleted", async () => {
    const { permissions } = await arrange()
    expect(await permissions.createGroup("writers")).toBe(true)
    expect(await permissions.createGroup("writers")).toBe(false)
    await permissions.createGroup("editors")
    expect(await permissions.groups()).toEqual(["editors", "writers"])
    expect(await permissions.deleteGroup("writers")).toBe(true)
    expect(await permissions.deleteGroup("writers")).toBe(false)
    expect(await permissions.deleteGroup("\0")).toBe(false)
    expect(await permissions.groups()).toEqual(["editors"])
    for (const name of ["", "\0", "\ud800", "g".repeat(151), JSON.parse("5")])
      await expect(permissions.createGroup(name)).rejects.toBeInstanceOf(BadRequest)
    expect(await permissions.createGroup("😀".repeat(150))).toBe(true)
  })

  it("that rows of another table refer to are not deleted", async () => {
    const { sessions, users } = memory()
    const deleteGroup = () => Effect.succeed({ _tag: "GroupReferenced", table: "public.shop_discount" } as const)
    const permissions = { ...(users.permissions ?? expect.fail("none")), deleteGroup }
    const auth = createAuth({
      secretKey: "s",
      sessions,
      backends: { [model]: modelBackend({ ...users, permissions }) }
    })
    await expect(auth.permissions.deleteGroup("editors")).rejects.toEqual(
      new StillReferenced({ what: "group", table: "public.shop_discount" })
    )
  })

  it("need a user store that implements them", async () => {
    const { sessions, users } = memory()
    const { permissions: _, ...few } = users
    const auth = createAuth({ secretKey: "s", sessions, backends: { [model]: modelBackend(few) } })
    await expect(auth.permissions.groups()).rejects.toThrow("one that implements permissions")
  })
})
