import { afterEach, describe, expect, it, vi } from "vitest"
import { headOf, RouteRequestHead } from "../../../../src/adapters/http/next/framework/next-head.ts"
import { cookieValue } from "../../../../src/core/http/cookies/cookie.ts"
import { header } from "../../../../src/core/http/request/request-head.ts"
import { fullPath } from "../../../../src/core/http/request/request-url.ts"

const cookiesOf = (values: Readonly<Record<string, string>>) => ({
  getAll: () => Object.entries(values).map(([name, value]) => ({ name, value }))
})

const cookieLine = (values: Readonly<Record<string, string>>): string =>
  header(headOf({ headers: [], cookies: cookiesOf(values) }, "GET"), "cookie") ?? ""

describe("the request head from Next's functions", () => {
  it("has the request's headers, and the current cookies", () => {
    const head = headOf(
      {
        headers: new Headers({ host: "a.example", cookie: "sessionid=before", origin: "http://a.example" }),
        cookies: cookiesOf({ sessionid: "after", theme: "dark" })
      },
      "POST",
      "/a?b=1"
    )
    expect([head.method, head.target, header(head, "Host"), header(head, "origin")]).toEqual([
      "POST",
      "/a?b=1",
      "a.example",
      "http://a.example"
    ])
    expect(header(head, "cookie")).toBe("sessionid=after; theme=dark")
  })

  it("has the scheme http unless secureProxyHeader is set", () => {
    expect(headOf({ headers: [["x-forwarded-proto", "https"]], cookies: cookiesOf({}) }, "GET").transport.secure).toBe(
      false
    )
  })

  it("keeps the values of cookies that Django signed", () => {
    const value = "eyJhIjoxfQ:1xUc08:h1d8TaAbP5aaFPWUpCEDrLop4PVHSnh3HXCC8VFYLJY"
    expect(cookieValue(cookieLine({ sessionid: value }), "sessionid")).toBe(value)
  })

  it.each([
    "a; sessionid=evil",
    ";sessionid=evil",
    "a;",
    '";sessionid=evil;"'
  ])("has no cookie that was hidden in another: %j", (value) => {
    expect(cookieValue(cookieLine({ sessionid: "good", other: value }), "sessionid")).toBe("good")
    expect(cookieValue(cookieLine({ other: value }), "sessionid")).toBeUndefined()
  })
})

describe("under a base path", () => {
  afterEach(() => {
    vi.unstubAllEnvs()
  })
  const page = (path: string) => headOf({ headers: [], cookies: cookiesOf({}) }, "GET", path)
  const route = (path: string, nextUrl: object | undefined) =>
    new RouteRequestHead(Object.assign(new Request(`http://localhost${path}`), { nextUrl }))

  it("a page's path may be given with it or without", () => {
    vi.stubEnv("__NEXT_ROUTER_BASEPATH", "/shop")
    expect(["/a?b", "/shop/a?b", "/shop?b", "/shopping"].map((path) => fullPath(page(path)))).toEqual([
      "/shop/a?b",
      "/shop/a?b",
      "/shop/?b",
      "/shop/shopping"
    ])
    expect(page("/a").prefixesRedirects).toBe(true)
  })

  it("a page's path may have any characters", () => {
    vi.stubEnv("__NEXT_ROUTER_BASEPATH", "/店")
    expect(
      ["/東京?q=東", "/店/東京?q=東", "/%E6%9D%B1", "/\u012fevil.example"].map((path) => fullPath(page(path)))
    ).toEqual([
      "/%E5%BA%97/%E6%9D%B1%E4%BA%AC?q=%E6%9D%B1",
      "/%E5%BA%97/%E6%9D%B1%E4%BA%AC?q=%E6%9D%B1",
      "/%E5%BA%97/%E6%9D%B1",
      "/%E5%BA%97/%C4%AFevil.example"
    ])
  })

  it("a route's URL does not contain it, and a proxy's does", () => {
    vi.stubEnv("__NEXT_ROUTER_BASEPATH", "/shop")
    expect(fullPath(route("/a", { basePath: "" }))).toBe("/shop/a")
    expect(fullPath(route("/shop/a", { basePath: "/shop" }))).toBe("/shop/a")
    expect(fullPath(route("/a", undefined))).toBe("/shop/a")
  })

  it("nothing is added when there is none", () => {
    expect([fullPath(page("/a")), page("/a").prefixesRedirects]).toEqual(["/a", undefined])
    expect(fullPath(route("/a", { basePath: "" }))).toBe("/a")
  })
})
