/**
 * Tries every target of up to three atoms that change how a URL is parsed: 37,000 targets. With LATCHKEY_TARGET_ATOMS=4,
 * as in CI, they are more than a million. Node's WHATWG parser stands for a browser: an accepted target must lead it to
 * an allowed origin, both as the text that the client sent and as the Location that is returned.
 */
import { describe, expect, it } from "vitest"
import { isSafeUrl, safeLocation } from "../../../../src/core/http/urls/safe-redirect.ts"

const atoms: ReadonlyArray<string> = [
  ..."/\\:@?#.;&% \t\r\n\0\x1f\x7f\x85\xa0\ufeff\u2100\uff0f\u3002a1",
  "//",
  "//evil.example",
  "http:",
  "https://",
  "javascript:",
  "testserver",
  "evil.example",
  "%09"
]

const longest = Number(process.env["LATCHKEY_TARGET_ATOMS"] ?? 3)

const targets = function* (length: number): Generator<string> {
  yield ""
  if (length > 0) for (const rest of targets(length - 1)) for (const atom of atoms) yield atom + rest
}

const hosts = ["testserver"]
const origins: ReadonlyArray<string> = ["http://testserver", "https://testserver"]

interface Page {
  readonly url: string
  readonly isHttps: boolean
  readonly allowed: ReadonlyArray<string>
}

const pages: ReadonlyArray<Page> = [
  { url: "http://testserver/a/login?next=x", isHttps: false, allowed: origins },
  { url: "https://testserver/a/login", isHttps: true, allowed: origins.slice(1) }
]

/** Whether a browser on that page stays on an allowed origin. A text that is no URL leads nowhere. */
const staysHere = ({ allowed, url }: Page, text: string): boolean => {
  const destination = URL.parse(text, url)
  return destination === null || allowed.includes(destination.origin)
}

/** The faults of an accepted target on a page. */
const faults = (page: Page, target: string): ReadonlyArray<string> => {
  if (!isSafeUrl(target, hosts, page.isHttps)) return []
  const location = safeLocation(target, hosts, page.isHttps)
  const inParts = safeLocation(target, hosts, page.isHttps, true)
  const path = inParts === undefined ? "/" : (URL.parse(inParts, page.url)?.pathname ?? "/")
  return [
    ...(staysHere(page, target) ? [] : ["leads away as the client sent it"]),
    ...(location === undefined || staysHere(page, location) ? [] : ["leads away as it is returned"]),
    ...(location === undefined || safeLocation(location, hosts, page.isHttps) === location
      ? []
      : ["changes when it is checked again"]),
    ...(staysHere(page, path) ? [] : ["leads away if a script uses its path alone"])
  ]
}

describe("a redirect target", () => {
  it("that is accepted leads to an allowed origin", { timeout: 240_000 }, () => {
    const found: Array<readonly [target: string, page: string, fault: string]> = []
    let [tried, accepted] = [0, 0]
    for (const target of targets(longest)) {
      tried += 1
      // A target that is refused on an http page is refused on an https page, too.
      if (!isSafeUrl(target, hosts, false)) continue
      accepted += 1
      for (const page of pages) for (const fault of faults(page, target)) found.push([target, page.url, fault])
    }
    expect(found.slice(0, 20)).toEqual([])
    expect(tried).toBeGreaterThan(atoms.length ** longest)
    expect(accepted).toBeGreaterThan(tried / 10)
  })
})
