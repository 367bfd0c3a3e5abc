import { describe, expect, it } from "vitest"
import * as Permissions from "../../../src/core/auth/permissions.ts"

const grants = (fields: Partial<Permissions.Grants> = {}): Permissions.Grants => ({
  isActive: true,
  isSuperuser: false,
  user: new Set(["auth.add_user"]),
  group: new Set(["blog.view_post"]),
  ...fields
})
const subject = (...each: ReadonlyArray<Permissions.Grants>): Permissions.Subject => ({ _tag: "User", grants: each })
const anonymous: Permissions.Subject = { _tag: "Anonymous" }

describe("permissions", () => {
  it("are what is granted directly and through groups", () => {
    expect([...Permissions.userPermissions(subject(grants()))]).toEqual(["auth.add_user"])
    expect([...Permissions.groupPermissions(subject(grants()))]).toEqual(["blog.view_post"])
    expect([...Permissions.allPermissions(subject(grants()))]).toEqual(["auth.add_user", "blog.view_post"])
    expect(Permissions.hasPerm(subject(grants()), "blog.view_post")).toBe(true)
    expect(Permissions.hasPerm(subject(grants()), "blog.add_post")).toBe(false)
  })

  it("are every permission, even one that does not exist, for an active superuser", () => {
    const superuser = subject(grants({ isSuperuser: true, user: new Set() }))
    expect(Permissions.hasPerm(superuser, "nope.nope")).toBe(true)
    expect(Permissions.hasModulePerms(superuser, "nope")).toBe(true)
  })

  it("are none for nobody and for inactive users, superusers or not", () => {
    for (const none of [anonymous, subject(grants({ isActive: false, isSuperuser: true })), subject()]) {
      expect(Permissions.allPermissions(none).size).toBe(0)
      expect(Permissions.hasPerm(none, "auth.add_user")).toBe(false)
      expect(Permissions.hasModulePerms(none, "auth")).toBe(false)
      expect(Permissions.hasPerms(none, [])).toBe(true)
    }
  })

  it("come from every backend that knows the user", () => {
    const two = subject(grants(), grants({ user: new Set(["shop.sell"]), group: Permissions.nothing }))
    expect(Permissions.hasPerms(two, ["auth.add_user", "shop.sell"])).toBe(true)
    expect(Permissions.hasPerms(two, ["auth.add_user", "shop.buy"])).toBe(false)
  })

  it("belong to the app before the first dot", () => {
    const odd = subject(grants({ user: new Set(["a.b.c"]), group: Permissions.nothing }))
    expect(Permissions.hasModulePerms(odd, "a")).toBe(true)
    expect(Permissions.hasModulePerms(odd, "a.b")).toBe(false)
  })

  it("are named with exactly one dot where users are searched by them", () => {
    expect(Permissions.parse("auth.add_user")).toEqual({ appLabel: "auth", codename: "add_user" })
    for (const wrong of ["add_user", "a.b.c", ""]) expect(Permissions.parse(wrong)).toBeUndefined()
  })
})
