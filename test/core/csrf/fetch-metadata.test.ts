import { describe, expect, it } from "vitest"
import { check } from "../../../src/core/csrf/check-request.ts"
import { judge } from "../../../src/core/csrf/fetch-metadata.ts"
import * as TrustedOrigins from "../../../src/core/csrf/trusted-origins.ts"
import type { RequestHead } from "../../../src/core/http/request/request-head.ts"

const settings = {
  mode: "fetch-metadata" as const,
  http: {
    allowedHosts: ["shop.example"],
    useForwardedHost: false,
    useForwardedPort: false,
    secureProxyHeader: undefined
  },
  headerName: "X-CSRFToken",
  trustedOrigins: ["https://pay.example", "https://*.shop.example"].map((text) => TrustedOrigins.parse(text)!),
  cookieDomain: undefined
}

/** Without the trusted subdomains. */
const strict = { ...settings, trustedOrigins: settings.trustedOrigins.slice(0, 1) }

const headOf = (
  headers: Readonly<Record<string, string | undefined>>,
  { method = "POST", secure = true }: { readonly method?: string; readonly secure?: boolean } = {}
): RequestHead => ({
  method,
  target: "/",
  headers: Object.entries({ Host: "shop.example", ...headers }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const]
  ),
  transport: { secure, serverName: "shop.example", serverPort: secure ? "443" : "80" }
})

const origins = {
  none: undefined,
  null: "null",
  own: "https://shop.example",
  trusted: "https://pay.example",
  another: "https://sub.shop.example"
}

/** The table in the head of the file. */
const table: Readonly<Record<string, ReadonlyArray<"passed" | "refused" | "token">>> = {
  "same-origin": ["passed", "passed", "passed", "passed", "refused"],
  none: ["passed", "refused", "passed", "passed", "refused"],
  "same-site": ["refused", "refused", "refused", "passed", "refused"],
  "cross-site": ["refused", "refused", "refused", "passed", "refused"],
  "": ["token", "refused", "passed", "passed", "refused"],
  "Same-Origin": ["token", "refused", "passed", "passed", "refused"],
  "same-origin,same-origin": ["token", "refused", "passed", "passed", "refused"],
  absent: ["token", "refused", "passed", "passed", "refused"]
}

const words = { Passed: "passed", Refused: "refused", NeedsToken: "token" } as const

const judged = (site: string | undefined, origin: string | undefined, host?: string) =>
  words[
    judge(strict, headOf({ "sec-fetch-site": site, ORIGIN: origin, ...(host === undefined ? {} : { Host: host }) }))
      ._tag
  ]

describe("what the browser says about a request", () => {
  it.each(Object.entries(table))("decides as the table says for Sec-Fetch-Site %j", (site, row) => {
    const sent = site === "absent" ? undefined : site
    expect(Object.values(origins).map((origin) => judged(sent, origin))).toEqual(row)
  })

  it("passes only on a host of the site: a name of an attacker may lead to the same server", () => {
    const passing = ["same-origin", "none", undefined]
    expect(passing.map((site) => judged(site, undefined, "evil.example"))).toEqual(["refused", "refused", "token"])
    expect(passing.map((site) => judged(site, "https://evil.example", "evil.example"))).toEqual(
      passing.map(() => "refused")
    )
  })

  it("does not take http for https", () => {
    const origin = "https://shop.example"
    expect(judge(strict, headOf({ Origin: origin }, { secure: false }))._tag).toBe("Refused")
    expect(judge(strict, headOf({ Origin: "http://shop.example" }, { secure: false }))._tag).toBe("Passed")
  })

  it("accepts a sibling if it is trusted", () => {
    const sibling = headOf({ "Sec-Fetch-Site": "same-site", Origin: "https://sub.shop.example" })
    expect([judge(strict, sibling)._tag, judge(settings, sibling)._tag]).toEqual(["Refused", "Passed"])
  })
})

describe("the whole check", () => {
  const secret = "abcdefghijklmnopqrstuvwxyz012345"
  const tag = (head: RequestHead, token?: string) => check(strict, head, secret, token)._tag

  it("needs no token if the browser says that a page of this site sent the request", () => {
    expect(tag(headOf({ "Sec-Fetch-Site": "same-origin" }))).toBe("Passed")
  })
  it("refuses other pages also with a token", () => {
    expect(tag(headOf({ "Sec-Fetch-Site": "same-site" }), secret)).toBe("Refused")
    expect(tag(headOf({ Origin: "https://evil.example" }), secret)).toBe("Refused")
  })
  it("needs a token from clients that say nothing, and over https also the Referer", () => {
    const referer = { Referer: "https://shop.example/" }
    expect([tag(headOf(referer)), tag(headOf(referer), secret), tag(headOf({}), secret)]).toEqual([
      "Refused",
      "Passed",
      "Refused"
    ])
    expect(tag(headOf({}, { secure: false }), secret)).toBe("Passed")
  })
  it("does not look at requests that must change nothing", () => {
    expect(tag(headOf({ "Sec-Fetch-Site": "cross-site" }, { method: "GET" }))).toBe("Passed")
  })
  it("does not look at the headers in the mode with tokens", () => {
    const head = headOf({ "Sec-Fetch-Site": "same-origin", Origin: "https://shop.example" })
    expect(check({ ...strict, mode: "token" }, head, secret, undefined)._tag).toBe("Refused")
  })
})
