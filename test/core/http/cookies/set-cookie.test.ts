import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { DeleteCookie, SetCookie } from "../../../../src/core/effect.ts"
import { parseCookies } from "../../../../src/core/http/cookies/cookie.ts"
import { serialize } from "../../../../src/core/http/cookies/set-cookie.ts"

const at = Date.parse("2023-11-14T22:13:20Z")

const plain: SetCookie = {
  _tag: "SetCookie",
  name: "sessionid",
  value: "k".repeat(32),
  path: "/",
  domain: undefined,
  sameSite: "Lax",
  secure: false,
  httpOnly: true,
  lifetime: undefined
}

const deletion: DeleteCookie = {
  _tag: "DeleteCookie",
  name: "sessionid",
  path: "/",
  domain: undefined,
  sameSite: "Lax"
}

const pair = (text: string) => text.slice(0, text.indexOf("; "))

describe("Set-Cookie", () => {
  it("has Django's attributes in Django's order", () => {
    const full: SetCookie = {
      ...plain,
      domain: ".example.com",
      path: "/app",
      sameSite: "None",
      secure: true,
      lifetime: { maxAgeSeconds: 1209600, expiresAt: at + 1209600_000 }
    }
    expect(serialize(full)).toBe(
      `sessionid=${plain.value}; Domain=.example.com; expires=Tue, 28 Nov 2023 22:13:20 GMT; HttpOnly; ` +
        "Max-Age=1209600; Path=/app; SameSite=None; Secure"
    )
  })

  it("is partitioned if the settings say so, also if it deletes: then with Secure", () => {
    const partitioned = { sameSite: "None", partitioned: true } as const
    expect(serialize({ ...plain, ...partitioned, secure: true })).toBe(
      `sessionid=${plain.value}; HttpOnly; Partitioned; Path=/; SameSite=None; Secure`
    )
    expect(serialize({ ...deletion, ...partitioned })).toMatch(/; Partitioned; Path=\/; SameSite=None; Secure$/)
  })

  it("omits attributes that are not set", () => {
    expect(serialize(plain)).toBe(`sessionid=${plain.value}; HttpOnly; Path=/; SameSite=Lax`)
    expect(serialize({ ...plain, httpOnly: false, sameSite: false, path: "" })).toBe(`sessionid=${plain.value}`)
  })

  it("truncates Max-Age towards zero, and writes negative ones", () => {
    const maxAge = (maxAgeSeconds: number) => serialize({ ...plain, lifetime: { maxAgeSeconds, expiresAt: at } })
    expect(maxAge(1.9)).toContain("; Max-Age=1;")
    expect(maxAge(-5)).toContain("; Max-Age=-5;")
    expect(maxAge(0)).toContain("; Max-Age=0;")
    expect(maxAge(-0.5)).toContain("; Max-Age=0;")
  })

  it("writes an empty value as two quotes", () => {
    expect(pair(serialize({ ...plain, value: "" }))).toBe('sessionid=""')
  })

  it.each([
    ["a:b-c_d.e", "a:b-c_d.e"],
    ["a b", '"a b"'],
    ['a"b\\c', '"a\\"b\\\\c"'],
    ["a;b,c", '"a\\073b\\054c"'],
    ["a\r\nb\0", '"a\\015\\012b\\000"'],
    ["é", '"\\351"'],
    ["a/b(c)=<d>?@[e]{f}", '"a/b(c)=<d>?@[e]{f}"'],
    ["€😀", '"\\342\\202\\254\\360\\237\\230\\200"']
  ])("writes the value %j as Python's http.cookies does", (value, written) => {
    expect(pair(serialize({ ...plain, value }))).toBe(`sessionid=${written}`)
  })

  it("is parsed to the same value, for any Latin-1 value", () => {
    const latin1 = fc.uint8Array().map((bytes) => Buffer.from(bytes).toString("latin1"))
    fc.assert(
      fc.property(latin1, (value) => {
        const written = serialize({ ...plain, value })
        expect(written).toMatch(/^[ -~]*$/)
        expect(parseCookies(pair(written))).toEqual(new Map([["sessionid", value]]))
      })
    )
  })

  it("lets no value begin another attribute or another header", () => {
    const text = fc.oneof(fc.constant("x; Domain=evil.com\r\nSet-Cookie: a=b\0"), fc.string({ unit: "binary" }))
    fc.assert(
      fc.property(text, text, text, text, (name, value, domain, path) => {
        const written = serialize({ ...plain, name: `n${name}`, value, domain: `d${domain}`, path: `/${path}` })
        expect(written).toMatch(/^[ -~]*$/)
        const [, ...attributes] = written.split("; ").map((part) => part.split("=", 1)[0])
        expect(attributes).toEqual(["Domain", "HttpOnly", "Path", "SameSite"])
        expect(written.split(";").length).toBe(5)
      })
    )
  })
})

describe("the deletion of a cookie", () => {
  it("is Django's: an empty value, a date in the past, no HttpOnly", () => {
    expect(serialize(deletion)).toBe(
      'sessionid=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; SameSite=Lax'
    )
    expect(serialize({ ...deletion, domain: "example.com", path: "/app", sameSite: false })).toBe(
      'sessionid=""; Domain=example.com; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/app'
    )
  })

  it("is Secure only if browsers require it", () => {
    expect(serialize({ ...deletion, name: "__Host-sessionid" })).toMatch(/; Secure$/)
    expect(serialize({ ...deletion, name: "__Secure-sessionid" })).toMatch(/; Secure$/)
    expect(serialize({ ...deletion, sameSite: "None" })).toMatch(/; SameSite=None; Secure$/)
    expect(serialize({ ...deletion, name: "x__Host-", sameSite: "Strict" })).not.toContain("Secure")
  })

  it.each([
    ["__Secure-sid", ["Secure"]],
    ["__secure-sid", ["Secure"]],
    ["__Http-sid", ["HttpOnly", "Secure"]],
    ["__HTTP-sid", ["HttpOnly", "Secure"]],
    ["__Host-sid", ["Secure"]],
    ["__host-sid", ["Secure"]],
    ["__Host-Http-sid", ["HttpOnly", "Secure"]],
    ["__host-http-sid", ["HttpOnly", "Secure"]],
    ["__Hostess-sid", []]
  ])("of %s has the attributes that browsers require for that prefix: %j", (name, flags) => {
    const written = serialize({ ...deletion, name }).split("; ")
    expect(written.filter((part) => part === "HttpOnly" || part === "Secure")).toEqual(flags)
  })

  it("of a cookie with the prefix __Host- has the path / and no domain, for any configured scope", () => {
    for (const name of ["__Host-sid", "__host-sid", "__Host-Http-sid"]) {
      const written = serialize({ ...deletion, name, path: "/app", domain: "example.com" })
      expect(written).toContain("; Path=/;")
      expect(written).not.toContain("Domain")
    }
    expect(serialize({ ...deletion, name: "__Http-sid", path: "/app", domain: "a.example" })).toContain("; Path=/app;")
  })
})
