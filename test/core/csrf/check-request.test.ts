import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type CheckSettings, check, checkSource, checkToken } from "../../../src/core/csrf/check-request.ts"
import * as Secret from "../../../src/core/csrf/csrf-secret.ts"
import * as TrustedOrigins from "../../../src/core/csrf/trusted-origins.ts"
import { djangoVersions } from "../../../src/core/django-version.ts"
import { isSameDomain } from "../../../src/core/http/request/host.ts"
import type { RequestHead } from "../../../src/core/http/request/request-head.ts"
import corpus from "../../corpus/csrf.json" with { type: "json" }
import { recordCases } from "../../corpus/recording.ts"
import vectors from "../../vectors/csrf_checks.json" with { type: "json" }
import domains from "../../vectors/is_same_domain.json" with { type: "json" }

interface Row {
  readonly label: string
  readonly method: string
  readonly secure?: boolean
  readonly host?: string
  readonly port?: string
  readonly cookie?: string
  readonly session?: Record<string, string | undefined>
  readonly post?: string
  readonly header?: string
  readonly origin?: string
  readonly referer?: string
  readonly exempt?: boolean
  readonly done?: boolean
  readonly settings?: Record<string, unknown>
  readonly extra_headers?: Record<string, string | undefined>
  readonly verdict: string
  readonly reason: string | null
}

const { masked, secret } = vectors.data
const rows: ReadonlyArray<Row> = vectors.data.cases

const settings: CheckSettings = {
  http: {
    allowedHosts: ["testserver", ".example.com"],
    useForwardedHost: false,
    useForwardedPort: false,
    secureProxyHeader: undefined
  },
  headerName: "X-CSRFToken",
  trustedOrigins: vectors.data.trusted_origins.map((text) => TrustedOrigins.parse(text)!),
  cookieDomain: undefined
}

/** `HTTP_X_XSRF`, as Django's settings and WSGI name it, is the header `X-XSRF`. */
const headerName = (name: string): string => name.replace("HTTP_", "").replaceAll("_", "-")

const settingsOf = ({ settings: of = {} }: Row): CheckSettings => ({
  ...settings,
  headerName: of["CSRF_HEADER_NAME"] === undefined ? settings.headerName : headerName(String(of["CSRF_HEADER_NAME"])),
  cookieDomain: of["CSRF_COOKIE_DOMAIN"] === undefined ? undefined : String(of["CSRF_COOKIE_DOMAIN"])
})

const sent = (name: string, value: string | undefined): ReadonlyArray<readonly [string, string]> =>
  value === undefined ? [] : [[name, value]]

const headOf = (row: Partial<Row>): RequestHead => ({
  method: row.method ?? "POST",
  target: "/",
  headers: [
    ...sent("Host", row.host),
    ...sent("Origin", row.origin),
    ...sent("Referer", row.referer),
    ...sent("X-CSRFToken", row.header),
    ...Object.entries(row.extra_headers ?? {}).flatMap(([name, value]) => sent(headerName(name), value))
  ],
  transport: {
    secure: row.secure === true,
    serverName: "testserver",
    serverPort: row.port ?? (row.secure === true ? "443" : "80")
  }
})

const storedIn = (row: Row): string | undefined =>
  row.settings?.["CSRF_USE_SESSIONS"] === true ? row.session?.["_csrftoken"] : row.cookie

/** The cases as Django 3.2 judged them, with the trusted hosts that it was told. */
const [django32] = vectors.older
const rows32 = rows.map((row, index): Row => ({ ...row, ...django32?.cases.rows[`${index}` as "6"] }))
const settings32 = (row: Row): CheckSettings => ({
  ...settingsOf(row),
  trustedOrigins: (django32?.trusted_origins.whole ?? []).map(
    (host) => TrustedOrigins.parse(`https://${host.replace(/^\./, "*.")}`)!
  ),
  ignoresOrigin: djangoVersions["3.2"].ignoresOrigin,
  generalizesReasons: djangoVersions["3.2"].generalizesCsrfReasons
})

/**
 * Where we differ from Django 3.2 on purpose: it answers 500 to a Referer that is no URL, and takes no bare secret from
 * a session, which a later Django may have put there.
 */
