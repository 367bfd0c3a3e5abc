/** A browser with a device, for the clauses about device-bound sessions: what it sends, and what it reads in replies. */
import { expect } from "vitest"
import * as Wire from "../../../../full-stack/wire.ts"
import { type Device, makeDevice } from "../../../../rig/device.ts"
import type { ContractContext, Handler } from "../adapter.ts"
import { authenticated, keyIn, type Site, type SiteOptions } from "../site.ts"

/** How far the clock of the sites is ahead. It only ever grows. */
let ahead = 0
export const seconds = (count: number): void => {
  ahead += count * 1000
}

export const siteWith = (mode: "observe" | "enforce", unbound: "allow" | "end" = "allow"): SiteOptions => ({
  auth: {
    sessionCookie: { secure: true },
    secureProxyHeader: ["X-Forwarded-Proto", "https"],
    deviceBound: { mode, unbound, exempt: ["/static"] },
    clockAndRandom: { now: () => Date.now() + ahead }
  },
  http: {
    loginRequired: ({ url = "" }) => url.includes("closed"),
    onError: () => ({ status: 418, headers: {}, body: "the application's own page" })
  }
})

export const https = "X-Forwarded-Proto: https"
export const navigating = ["Sec-Fetch-Mode: navigate", "Sec-Fetch-Site: same-origin"]
export const fromElsewhere = ["Sec-Fetch-Mode: navigate", "Sec-Fetch-Site: cross-site"]
export const short = "__Host-sessionid-device"

/** A browser that is logged in. */
export interface Browser {
  readonly device: Device
  /** The lines of its requests, without the short cookie. */
  readonly long: ReadonlyArray<string>
  readonly offer: string
  readonly id: string
  readonly challenge: string
  readonly key: string
}

export interface Bound extends Browser {
  /** The lines of its requests, with the short cookie. */
  readonly lines: ReadonlyArray<string>
  readonly short: string
}

export const header = (reply: Wire.Reply, name: string): string => (reply.headers.get(name) ?? []).join()

export const loggedIn = async ({ visit }: Site, username = "alice"): Promise<Browser> => {
  const reply = await visit(
    async (context) => {
      await authenticated(context, username)
      return {}
    },
    { lines: [https] }
  )
  const offer = header(reply, "secure-session-registration")
  const [, challenge = ""] = /challenge="([^"]*)"/.exec(offer) ?? []
  const key = keyIn(reply) ?? ""
  return {
    device: makeDevice(),
    long: [https, `Cookie: sessionid=${key}`],
    offer,
    challenge,
    id: challenge.split(".")[1] ?? "",
    key
  }
}

export const post = ({ port }: Site, path: string, lines: ReadonlyArray<string>): Promise<Wire.Reply> =>
  Wire.ask(port, Wire.request("POST", path, lines, ""))

export const register = (site: Site, browser: Browser, jws = browser.device.register(browser.challenge)) =>
  post(site, "/dbsc/register", [...browser.long, `Secure-Session-Response: ${jws}`])

export const probe = (site: Site, browser: Browser) =>
  post(site, "/dbsc/refresh", [...browser.long, `Sec-Secure-Session-Id: ${browser.id}`])

export const prove = (site: Site, browser: Browser, jws: string, id = browser.id) =>
  post(site, "/dbsc/refresh", [...browser.long, `Sec-Secure-Session-Id: ${id}`, `Secure-Session-Response: ${jws}`])

export const challengeIn = (reply: Wire.Reply): string => {
  const [, challenge = ""] = /^"([^"]*)";id="/.exec(header(reply, "secure-session-challenge")) ?? []
  return challenge
}

export const shortIn = (reply: Wire.Reply): string | undefined =>
  Wire.cookiesOf(reply)
    .map((cookie) => new RegExp(`^${short}=([^;]+)`).exec(cookie)?.[1])
    .find((value) => value !== undefined && value !== '""')

export const bound = async (site: Site, username?: string): Promise<Bound> => {
  const browser = await loggedIn(site, username)
  const value = shortIn(await register(site, browser)) ?? ""
  return { ...browser, short: value, lines: [https, `Cookie: sessionid=${browser.key}; ${short}=${value}`] }
}

/** The browser after its grace, with no short cookie: a copy of the session cookie. */
export const copied = async (site: Site, username?: string): Promise<Bound> => {
  const browser = await bound(site, username)
  seconds(11)
  return browser
}

export const who: Handler = async ({ getUser, session }) => ({
  body: JSON.stringify([(await getUser())?.username ?? null, [...(await session.raw.all()).keys()].includes("cart")])
})

/** A handler that does one thing and answers nothing. */
export const doing =
  (act: (context: ContractContext) => Promise<unknown>): Handler =>
  async (context) => {
    await act(context)
    return {}
  }

export const deletes = (reply: Wire.Reply, name: string): boolean =>
  Wire.cookiesOf(reply).some((cookie) => cookie.startsWith(`${name}=`) && /max-age=0/i.test(cookie))

export const expectOwnAnswer = (reply: Wire.Reply, status: number): void => {
  expect([reply.status, header(reply, "cache-control"), header(reply, "cross-origin-resource-policy")]).toEqual([
    status,
    "no-store",
    "same-origin"
  ])
  expect(Wire.cookiesOf(reply).filter((cookie) => cookie.startsWith("sessionid="))).toEqual([])
}
