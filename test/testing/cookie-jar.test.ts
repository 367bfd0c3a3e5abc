/** The cookie jar of the testing kit's Browser. Beside Chromium it is tested in test/browser/testing-browser.test.ts. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { parseCookieDate } from "../../src/testing/browser/set-cookie-line.ts"
import { Browser } from "../../src/testing/index.ts"

const second = 1000
const clockAt = (now: number) => {
  const clock = { time: now, now: () => clock.time }
  return clock
}
const shop = (lines: ReadonlyArray<string>, url = "https://shop.example/") => {
  const clock = clockAt(Date.UTC(2026, 0, 1))
  const browser = new Browser({ origin: "https://shop.example", clock })
  browser.store(lines, url)
  return { browser, clock }
}

describe("a browser's cookies", () => {
  it("expire by the clock that the browser was given; Max-Age overrides Expires", () => {
    const { browser, clock } = shop([
      "age=1; Max-Age=10; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
      "until=1; Expires=Thu, 01 Jan 2026 00:00:20 GMT",
      "session=1"
    ])
    expect(browser.header).toBe("age=1; until=1; session=1")
    clock.time += 10 * second
    expect(browser.header).toBe("until=1; session=1")
    clock.time += 10 * second
    expect(browser.header).toBe("session=1")
    browser.restart()
    expect(browser.header).toBe("")
  })

  it("are deleted by a line of the same name, domain and path, and by no other", () => {
    const { browser } = shop(["a=1; Path=/x", "a=2; Domain=shop.example", "a=3"])
    const at = "/x/y"
    expect(browser.cookieHeader(at)).toBe("a=1; a=2; a=3")
    browser.store(["a=; Max-Age=0"])
    expect(browser.cookieHeader(at)).toBe("a=1; a=2")
    browser.store(["a=; Max-Age=0; Path=/x", "a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Domain=shop.example"])
    expect(browser.cookieHeader(at)).toBe("")
  })

  it("are not hidden by a page without encryption", () => {
    const { browser } = shop(["sid=good; Secure; Domain=shop.example"])
    browser.store(["sid=evil; Domain=shop.example"], "http://sub.shop.example/")
    expect(browser.header).toBe("sid=good")
    expect(browser.cookieHeader("http://shop.example/")).toBe("")
  })

  it("with a prefix need what the prefix promises", () => {
    const { browser } = shop(
      [
        "__Http-a=1; Secure; HttpOnly",
        "__Http-b=1; Secure",
        "__Host-Http-c=1; Secure; HttpOnly; Path=/",
        "__Host-Http-d=1; Secure; Path=/",
        "__Host-e=1; Secure; Path=/; Domain=shop.example",
        "__Secure-f=1"
      ],
      "https://shop.example/"
    )
    expect(browser.header).toBe("__Http-a=1; __Host-Http-c=1")
  })

  it.each([
    ["a link of another site", { from: "https://evil.example/" }, "lax=1; none=1"],
    ["a form of another site", { from: "https://evil.example/", form: {} }, "none=1"],
    ["a script of another site", { from: "https://evil.example/", mode: "cors" }, "none=1"],
    ["the same host without encryption", { from: "http://shop.example/", form: {} }, "none=1"],
    ["a form of a subdomain", { from: "https://blog.shop.example/", form: {} }, "lax=1; strict=1; none=1"]
  ] as const)("go with %s as SameSite says", (_, init, sent) => {
    const { browser } = shop(["lax=1; SameSite=Lax", "strict=1; SameSite=Strict", "none=1; SameSite=None; Secure"])
    expect(browser.request("/", init).headers.get("cookie")).toBe(sent)
  })

  it("go to their path and to what is beneath it", () => {
    const { browser } = shop(["a=1; Path=/x", "b=1; Path=/y/"])
    const paths = ["/", "/x", "/x/", "/x/z", "/xz", "/y", "/y/"]
    const sent = paths.filter((path) => browser.cookieHeader(path) !== "")
    expect(sent).toEqual(["/x", "/x/", "/x/z", "/y/"])
  })

  it("are not taken without Secure for every site, and not from a script of another site unless they are for it", () => {
    const { browser } = shop(["none=1; SameSite=None"])
    const lines = ["lax=1", "none=1; SameSite=None; Secure"]
    expect(browser.store(lines, "/", { from: "https://evil.example", mode: "cors" })).toEqual(["lax=1"])
    expect(browser.header).toBe("none=1")
    expect(browser.store(lines, "/", { from: "https://evil.example" })).toEqual([])
  })

  it("of one copy do not change the other's", () => {
    const { browser } = shop(["a=1"])
    const thief = browser.copy()
    browser.store(["a=2"])
    thief.store(["b=1"])
    expect([browser.header, thief.header]).toEqual(["a=2", "a=1; b=1"])
  })

  it("are read from any line without an error, and go back only as they were set", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary-ascii", maxLength: 40 })), (lines) => {
        const { browser } = shop(lines)
        for (const { name, value } of browser.cookies) {
          expect(browser.cookieHeader("https://shop.example/")).toEqual(expect.any(String))
          expect(lines.some((line) => line.includes(name) && line.includes(value))).toBe(true)
        }
      })
    )
  })
})

describe("the date of Expires", () => {
  it.each([
    ["Thu, 01 Jan 2026 00:00:20 GMT", Date.UTC(2026, 0, 1, 0, 0, 20)],
    ["01-jan-26 1:2:3", Date.UTC(2026, 0, 1, 1, 2, 3)],
    ["January 1 70 00:00:00", 0],
    ["00:00:00 1 feb 1999 and more", Date.UTC(1999, 1, 1)],
    ["Thu, 01 Jan 2026", undefined],
    ["Thu, 31 Feb 2026 00:00:00 GMT", undefined],
    ["Thu, 01 Jan 1600 00:00:00 GMT", undefined],
    ["Thu, 01 Jan 2026 24:00:00 GMT", undefined],
    ["", undefined]
  ])("%s", (text, at) => {
    expect(parseCookieDate(text)).toBe(at)
  })

  it("is read as JavaScript writes it", () => {
    const dates = fc.date({ min: new Date(0), max: new Date("9999-12-31T23:59:59Z"), noInvalidDate: true })
    fc.assert(
      fc.property(dates, (date) => {
        expect(parseCookieDate(date.toUTCString())).toBe(Math.floor(date.getTime() / 1000) * 1000)
      })
    )
  })
})
