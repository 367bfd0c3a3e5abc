/** Which account page a path leads to. */
import { describe, expect, it } from "vitest"
import { pathOf, routeOf } from "../../../../src/core/accounts/pages/account-path.ts"

describe("a path", () => {
  it.each([
    ["/accounts/login", { _tag: "Page", route: "login" }],
    ["/accounts/login/", { _tag: "Page", route: "login" }],
    ["/accounts/reset/done/", { _tag: "Page", route: "reset/done" }],
    ["/accounts/reset/MQ/abc-def", { _tag: "Link", route: "reset", uid: "MQ", token: "abc-def" }],
    ["/accounts/email/MQ/abc-def.YUBi", { _tag: "Link", route: "email", uid: "MQ", token: "abc-def.YUBi" }],
    ["/accounts/verify/MQ/set-password/", { _tag: "Link", route: "verify", uid: "MQ", token: "set-password" }]
  ])("leads to a page: %s", (path, route) => {
    expect(routeOf(path, "/accounts")).toEqual(route)
  })

  it.each([
    "/accounts",
    "/accounts/",
    "/login",
    "/accounts//login",
    "/accounts/login//",
    "/accounts/Login",
    "/accounts/%6cogin",
    "/accounts/../accounts/login",
    "/accounts/login/x",
    "/accounts/reset/MQ",
    "/accounts/reset/MQ/",
    "/accounts/reset/M Q/x",
    "/accounts/reset/MQ/x/y",
    "/accounts/reset/MQ/%2e%2e",
    "/accounts/other/MQ/x",
    "/accounts/constructor",
    "/accounts/__proto__",
    "/accountsx/login"
  ])("leads to no page: %s", (path) => {
    expect(routeOf(path, "/accounts")).toBeUndefined()
  })

  it("is made for a mount at the root, too", () => {
    expect(pathOf("", true, "reset", "MQ/x")).toBe("/reset/MQ/x/")
    expect(routeOf("/reset/MQ/x/", "")).toEqual({ _tag: "Link", route: "reset", uid: "MQ", token: "x" })
  })
})
