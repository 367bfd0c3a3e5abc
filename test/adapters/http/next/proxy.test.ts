import { join } from "node:path"
import { type OutputChunk, rolldown } from "rolldown"
import { describe, expect, it } from "vitest"
import { loginProxy } from "../../../../src/adapters/http/next/proxy.ts"

const proxy = loginProxy({ loginUrl: "/login" })

const ask = (path: string, cookie?: string, look = proxy): string | undefined =>
  look(new Request(`http://a.example${path}`, cookie === undefined ? {} : { headers: { cookie } }))?.headers.get(
    "location"
  ) ?? undefined

describe("the login proxy", () => {
  it.each([
    ["/", "http://a.example/login?next=/"],
    ["/account?tab=1&x=é", "http://a.example/login?next=/account%3Ftab%3D1%26x%3D%25C3%25A9"],
    ["//evil.example/a", "http://a.example/login?next=//evil.example/a"]
  ])("redirects a request for %s without a session cookie to %s", (path, location) => {
    expect(ask(path)).toBe(location)
  })

  it("answers as Django's login_required does, and its answer is not cached", () => {
    const response = proxy(new Request("http://a.example/"))
    expect([response?.status, response?.headers.get("vary"), response?.body]).toEqual([302, "Cookie", null])
  })

  it.each([
    "sessionid=abcdefghijklmnopqrstuvwxyz012345",
    "a=1; sessionid=eyJhIjoxfQ:1xUc08:h1d8TaAbP5aaFPWUpCEDrLop4PVHSnh3HXCC8VFYLJY; b=2"
  ])("lets a request pass whose cookie looks like a session: %s", (cookie) => {
    expect(ask("/account", cookie)).toBeUndefined()
  })

  it.each([
    "",
    "sessionid",
    "sessionid=",
    'sessionid=""',
    "sessionid=short",
    "Sessionid=abcdefghijkl",
    "x=abcdefghijkl"
  ])("redirects when the cookie is not like a session: %j", (cookie) => {
    expect(ask("/account", cookie)).toBeDefined()
  })

  it("lets anonymous visitors see the login page", () => {
    expect([ask("/login"), ask("/login?next=/account"), ask("/login/more")]).toEqual([
      undefined,
      undefined,
      expect.any(String)
    ])
  })

  it.each([
    ["/login", "/login/"],
    ["/login/", "/login"],
    ["/shop/login", "/shop/login/?next=/shop/account/"]
  ])("does not redirect the login page %s when it is requested as %s: Next redirects one to the other", (loginUrl, path) => {
    expect(ask(path, undefined, loginProxy({ loginUrl }))).toBeUndefined()
  })

  it("keeps the base path of the application in `next`", () => {
    expect(ask("/shop/account/?tab=2", undefined, loginProxy({ loginUrl: "/shop/login" }))).toBe(
      "http://a.example/shop/login?next=/shop/account/%3Ftab%3D2"
    )
  })

  it("lets calls of Server Actions pass: they check the user themselves and redirect the browser's router", () => {
    const call = (method: string, headers: Readonly<Record<string, string>>) =>
      proxy(new Request("http://a.example/account", { method, headers }))?.status
    const action = { "next-action": "40a955a792ec4b62d42d61a4a9f4124f5432e15327" }
    expect([call("POST", action), call("POST", {}), call("GET", action)]).toEqual([undefined, 302, 302])
  })

  it("uses the names that the application configured", () => {
    const own = loginProxy({ cookieName: "sid", loginUrl: "https://sso.example/in?a=1", redirectFieldName: "to" })
    expect([ask("/b", "sid=abcdefgh", own), ask("/b", "sessionid=abcdefgh", own)]).toEqual([
      undefined,
      "https://sso.example/in?a=1&to=/b"
    ])
    expect(ask("/b", undefined, loginProxy())).toBe("http://a.example/accounts/login/?next=/b")
  })

  it("checks only the cookie: no other header lets a request pass", () => {
    for (const name of [
      "x-middleware-subrequest",
      "x-middleware-next",
      "x-nextjs-data",
      "rsc",
      "next-router-prefetch"
    ]) {
      const headers = { [name]: "middleware:middleware:middleware:middleware:middleware" }
      expect(proxy(new Request("http://a.example/account", { headers }))?.status).toBe(302)
    }
  })

  it("is small, and needs nothing that an edge runtime lacks", async () => {
    const bundle = await rolldown({
      input: join(import.meta.dirname, "../../../../src/adapters/http/next/proxy.ts"),
      external: /^[^./]/
    })
    const { output } = await bundle.generate({ minify: true })
    await bundle.close()
    const chunks = output.filter((each): each is OutputChunk => each.type === "chunk")
    expect(chunks.flatMap(({ imports }) => imports)).toEqual([])
    expect(chunks.reduce((bytes, { code }) => bytes + Buffer.byteLength(code), 0)).toBeLessThan(20_000)
  })
})
