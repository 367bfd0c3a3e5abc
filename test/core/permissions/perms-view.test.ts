import { describe, expect, it } from "vitest"
import { permsView } from "../../../src/core/permissions/perms-view.ts"

const editor = permsView(new Set(["blog.view_post", "blog.a.b", "auth.add_user"]), false)

describe("perms in a page", () => {
  it("are asked by app and codename", () => {
    expect(editor["blog"]?.["view_post"]).toBe(true)
    expect(editor["blog"]?.["add_post"]).toBe(false)
    expect(editor["blog"]?.["a.b"]).toBe(true)
  })

  it("tell whether the user has any permission in an app, also for an unknown app", () => {
    const { auth, shop } = editor
    expect([auth ? "some" : "none", shop ? "some" : "none"]).toEqual(["some", "none"])
    expect(editor["shop"]?.["sell"]).toBeFalsy()
  })

  it("can be found by name, split at the first dot", () => {
    expect(
      ["blog", "blog.view_post", "blog.a.b", "shop", "blog.add_post", "shop.sell"].filter((name) => name in editor)
    ).toEqual(["blog", "blog.view_post", "blog.a.b"])
    expect("view_post" in (editor["blog"] ?? {})).toBe(true)
    expect("add_post" in (editor["blog"] ?? {})).toBe(false)
  })

  it("are found by template engines that check own properties", () => {
    expect([Object.hasOwn(editor, "blog"), Object.hasOwn(editor, "shop")]).toEqual([true, false])
    expect(Object.hasOwn(editor["blog"] ?? {}, "view_post")).toBe(true)
  })

  it("are all true for a superuser", () => {
    const all = permsView(new Set(), true)
    expect([all["nope"]?.["nope"], "nope" in all, "nope.nope" in all]).toEqual([true, true, true])
  })

  it("are none for an anonymous visitor, also for names on Object.prototype", () => {
    const none = permsView(new Set(), false)
    expect(["constructor", "toString", "__proto__", "then"].filter((name) => none[name] || name in none)).toEqual([])
    expect(editor["blog"]?.["constructor"]).toBe(false)
  })

  it("cannot be listed, nor changed", async () => {
    for (const list of [
      Object.keys,
      JSON.stringify,
      (perms: object) => ({ ...perms }),
      (perms: Iterable<unknown>) => [...perms]
    ])
      for (const perms of [editor, editor["blog"]])
        expect(() => Reflect.apply(list, undefined, [perms])).toThrow(TypeError)
    expect(() => Object.assign(editor, { shop: true })).toThrow(TypeError)
    expect(Reflect.set(editor, "shop", true)).toBe(false)
    expect(await editor).toBe(editor)
  })
})