const unlike32: Readonly<Record<string, object>> = {
  "https referer bad ipv6": { _tag: "Refused", reason: "Referer checking failed - Referer is malformed." },
  "sessions: good": { _tag: "Passed" }
}

/** Views that are exempt, and requests that were checked before, are not asked about. */
const isAsked = (row: Row): boolean => row.exempt !== true && row.done !== true

const passed = { _tag: "Passed" }
const refused = (reason: string) => ({ _tag: "Refused", reason })

describe("the CSRF check", () => {
  it("is tested with all 76 vectors", () => {
    expect(rows).toHaveLength(76)
    expect(rows.filter((row) => !isAsked(row)).map(({ verdict }) => verdict)).toEqual(["accept", "accept"])
  })

  it.each(rows.filter(isAsked))("decides as Django: $label", (row) => {
    expect(check(settingsOf(row), headOf(row), storedIn(row), row.post)).toEqual(
      row.reason === null ? passed : refused(row.reason)
    )
  })

  it.each(rows32.filter(isAsked))("decides as Django 3.2: $label", (row) => {
    expect(check(settings32(row), headOf(row), storedIn(row), row.post)).toEqual(
      unlike32[row.label] ?? (row.reason === null ? passed : refused(row.reason))
    )
  })

  it("has 32 cases in which Django 3.2 decides differently", () => {
    expect(rows32.filter(({ reason }, index) => reason !== rows[index]?.reason)).toHaveLength(32)
  })

  it("of a WebSocket upgrade passes with any Origin if the Django version ignores Origin", () => {
    const head = headOf({ method: "GET", origin: "https://evil.example" })
    expect(checkSource({ ...settings, ignoresOrigin: true }, head)).toEqual(passed)
    expect(checkSource({ ...settings, ignoresOrigin: false }, head)._tag).toBe("Refused")
  })

  it.each(domains.data)("takes $host for $pattern, or not, as Django", ({ host, out, pattern }) => {
    expect(isSameDomain(host, pattern)).toBe(out)
  })

  it("treats a method in lower case as an unknown, unsafe one", () => {
    expect(check(settings, headOf({ method: "get" }), undefined, undefined)).toEqual(refused("CSRF cookie not set."))
    expect(check(settings, headOf({ method: "post" }), secret, masked)).toEqual(refused("CSRF token missing."))
  })

  it("treats an overridden method as unsafe if the sent or the new method is unsafe", () => {
    const judged = (method: string, rewrittenMethod: string) =>
      check(settings, { ...headOf({ method }), rewrittenMethod }, undefined, undefined)._tag
    expect([judged("POST", "OPTIONS"), judged("GET", "DELETE"), judged("GET", "HEAD")]).toEqual([
      "Refused",
      "Refused",
      "Passed"
    ])
  })

  it("does not depend on the body's content type", () => {
    const bare = headOf({})
    for (const type of ["text/plain", "application/json", "TEXT/HTML;", ""]) {
      const typed = { ...bare, headers: [...bare.headers, ["Content-Type", type] as const] }
      expect(check(settings, typed, secret, undefined)).toEqual(check(settings, bare, secret, undefined))
    }
  })

  it("names the header as Django does", () => {
    const head = { ...headOf({}), headers: [["x-csrf2token-3a", "abc"] as const] }
    expect(checkToken({ ...settings, headerName: "X-CSRF2TOKEN-3A" }, head, secret, undefined)).toEqual(
      refused("CSRF token from the 'X-Csrf2Token-3A' HTTP header has incorrect length.")
    )
  })

  it("checks Origin and Referer in checkSource, and the token in checkToken", () => {
    expect(checkSource(settings, headOf({ method: "GET", origin: "https://evil.example" }))).toEqual(
      refused("Origin checking failed - https://evil.example does not match any trusted origins.")
    )
    expect(checkSource(settings, headOf({ origin: "http://testserver" }))).toEqual(passed)
    expect(checkToken(settings, headOf({ origin: "https://evil.example" }), secret, masked)).toEqual(passed)
  })

  it("parses the Referer as Python does, and quotes the parsed text", () => {
    const judged = (referer: string) => check(settings, headOf({ secure: true, referer }), secret, masked)
    expect(judged("HTTPS://evil.example?#")).toEqual(
      refused("Referer checking failed - https://evil.example does not match any trusted origins.")
    )
    expect(judged("https://evil.example/a?b#c")).toEqual(
      refused("Referer checking failed - https://evil.example/a?b#c does not match any trusted origins.")
    )
    expect(judged("HTTPS://testserver/")).toEqual(passed)
    expect(judged("https://TESTSERVER/")).toEqual(
      refused("Referer checking failed - https://TESTSERVER/ does not match any trusted origins.")
    )
    expect(judged("ftp://testserver/")).toEqual(
      refused("Referer checking failed - Referer is insecure while host is secure.")
    )
    expect(judged("//testserver/")).toEqual(refused("Referer checking failed - Referer is malformed."))
  })

  it("adds the port to the cookie's domain, unless it is 80 or 443", () => {
    const judged = (port: string, referer: string) =>
      checkSource({ ...settings, cookieDomain: ".example.com" }, headOf({ secure: true, port, referer }))._tag
    for (const port of ["80", "443"]) {
      expect(judged(port, "https://a.example.com/")).toBe("Passed")
      expect(judged(port, `https://a.example.com:${port}/`)).toBe("Refused")
    }
    expect(judged("8443", "https://a.example.com:8443/")).toBe("Passed")
    expect(judged("8443", "https://a.example.com/")).toBe("Refused")
  })

  it("ignores a proxy's headers that the settings do not trust", () => {
    const claimed = { ...headOf({ host: "testserver" }) }
    const head: RequestHead = {
      ...claimed,
      headers: [
        ...claimed.headers,
        ["X-Forwarded-Proto", "https"],
        ["X-Forwarded-Host", "evil.example"],
        ["Forwarded", "host=evil.example;proto=https"]
      ]
    }
    const from = (origin: string) => ({ ...head, headers: [...head.headers, ["Origin", origin] as const] })
    expect(checkSource(settings, head)).toEqual(passed)
    expect(checkSource(settings, from("http://testserver"))).toEqual(passed)
    expect(checkSource(settings, from("https://testserver"))._tag).toBe("Refused")
    expect(checkSource(settings, from("https://evil.example"))._tag).toBe("Refused")
    const trusting = {
      ...settings,
      http: { ...settings.http, secureProxyHeader: ["X-Forwarded-Proto", "https"] as const }
    }
    expect(checkSource(trusting, head)).toEqual(refused("Referer checking failed - no Referer."))
    expect(checkSource(trusting, from("https://testserver"))).toEqual(passed)
  })
})

