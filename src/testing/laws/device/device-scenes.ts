/** What the laws about device-bound sessions do: bound browsers, copies of their cookies, messages to the endpoints. */
import { instructionsOf, offersOf } from "../../browser/bound-session.ts"
import type { Browser } from "../../browser/browser.ts"
import type { DeviceBrowser } from "../../browser/device-browser.ts"
import { type DeviceKey, makeDeviceKey } from "../../browser/device-key.ts"
import { must } from "../law-broken.ts"
import type { LawClock, LawDeviceBound } from "../law-parts.ts"
import type { LawRun } from "../law-run.ts"
import type { LawSite } from "../law-site.ts"
import { loggedIn } from "../law-site.ts"
import { newPassword } from "../parallel-requests.ts"

/** A site that binds sessions. */
export interface DeviceSite {
  readonly site: LawSite
  readonly device: LawDeviceBound
  readonly clock: LawClock
}

/** The parts of the site that these laws need. A law with them in its `needs` always gets them. */
export const deviceSiteOf = ({ site }: LawRun): DeviceSite => {
  const { clock, deviceBound } = site
  if (clock === undefined || deviceBound === undefined) throw new TypeError("the site has no clock or no deviceBound")
  return { site, device: deviceBound, clock }
}

/** How much longer than the browser keeps it a site accepts a short cookie. */
export const leewaySeconds = 60

/** A browser whose session is bound. */
export interface BoundBrowser {
  readonly browser: DeviceBrowser
  /** The identifier of the bound session. */
  readonly id: string
  readonly key: DeviceKey
}

/** Logs in with a browser that binds its session. @param user the number of the user */
export const bound = async ({ device, site }: DeviceSite, user: 0 | 1 = 0): Promise<BoundBrowser> => {
  const browser = device.browser()
  await loggedIn(site, site.users[user], browser)
  await browser.settled()
  const [id] = browser.boundSessions
  const key = id === undefined ? undefined : browser.keyOf(id)
  must(key !== undefined, () => `the login binds no session: ${said(browser)}`)
  return { browser, id: id ?? "", key: key ?? makeDeviceKey("none") }
}

/** A session whose login has offered a registration, in a browser that does not register by itself. */
export interface OfferedSession {
  readonly browser: Browser
  /** The challenge of the offer. */
  readonly challenge: string
}

/** Logs in with a browser that registers nothing. @returns `undefined` if the answer to the login offers nothing */
export const offered = async ({ site }: DeviceSite): Promise<OfferedSession | undefined> => {
  const browser = site.browser()
  const { headers, status } = await site.pages.login(browser, site.users[0])
  must(status < 400, () => `pages.login answers ${status}`)
  const [offer] = offersOf(headers.get("secure-session-registration"))
  return offer === undefined ? undefined : { browser, challenge: offer.challenge }
}

/** Registers a key, and stores the short cookie. @returns the identifier of the bound session */
export const registered = async (on: DeviceSite, { browser, challenge }: OfferedSession, key: DeviceKey) => {
  const answer = await registration(on, browser, key.register(challenge))
  browser.store(answer.headers.getSetCookie())
  const instructions = instructionsOf(await answer.text())
  must(typeof instructions === "object", () => `the registration is answered ${answer.status}`)
  return typeof instructions === "object" ? instructions.id : ""
}

/** The registrations and refreshes of a browser, for a message. */
export const said = ({ exchanges }: DeviceBrowser): string => JSON.stringify(exchanges)

/** Moves the clock behind the time in which no proof is needed. */
export const afterGrace = ({ clock, device }: DeviceSite): void => clock.advance({ seconds: device.graceSeconds + 1 })

/** A message to an endpoint, with the cookies of a browser. */
export const message = (
  { device }: DeviceSite,
  browser: Browser,
  path: string,
  headers: Readonly<Record<string, string>>
): Promise<Response> =>
  browser.copy().fetch(device.handler, path, { method: "POST", mode: "cors", csrf: false, headers })

/** A refresh with a proof, sent with the cookies of a browser. */
export const proof = (on: DeviceSite, browser: Browser, id: string, jws: string): Promise<Response> =>
  message(on, browser, refreshPath, { "sec-secure-session-id": id, "secure-session-response": jws })

/** A registration, sent with the cookies of a browser. */
export const registration = (on: DeviceSite, browser: Browser, jws: string): Promise<Response> =>
  message(on, browser, registerPath, { "secure-session-response": jws })

