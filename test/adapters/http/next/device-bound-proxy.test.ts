/** What the proxy of Next adds for device-bound sessions. The whole is tried on a real Next in test/package. */
import { describe, expect, it } from "vitest"
import { headOf } from "../../../../src/adapters/http/next/framework/next-head.ts"
import { deviceBoundProxyWith } from "../../../../src/adapters/http/next/handlers/device-bound-proxy.ts"
import { serverAction } from "../../../../src/adapters/http/next/handlers/server-action.ts"
import { type LawDeviceBound, testSite } from "../../../../src/testing/index.ts"
import { lawSiteOf } from "../../../../src/testing/laws/memory/memory-site.ts"
import { redirect } from "./thrown.ts"

const makeSite = (mode: "enforce" | "observe" = "enforce") =>
  testSite({
    origin: "https://shop.example",
    auth: {
      sessionCookie: { secure: true },
      secureProxyHeader: ["X-Forwarded-Proto", "https"],
      deviceBound: { mode }
    }
  })
type Site = ReturnType<typeof makeSite>

const proxyOf = ({ auth }: Site) =>
  deviceBoundProxyWith(() => new Response(null, { headers: { "x-middleware-next": "1" } }))(auth)

const page = (cookie: string, headers: Readonly<Record<string, string>> = {}): Request =>
  new Request("http://shop.example/", {
    headers: {
      ...{ cookie, "x-forwarded-proto": "https" },
      ...{ "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-fetch-site": "same-origin" },
      ...headers
    }
  })

/** The cookies after a login in a Server Action. */
const loggedIn = async ({ auth, user }: Site): Promise<string> => {
  const jar = new Map<string, string>()
  const action = serverAction({
    headers: async () =>
      new Headers({ "x-forwarded-proto": "https", host: "shop.example", origin: "https://shop.example" }),
    cookies: async () => ({ getAll: () => [], set: ({ name, value }) => jar.set(name, value) }),
    redirect
  })
  await action(auth, ({ login }) => login(user("alice")))()
  return [...jar].map(([name, value]) => `${name}=${value}`).join("; ")
}

/** A bound browser, with the cookies of its requests. */
const bound = async (site: Site) => {
  const { deviceBound, pages, users } = lawSiteOf(site)
  const device: LawDeviceBound = deviceBound ?? expect.fail("sessions are not bound")
  const browser = device.browser()
  await pages.login(browser, users[0])
  await browser.settled()
  const key = `sessionid=${browser.cookie("sessionid")}`
  site.clock.advance({ seconds: 11 })
  return { key, all: `${key}; ${device.cookie}=${browser.cookie(device.cookie)}`, short: device.cookie }
}

const offerIn = (response: Response | undefined): string | null =>
  response?.headers.get("secure-session-registration") ?? null

describe("the proxy for device-bound sessions", () => {
  it("offers the registration of a login in a Server Action, whenever the next page is requested", async () => {
    const site = makeSite()
    const cookie = await loggedIn(site)
    const proxy = proxyOf(site)
    const first = await proxy(page(cookie))
    expect(offerIn(first)).toMatch(/^\(ES256 RS256\);path="\/dbsc\/register";challenge="register\./)
    expect(first?.headers.get("x-middleware-next")).toBe("1")
    site.clock.advance({ seconds: 3600 })
    expect(offerIn(await proxy(page(cookie)))).not.toBeNull()
    expect(await proxy(page(cookie, { "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" }))).toBeUndefined()
    expect(await proxy(page(cookie, { "x-forwarded-proto": "http" }))).toBeUndefined()
    expect(await proxy(page(""))).toBeUndefined()
  })

  it("adds its headers to what the proxy of the application has made, or answers in its place", async () => {
    const site = makeSite()
    const proxy = proxyOf(site)
    const goesOn = () => new Response(null, { headers: { "content-security-policy": "default-src 'self'" } })
    const made = goesOn()
    expect(await proxy(page(""), made)).toBe(made)
    const offering = goesOn()
    expect(await proxy(page(await loggedIn(site)), offering)).toBe(offering)
    expect([offerIn(offering), offering.headers.get("content-security-policy")]).toEqual([
      expect.stringContaining("/dbsc/register"),
      "default-src 'self'"
    ])
    const { key } = await bound(site)
    const other = await proxy(page(key, { "sec-fetch-site": "cross-site" }), goesOn())
    expect([other.status, other.headers.get("content-security-policy")]).toEqual([401, null])
  })

  it("answers a link on another site with a page that comes again, and lets all others through", async () => {
    const site = makeSite()
    const { all, key } = await bound(site)
    const proxy = proxyOf(site)
    const other = await proxy(page(key, { "sec-fetch-site": "cross-site" }))
    expect([other?.status, other?.headers.get("refresh"), other?.headers.get("cache-control")]).toEqual([
      401,
      "0",
      "no-store"
    ])
    expect(await proxy(page(key))).toBeUndefined()
    expect(await proxy(page(all, { "sec-fetch-site": "cross-site" }))).toBeUndefined()
  })

  it("deletes a stale short cookie, also while the site only observes", async () => {
    const site = makeSite("observe")
    const { key, short } = await bound(site)
    const response = await proxyOf(site)(page(`${key}; ${short}=stale`))
    expect(response?.headers.getSetCookie()).toEqual([expect.stringMatching(new RegExp(`^${short}="";.*Max-Age=0`))])
    expect(response?.headers.get("x-middleware-next")).toBe("1")
  })

  it("lets requests through while the store is unavailable, and writes nothing", async () => {
    const site = makeSite()
    const { key } = await bound(site)
    const rows = new Map(site.stores.sessions.rows)
    site.clock.advance({ seconds: 3600 })
    await proxyOf(site)(page(key))
    expect(site.stores.sessions.rows).toEqual(rows)
    site.network.fail("all", "refused")
    expect(await proxyOf(site)(page(key, { "sec-fetch-site": "cross-site" }))).toBeUndefined()
  })

  it("asks no store without a navigation, and is without effect without the option", async () => {
    const site = makeSite()
    const { key } = await bound(site)
    site.network.fail("all", "refused")
    await expect(site.auth.beforePage({ ...headOfPage(key), method: "POST" })).resolves.toEqual({
      headers: { cookies: [] }
    })
    const plain = testSite()
    plain.network.fail("all", "refused")
    await expect(plain.auth.beforePage(headOfPage(key))).resolves.toEqual({ headers: { cookies: [] } })
  })
})

const headOfPage = (cookie: string) => ({
  ...headOf({ headers: [["sec-fetch-mode", "navigate"]], cookies: { getAll: () => [] } }, "GET"),
  headers: [
    ["cookie", cookie],
    ["sec-fetch-mode", "navigate"]
  ] as const
})