/** The corpus uses https://example.com. */
const site: CheckSettings = {
  ...settings,
  http: { ...settings.http, allowedHosts: ["example.com"] },
  trustedOrigins: []
}
const siteHead = (headers: RequestHead["headers"], method = "POST"): RequestHead => ({
  method,
  target: "/",
  headers: [["Host", "example.com"], ...headers],
  transport: { secure: true, serverName: "example.com", serverPort: "443" }
})
const fromHere: RequestHead["headers"] = [["Origin", "https://example.com"]]

// Left out: how a form is parsed, and a gate on Fetch Metadata, which Django has not.
const hostile = corpus.filter(({ input }) => !/^type:|Sec-Fetch-Site/.test(input))
const tokens = hostile.filter(({ input }) => !input.startsWith("hdr:"))
const headers = hostile.filter(({ input }) => /^hdr:(Origin|Referer):/.test(input))
const written = (input: string): string => (input === "gen:1MB token" ? "A".repeat(1_000_000) : input)

describe("the CSRF check, of hostile requests", () => {
  const cases = recordCases()

  it("lets a good one pass", () => {
    expect(check(site, siteHead(fromHere), secret, masked)).toEqual(passed)
    expect(check(site, siteHead([["Referer", "https://example.com/form"]]), secret, masked)).toEqual(passed)
  })

  cases.each("core", tokens)("refuses the token $id, field or header", ({ input }) => {
    const token = written(input)
    expect(check(site, siteHead(fromHere), secret, token)._tag).toBe("Refused")
    expect(check(site, siteHead([...fromHere, ["X-CSRFToken", token]]), secret, undefined)._tag).toBe("Refused")
  })

  cases.each("core", headers)("refuses $input ($id)", ({ input }) => {
    const [, name = "", value = ""] = /^hdr:(\w+): (.*)$/s.exec(input) ?? []
    expect(check(site, siteHead([[name, value]]), secret, masked)._tag).toBe("Refused")
  })

  const rowsOf = (id: string) => hostile.filter((row) => row.id === id)
  cases.each("core", rowsOf("B199"))("refuses one without Origin and Referer ($id)", () => {
    expect(check(site, siteHead([]), secret, masked)).toEqual(refused("Referer checking failed - no Referer."))
  })

  it("refuses one without a token", () => {
    expect(check(site, siteHead(fromHere), secret, undefined)._tag).toBe("Refused")
  })

  cases.each("core", rowsOf("B205"))("refuses the method get in small letters ($id)", () => {
    expect(check(site, siteHead(fromHere, "get"), secret, undefined)._tag).toBe("Refused")
  })

  it("refuses Origins sent twice, equal ones too", () => {
    for (const other of ["https://evil.com", "https://example.com"]) {
      expect(check(site, siteHead([...fromHere, ["Origin", other]]), secret, masked)._tag).toBe("Refused")
    }
  })

  cases.isComplete("core", ["csrf"])
})

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
const anySecret = fc.string({ unit: fc.constantFrom(...letters), minLength: 32, maxLength: 32 })
const origins = ["https://example.com", "http://example.com", "https://evil.com", "https://a.example.com", "null", ""]

