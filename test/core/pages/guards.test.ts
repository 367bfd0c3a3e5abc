import { describe, expect, it } from "vitest"
import { anonymous, type Resolved } from "../../../src/core/auth/state/request-state.ts"
import type { RequestHead } from "../../../src/core/http/request/request-head.ts"
import {
  type Decision,
  denyByDefault,
  loginRequired,
  permissionRequired,
  type Refusal,
  recentLogin,
  userPassesTest
} from "../../../src/core/pages/guards.ts"
import vectors from "../../vectors/view_guards.json" with { type: "json" }
import { model, type User } from "../auth/scene.ts"

const settings = {
  http: {
    allowedHosts: ["testserver"],
    useForwardedHost: false,
    useForwardedPort: false,
    secureProxyHeader: undefined
  },
  loginUrl: "/accounts/login/",
  nextField: "next"
}

const head = (target: string, host = "testserver"): RequestHead => ({
  method: "GET",
  target,
  headers: [["Host", host]],
  transport: { secure: false, serverName: "testserver", serverPort: "80" }
})

const alice: Resolved<User> = {
  _tag: "Authenticated",
  user: { name: "alice" },
  principal: { id: "1", backend: model, authHash: "hash" }
}

const allowed = { _tag: "Allowed" }
const forbidden = { _tag: "Forbidden" }
const toLogin = { _tag: "Redirect", location: "/accounts/login/?next=/perm/%3Fa" }

const page = head("/perm/?a")

/** The guards of the vectors' views; no user has the permission. */
const guard = (path: string, user: Resolved<User>): Decision => {
  const request = head(path)
  if (path.startsWith("/private/")) return loginRequired(settings, request, user)
  return permissionRequired(settings, request, user, false, path.startsWith("/perm403/") ? "Forbid" : "Login")
}

const responseTo = (decision: Decision) => ({
  status: { Allowed: 200, Redirect: 302, Forbidden: 403, BadRequest: 400 }[decision._tag],
  location: decision._tag === "Redirect" ? decision.location : null
})

describe("a guard", () => {
  it.each(vectors.data.guards)("answers as Django's: $label", ({ label, location, path, status }) => {
    expect(responseTo(guard(path, label.includes("anonymous") ? anonymous : alice))).toEqual({ status, location })
  })

  it("allows users who pass the test", () => {
    expect(userPassesTest(settings, page, true)).toEqual(allowed)
    expect(userPassesTest(settings, page, false)).toEqual(toLogin)
  })

  it("lets users in, and redirects all other clients to the login page", () => {
    expect(loginRequired(settings, page, alice)).toEqual(allowed)
    expect(loginRequired(settings, page, anonymous)).toEqual(toLogin)
  })

  it("that needs a recent login asks users for a proof, and anonymous visitors to log in", () => {
    const decide = (user: Resolved<User>, isRecent: boolean) =>
      recentLogin(settings, "/accounts/reauthenticate/", page, user, isRecent)
    expect(decide(alice, true)).toEqual(allowed)
    expect(decide(alice, false)).toEqual({ _tag: "Redirect", location: "/accounts/reauthenticate/?next=/perm/%3Fa" })
    expect(decide(anonymous, false)).toEqual(toLogin)
    expect(decide(anonymous, true)).toEqual(toLogin)
  })

  it.each<[Refusal, object, object]>([
    ["Login", toLogin, toLogin],
    ["Forbid", forbidden, forbidden],
    ["LoginOrForbid", toLogin, forbidden]
  ])("that refuses by %s decides by the permission first, then by the user", (refusal, nobody, user) => {
    expect(permissionRequired(settings, page, anonymous, false, refusal)).toEqual(nobody)
    expect(permissionRequired(settings, page, alice, false, refusal)).toEqual(user)
    expect(permissionRequired(settings, page, anonymous, true, refusal)).toEqual(allowed)
    expect(permissionRequired(settings, page, alice, true, refusal)).toEqual(allowed)
  })

  it("checks the host only when it redirects to the login page", () => {
    const lost = head("/perm/", "evil.example")
    const bad = { _tag: "BadRequest", reason: "DisallowedHost" }
    expect(loginRequired(settings, lost, alice)).toEqual(allowed)
    expect(loginRequired(settings, lost, anonymous)).toEqual(bad)
    expect(permissionRequired(settings, lost, anonymous, false, "Forbid")).toEqual(forbidden)
    expect(permissionRequired(settings, lost, anonymous, false, "Login")).toEqual(bad)
  })
})

describe("deny by default", () => {
  it("decides about an open page without the user, so that no session is read", () => {
    expect(denyByDefault(settings, page, true, undefined)).toEqual(allowed)
    expect(denyByDefault(settings, page, true, anonymous)).toEqual(allowed)
  })

  it("needs the user for every other page", () => {
    expect(denyByDefault(settings, page, false, undefined)).toEqual({ _tag: "UserNeeded" })
    expect(denyByDefault(settings, page, false, alice)).toEqual(allowed)
    expect(denyByDefault(settings, page, false, anonymous)).toEqual(toLogin)
  })

  const at = (target: string, loginUrl = settings.loginUrl) =>
    denyByDefault({ ...settings, loginUrl }, { ...page, target }, false, anonymous)._tag

  it("leaves the login page open, with any query, compared in the spelling of a redirect", () => {
    for (const target of ["/accounts/login/", "/accounts/login/?next=/a", "/accounts/login/#top"])
      expect(at(target)).toBe("Allowed")
    for (const loginUrl of ["/log in/", "/přihlášení/", "/login;v=1", "/login=x", "/a%20b", "/login#form"]) {
      const decision = denyByDefault({ ...settings, loginUrl }, page, false, anonymous)
      expect(at(decision._tag === "Redirect" ? decision.location : "", loginUrl)).toBe("Allowed")
    }
  })

  it.each([
    "/accounts/login",
    "/accounts/login/x",
    "/accounts/login/../",
    "//accounts/login/",
    "/?/accounts/login/",
    "/accounts/lo%67in/",
    "/accounts%2Flogin%2F",
    "/accounts%2flogin/",
    "/Accounts/Login/",
    "http://x/accounts/login/",
    "http:///accounts/login/"
  ])("takes %s for another page, as some router may", (target) => {
    expect(at(target)).toBe("Redirect")
  })

  it.each([
    "https://sso.example/enter",
    "//x/enter",
    "/enter?page=login",
    "enter"
  ])("opens nothing for a login page that is %s", (loginUrl) => {
    expect(at("/enter", loginUrl)).toBe("Redirect")
    expect(at("/enter?page=login", loginUrl)).toBe("Redirect")
  })

  it("opens no path that reads like a login page on another host", () => {
    expect(at("//x/enter", "//x/enter")).toBe("Redirect")
  })

  it("uses a page's own login URL and field", () => {
    const own = { ...settings, loginUrl: "/staff/login/", nextField: "goto" }
    expect(denyByDefault(own, page, false, anonymous)).toEqual({
      _tag: "Redirect",
      location: "/staff/login/?goto=/perm/%3Fa"
    })
    expect(denyByDefault({ ...own, nextField: undefined }, page, false, anonymous)).toEqual({
      _tag: "Redirect",
      location: "/staff/login/"
    })
  })
})
