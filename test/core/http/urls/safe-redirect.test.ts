import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { isSafeUrl, safeLocation } from "../../../../src/core/http/urls/safe-redirect.ts"
import { iriToUri } from "../../../../src/core/http/urls/uri.ts"
import vectors from "../../../vectors/url_verdicts.json" with { type: "json" }
import { nastyUrl } from "./nasty-url.ts"

interface Row {
  readonly url?: string
  readonly url_build?: ReadonlyArray<string | number>
  readonly hosts: boolean
  readonly "hosts+https": boolean
  readonly "no hosts": boolean
}

const rows: ReadonlyArray<Row> = vectors.data.rows
const hosts = vectors.data.allowed_hosts

const urlOf = ({ url, url_build = [] }: Row): string => {
  const [prefix, letter, times] = url_build
  return url ?? `${prefix}${String(letter).repeat(Number(times))}`
}

describe("a safe URL", () => {
  it("is tested with all 159 vectors", () => {
    expect(rows).toHaveLength(159)
  })

  it.each(rows.map((row) => [urlOf(row), row] as const))("is safe or not, as in Django: %j", (url, row) => {
    expect({
      hosts: isSafeUrl(url, hosts, false),
      "hosts+https": isSafeUrl(url, hosts, true),
      "no hosts": isSafeUrl(url, [], false)
    }).toEqual({ hosts: row.hosts, "hosts+https": row["hosts+https"], "no hosts": row["no hosts"] })
  })

  it.each(vectors.data.special)("is safe or not, as in Django: $url with the allowed hosts $allowed_hosts", ({
    allowed_hosts,
    out,
    url
  }) => {
    expect(isSafeUrl(url, [allowed_hosts].flat(), false)).toBe(out)
  })

  it("is at most 2048 characters long, counted in code points and not in UTF-16 units", () => {
    expect(isSafeUrl(`/${"😀".repeat(2047)}`, [], false)).toBe(true)
    expect(isSafeUrl(`/${"😀".repeat(2048)}`, [], false)).toBe(false)
    expect(isSafeUrl(` /${"a".repeat(2047)} `, [], false)).toBe(true)
    expect(isSafeUrl(`/${"a".repeat(2_000_000)}`, [], false)).toBe(false)
  })

  it("is checked in little CPU time, even if it has a million characters", () => {
    const long = [" ".repeat(1e6), `/${" ".repeat(1e6)}x`, "\\".repeat(1e6), `//a${"\u0300".repeat(1e6)}`]
    for (const url of long) {
      const start = process.threadCpuUsage()
      expect(isSafeUrl(url, [], false)).toBe(false)
      const { system, user } = process.threadCpuUsage(start)
      expect((system + user) / 1000).toBeLessThan(200)
    }
  })
})

const origins = ["http://testserver", "https://testserver", "http://other.example", "https://other.example"]

/** The origin to which a browser goes; `undefined` if the location is no URL. */
const destination = (location: string, requestUrl: string): string | undefined =>
  URL.canParse(location, requestUrl) ? new URL(location, requestUrl).origin : undefined

describe("the Location for a client's target", () => {
  it.each([
    ["/a/", "/a/"],
    [" /a/", "%20/a/"],
    ["/a/ ", "/a/%20"],
    ["/\\a\t", undefined],
    ["\\a\t", "%5Ca%09"],
    ["http://testserver/\u00e9", "http://testserver/%C3%A9"],
    ["//evil.com", undefined],
    // Django accepts these, although the text that it writes into the header is another host.
    ["//testserver ", undefined],
    ["//test\tserver/", undefined],
    // Django accepts these and escapes them.
    ["/a\r\nSet-Cookie: x=1", undefined],
    ["/a\0", undefined],
    ["/a\ud800", undefined],
    ["/a//b", "/a//b"],
    ["/a?x=//y", "/a?x=//y"],
    ["?x", "?x"]
  ])("for %j is %j", (url, location) => {
    expect(safeLocation(url, hosts, false)).toBe(location)
  })

  it.each([
    "/.//evil.com",
    "/x/..//evil.com",
    "/%2e//evil.com",
    "../..//evil.com",
    "http://testserver/.//evil.com"
  ])("for %j is safe for a browser, and refused for a script that uses only its path, which would lead to another host", (url) => {
    expect(safeLocation(url, hosts, false)).toBe(url)
    expect(safeLocation(url, hosts, false, true)).toBeUndefined()
  })

  it.each(["/a//b", "/a?x=//y", "/a#//y", "?x"])("for %j is also safe for a script that uses only its path", (url) => {
    expect(safeLocation(url, hosts, false, true)).toBe(url)
  })

  it("may be longer than 2048 characters after escaping", () => {
    expect(safeLocation(`/${"é".repeat(2047)}`, hosts, false)).toBe(`/${"%C3%A9".repeat(2047)}`)
    expect(safeLocation(`/${"é".repeat(2048)}`, hosts, false)).toBeUndefined()
    expect(safeLocation(`/${"😀".repeat(1366)}`, hosts, false)).toBeUndefined()
  })

  it.each([
    "http://testserver/a/login?next=x",
    "https://testserver/a/login"
  ])("leads a browser on %s only to allowed hosts, and is the text that was checked", (requestUrl) => {
    const isHttps = requestUrl.startsWith("https:")
    const allowed = [undefined, ...origins.filter((origin) => !isHttps || origin.startsWith("https:"))]
    fc.assert(
      fc.property(nastyUrl, (url) => {
        const location = safeLocation(url, hosts, isHttps)
        if (location === undefined) return
        expect(allowed).toContain(destination(location, requestUrl))
        expect(location).toBe(iriToUri(url))
        expect(safeLocation(location, hosts, isHttps)).toBe(location)
      }),
      { numRuns: 3000 }
    )
  })
})