describe("the laws of CSRF", () => {
  it("lets nothing pass but a safe method, or a token of the secret kept here, sent from here", () => {
    const kept = fc.constantFrom(secret, Secret.mask(secret, "q".repeat(32)), "Z".repeat(32), "", "short", undefined)
    const token = fc.constantFrom(secret, masked, "Z".repeat(32), "", "short", undefined)
    const request = fc.record({
      method: fc.constantFrom("GET", "POST", "PUT", "DELETE", "get", "TRACE", "PATCH"),
      origin: fc.option(fc.constantFrom(...origins), { nil: undefined }),
      referer: fc.option(fc.constantFrom(...origins.map((origin) => `${origin}/page`)), { nil: undefined }),
      kept,
      field: token,
      header: token
    })
    const same = (a: string | undefined, b: string | undefined) => {
      const [one, other] = [Secret.parse(a ?? ""), Secret.parse(b ?? "")]
      return one._tag === "Secret" && other._tag === "Secret" && one.secret === other.secret
    }
    fc.assert(
      fc.property(request, ({ field, header, kept, method, origin, referer }) => {
        const head = siteHead(
          [...sent("Origin", origin), ...sent("Referer", referer), ...sent("X-CSRFToken", header)],
          method
        )
        const isSafe = ["GET", "TRACE"].includes(method)
        const isFromHere =
          origin === "https://example.com" || (origin === undefined && referer === "https://example.com/page")
        const token = method === "POST" && field !== undefined && field !== "" ? field : header
        expect(check(site, head, kept, field)._tag).toBe(
          isSafe || (isFromHere && same(token, kept)) ? "Passed" : "Refused"
        )
      }),
      { numRuns: 500 }
    )
  })

  it("refuses a token of one browser in another, unless both keep the same secret", () => {
    fc.assert(
      fc.property(anySecret, anySecret, anySecret, (mine, theirs, mask) => {
        const token = Secret.mask(mine, mask)
        expect(check(site, siteHead(fromHere), mine, token)._tag).toBe("Passed")
        expect(check(site, siteHead(fromHere), theirs, token)._tag).toBe(mine === theirs ? "Passed" : "Refused")
      })
    )
  })

  it("quotes no token and no secret in a reason", () => {
    fc.assert(
      fc.property(anySecret, anySecret, anySecret, (kept, other, mask) => {
        for (const token of [other, Secret.mask(other, mask), `${other}!`]) {
          const verdict = JSON.stringify(check(site, siteHead(fromHere), kept, token))
          expect([kept, other, mask].filter((text) => verdict.includes(text))).toEqual([])
        }
      })
    )
  })
})