/** A challenge for a refresh. */
export const challengeFor = async (on: DeviceSite, browser: Browser, id: string): Promise<string> => {
  const response = await message(on, browser, refreshPath, { "sec-secure-session-id": id })
  const [, challenge = ""] = /^"([^"]*)"/.exec(response.headers.get("secure-session-challenge") ?? "") ?? []
  must(challenge !== "", () => `a refresh without a proof is answered ${response.status} without a challenge`)
  return challenge
}

export const refreshPath = "/dbsc/refresh"
export const registerPath = "/dbsc/register"

/** A page of another site, with a link to the site. */
export const otherSite = "https://mail.another-site.example/inbox"

/** Whether a response sets this cookie to a value. */
export const gives = (response: Response, cookie: string): boolean =>
  response.headers.getSetCookie().some((line) => line.startsWith(`${cookie}=`) && !/max-age=0/i.test(line))

/** Whether a response sets or deletes this cookie. */
export const touches = (response: Response, cookie: string): boolean =>
  response.headers.getSetCookie().some((line) => line.startsWith(`${cookie}=`))

/** A navigation to the site, from a page at `from`, as often as the browser comes again by itself. */
export const navigated = async ({ device }: DeviceSite, browser: Browser, from?: string): Promise<Response> => {
  const how = from === undefined ? {} : { from }
  const response = await browser.fetch(device.handler, "/", how)
  return response.headers.get("refresh") === "0" ? browser.fetch(device.handler, "/") : response
}

/** What one request sends. */
export type Send = (browser: Browser) => Promise<Response>

/** The pages of the site that change a session and keep it, as far as the site has them. */
export const changesOf = ({ site: { pages } }: DeviceSite): Readonly<Record<string, Send>> => {
  const { changePassword, cycle } = pages
  return {
    "a visit": pages.visit,
    ...(cycle === undefined ? {} : { "a new key": cycle }),
    ...(changePassword === undefined
      ? {}
      : { "a new password": (browser: Browser) => changePassword(browser, newPassword) })
  }
}

/** Requests of the owner's browser that leave its session where it is. */
export const keptBy = (on: DeviceSite, owner: BoundBrowser): Readonly<Record<string, Send>> => {
  const { write } = on.site.pages
  return {
    "a visit": on.site.pages.visit,
    "a refresh": (browser) => renewal(on, owner, browser),
    ...(write === undefined ? {} : { "a write": (browser: Browser) => write(browser, "written", 1) })
  }
}

/** A refresh by the key of the session, with the cookies that the browser has. */
export const renewal = async (
  on: DeviceSite,
  { id, key }: Pick<BoundBrowser, "id" | "key">,
  browser: Browser
): Promise<Response> => proof(on, browser, id, key.prove(await challengeFor(on, browser, id)))

/** A refresh by an attacker with a key of their own, for the owner's session. */
export const proofByAnotherKey = async (on: DeviceSite, { id }: BoundBrowser, browser: Browser): Promise<Response> =>
  proof(on, browser, id, makeDeviceKey("of an attacker").prove(await challengeFor(on, browser, id)))

/** A registration by an attacker with a key of their own, for the owner's session. */
export const registrationOfAnotherKey = async (
  on: DeviceSite,
  { id }: BoundBrowser,
  browser: Browser
): Promise<Response> =>
  registration(on, browser, makeDeviceKey("of an attacker").register(await challengeFor(on, browser, id)))

/** Messages without the right proof. */
export const wrongMessages = (on: DeviceSite, owner: BoundBrowser): Readonly<Record<string, Send>> => {
  const other = makeDeviceKey("of an attacker")
  const { id, key } = owner
  const challenged = async (browser: Browser, sign: (challenge: string) => string) =>
    proof(on, browser, id, sign(await challengeFor(on, browser, id)))
  const none = (challenge: string) =>
    `${[{ alg: "none", typ: "dbsc+jwt" }, { jti: challenge }].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".")}.`
  return {
    "a proof by another key": (browser) => proofByAnotherKey(on, owner, browser),
    "a registration of another key": (browser) => registrationOfAnotherKey(on, owner, browser),
    "a proof with another key in its header": (browser) =>
      challenged(browser, (challenge) => other.register(challenge)),
    "an unsigned proof": (browser) => challenged(browser, none),
    "a proof of another type": (browser) =>
      challenged(browser, (jti) => key.token({ alg: "ES256", typ: "JWT" }, { jti })),
    "a proof that is no token": (browser) => challenged(browser, () => "x"),
    "a registration that is no token": (browser) => registration(on, browser, "x")
  }
}
