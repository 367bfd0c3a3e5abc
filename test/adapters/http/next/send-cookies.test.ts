import { describe, expect, it } from "vitest"
import { type NextCookie, sendCookies } from "../../../../src/adapters/http/next/framework/send-cookies.ts"
import type { DeleteCookie, SetCookie } from "../../../../src/core/effect.ts"
import { serialize } from "../../../../src/core/http/cookies/set-cookie.ts"

const sent = (...effects: ReadonlyArray<SetCookie | DeleteCookie>): ReadonlyArray<NextCookie> => {
  const cookies: Array<NextCookie> = []
  sendCookies(effects.map(serialize), { set: (cookie) => cookies.push(cookie) })
  return cookies
}

const scope = { name: "sessionid", path: "/", domain: undefined, sameSite: "Lax" } as const

const session: SetCookie = {
  _tag: "SetCookie",
  ...scope,
  value: "abcdefgh",
  secure: false,
  httpOnly: true,
  lifetime: { maxAgeSeconds: 1_209_600, expiresAt: Date.UTC(2026, 11, 5, 3, 42, 55) }
}

describe("cookies that are set through Next", () => {
  it("are the same as cookies that latchkey sends itself", () => {
    expect(sent(session)).toEqual([
      {
        name: "sessionid",
        value: "abcdefgh",
        path: "/",
        expires: new Date(Date.UTC(2026, 11, 5, 3, 42, 55)),
        maxAge: 1_209_600,
        httpOnly: true,
        secure: false,
        sameSite: "lax"
      }
    ])
  })

  it("keep every attribute", () => {
    expect(
      sent({ ...session, path: "/a=b", domain: ".example.com", sameSite: "None", secure: true, httpOnly: false })
    ).toEqual([
      expect.objectContaining({ path: "/a=b", domain: ".example.com", sameSite: "none", secure: true, httpOnly: false })
    ])
  })

  it("end with the browser, and are for any host and path, when so configured", () => {
    expect(sent({ ...session, lifetime: undefined, sameSite: false })).toEqual([
      { name: "sessionid", value: "abcdefgh", path: "/", httpOnly: true, secure: false }
    ])
  })

  it("are deleted", () => {
    expect(sent({ _tag: "DeleteCookie", ...scope })).toEqual([
      {
        name: "sessionid",
        value: "",
        path: "/",
        expires: new Date(0),
        maxAge: 0,
        httpOnly: false,
        secure: false,
        sameSite: "lax"
      }
    ])
  })

  it("keep attributes that latchkey does not write itself", () => {
    const cookies: Array<NextCookie> = []
    const lines = ["a=1; Path=/; Secure; Partitioned; Priority=High", "b=1; path=/b; httponly; priority=low"]
    sendCookies(lines, { set: (cookie) => cookies.push(cookie) })
    expect(cookies).toEqual([
      { name: "a", value: "1", path: "/", httpOnly: false, secure: true, partitioned: true, priority: "high" },
      { name: "b", value: "1", path: "/b", httpOnly: true, secure: false, priority: "low" }
    ])
  })

  it.each([
    "Storage=Local",
    "constructor",
    "SameSite=Sometimes",
    "Priority=1"
  ])("are refused, and none is set, when Next cannot set the attribute %s", (attribute) => {
    const cookies: Array<NextCookie> = []
    const send = () => sendCookies(["a=1; Path=/", `b=secret; ${attribute}`], { set: (cookie) => cookies.push(cookie) })
    expect(send).toThrow(
      `the cookie b has the attribute ${attribute}, which cookies() of Next cannot set; write this cookie in a route handler`
    )
    expect(send).not.toThrow("secret")
    expect(cookies).toEqual([])
  })

  it("can be several", () => {
    expect(sent(session, { ...session, name: "csrftoken" }).map(({ name }) => name)).toEqual(["sessionid", "csrftoken"])
    expect(sent()).toEqual([])
  })

  it.each([
    "eyJhIjoxfQ:1xUc08:h1d8TaAbP5a",
    "a b",
    "100%"
  ])("are refused when Next would change their value: %s", (value) => {
    expect(() => sent({ ...session, value })).toThrow(/sessionid.*signed cookies/)
    expect(() => sent({ ...session, value })).not.toThrow(value)
  })
})
