import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { RequestHead } from "../../../src/core/http/request/request-head.ts"
import { type NextSettings, nextUrl, redirectToNext } from "../../../src/core/pages/next-url.ts"
import corpus from "../../corpus/next.json" with { type: "json" }
import { recordCases } from "../../corpus/recording.ts"
import vectors from "../../vectors/view_guards.json" with { type: "json" }

interface Row {
  readonly label: string
  readonly query: string
  readonly form_next?: string | null
  readonly secure?: boolean
  readonly location: string
}

const rows: ReadonlyArray<Row> = vectors.data.login_redirects

const settingsFor = (host: string, successHosts: ReadonlyArray<string> = []): NextSettings => ({
  http: { allowedHosts: [host], useForwardedHost: false, useForwardedPort: false, secureProxyHeader: undefined },
  nextField: "next",
  successHosts
})

const head = (target: string, host: string, secure: boolean): RequestHead => ({
  method: "POST",
  target,
  headers: [["Host", host]],
  transport: { secure, serverName: host, serverPort: secure ? "443" : "80" }
})

const settings = settingsFor("testserver")
const asked = (target: string, field?: string, secure = false) =>
  nextUrl(settings, head(target, "testserver", secure), field)

describe("where a client goes next", () => {
  it.each(rows)("is decided as in Django: $label", (row) => {
    const allowing =
      row.label === "success_url_allowed_hosts" ? settingsFor("testserver", ["partner.example"]) : settings
    const request = head(`/login/?${row.query}`, "testserver", row.secure === true)
    expect(redirectToNext(allowing, request, row.form_next ?? undefined, "/accounts/profile/")).toEqual({
      _tag: "Redirect",
      location: row.location
    })
  })

  it("is the text that was checked: escaped as in a Location header", () => {
    expect(asked("/login/?next=%20/a/")).toEqual({ _tag: "Next", url: "%20/a/" })
    expect(asked("/login/?next=/%C3%A9")).toEqual({ _tag: "Next", url: "/%C3%A9" })
    expect(asked("/login/?next=//evil.example")).toEqual({ _tag: "Next", url: undefined })
    expect(asked("/login/")).toEqual({ _tag: "Next", url: undefined })
    expect(asked("/login/?next=/a/", "")).toEqual({ _tag: "Next", url: undefined })
    expect(asked("/login/?next=%2Fa%2F+b&other=/c/")).toEqual({ _tag: "Next", url: "/a/%20b" })
  })

  it.each([
    "/%09//evil.example",
    "%09/%09//evil.example",
    "/%0A//evil.example",
    "/%0D//evil.example",
    "/%09%5Cevil.example",
    "%5C%09//evil.example",
    "https:/%09//evil.example"
  ])("never leads to another site through white space that browsers drop: %s", (next) => {
    const { url } = asked(`/login/?next=${next}`) as { readonly url: string | undefined }
    for (const text of url === undefined ? [] : [url, decodeURIComponent(next)])
      expect(new URL(text, "http://testserver/login/").host).toBe("testserver")
    expect(url).toBeUndefined()
  })

  it("does not change when the login form sends it back", () => {
    const { url } = asked("/login/?next=/caf%C3%A9%20%2541?q=%22") as { readonly url: string | undefined }
    expect(url).toBe("/caf%C3%A9%20%41?q=%22")
    expect(asked("/login/", url)).toEqual({ _tag: "Next", url })
  })

  it("is read from the field that the settings name", () => {
    const goto = { ...settings, nextField: "goto" }
    expect(nextUrl(goto, head("/?next=/a/&goto=/b/", "testserver", false), undefined)).toEqual({
      _tag: "Next",
      url: "/b/"
    })
  })

  it("is a bad request for a host that is not the site's", () => {
    const lost = { _tag: "BadRequest", reason: "DisallowedHost" }
    const request = head("/?next=/a/", "evil.example", false)
    expect(nextUrl(settings, request, undefined)).toEqual(lost)
    expect(redirectToNext(settings, request, undefined, "/b/")).toEqual(lost)
  })

  it("is the default, not another site, after a path that begins with two slashes", () => {
    expect(asked("/login/?next=//evil.example/a")).toEqual({ _tag: "Next", url: undefined })
  })
})

describe("where a client goes next, with a hostile next parameter", () => {
  const cases = recordCases()
  const site = settingsFor("example.com")
  const where = (target: string, field: string | undefined) =>
    redirectToNext(site, head(target, "example.com", true), field, "/default")

  const written = (input: string): string => (input === "gen:2049 chars" ? `/${"a".repeat(2048)}` : input)
  const plain = corpus.filter(({ input }) => !input.startsWith("both:"))

  cases.each("core", plain)("is as $id expects: $input", ({ expect: expectation, input }) => {
    const next = written(input)
    for (const sent of [where("/login", next), where(`/login?next=${encodeURIComponent(next)}`, undefined)]) {
      if (sent._tag !== "Redirect") throw new Error(`not a redirect: ${sent._tag}`)
      expect(sent.location === "/default").toBe(expectation.startsWith("fallback"))
      expect(new URL(sent.location, "https://example.com/login").origin).toBe("https://example.com")
    }
  })

  const both = corpus.filter(({ input }) => input.startsWith("both:"))
  cases.each("core", both)("is a bad one in the form, although the URL has a good one ($id)", () => {
    expect(where("/login?next=/ok", "//evil.com")).toEqual({ _tag: "Redirect", location: "/default" })
  })

  cases.isComplete("core", ["next"])

  it("never contains a line break, and never fails", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string(), (field, query) => {
        for (const sent of [where("/login", field), where(`/login?${query}`, undefined)]) {
          expect(sent._tag).toBe("Redirect")
          expect(sent).toMatchObject({ location: expect.stringMatching(/^[!-~]+$/) })
        }
      })
    )
  })
})

describe("where a framework adds a base path to the paths of redirects", () => {
  const prefixing = (host: string, secure: boolean) => ({
    ...head("/login", host, secure),
    basePath: "/shop",
    prefixesRedirects: true as const
  })

  it.each([
    ["/shop/account?a=1", "https://testserver/shop/account?a=1"],
    ["https://testserver/shop", "https://testserver/shop"],
    ["https://evil.example/", "https://testserver/home"],
    ["", "https://testserver/home"]
  ])("the next URL %j becomes the absolute %s", (next, location) => {
    expect(redirectToNext(settings, prefixing("testserver", true), next, "/home")).toEqual({
      _tag: "Redirect",
      location
    })
  })

  it("is a bad request for a host that is not allowed", () => {
    expect(redirectToNext(settings, prefixing("evil.example", false), "/a", "/")).toEqual({
      _tag: "BadRequest",
      reason: "DisallowedHost"
    })
  })
})
