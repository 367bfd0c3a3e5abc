/** What the laws about the throttle do: attacks from many addresses, and waits. */
import type { Browser } from "../../browser/browser.ts"
import { must } from "../law-broken.ts"
import type { LawUser } from "../law-pages.ts"
import type { LawClock } from "../law-parts.ts"
import type { LawRun } from "../law-run.ts"
import { type LawSite, loggedIn } from "../law-site.ts"
import type { LawThrottle } from "../law-throttle.ts"

/** A site with a throttle that was started. */
export interface ThrottleSite {
  readonly site: LawSite
  readonly clock: LawClock
  readonly throttle: LawThrottle
  readonly alice: LawUser
  readonly bob: LawUser
}

/** Starts the throttle. The requests come from the address of the user. */
export const started = async ({ site }: LawRun): Promise<ThrottleSite> => {
  const { clock, throttle, users } = site
  if (clock === undefined || throttle === undefined) throw new TypeError("the site has no clock or no throttle")
  await throttle.start?.()
  throttle.from(home)
  return { site, clock, throttle, alice: users[0], bob: users[1] }
}

/** The address of the user. */
export const home = "192.0.2.1"

/** The address of an attacker who has only one. */
export const attackersHome = "203.0.113.7"

export const wrongPassword = "a wrong password"

/** One login. @returns whether it succeeded */
export const logsIn = async (
  { site }: ThrottleSite,
  user: LawUser,
  browser: Browser = site.browser()
): Promise<boolean> => {
  const { status } = await site.pages.login(browser, user)
  must(status < 500, () => `a login is answered ${status}`)
  return status < 400
}

/** Logs in from the user's own address, with a browser without cookies. */
export const userLogsIn = (on: ThrottleSite, user: LawUser): Promise<boolean> => {
  on.throttle.from(home)
  return logsIn(on, user)
}

/** So many wrong passwords for one user, each from another network. */
export const attack = async (on: ThrottleSite, { username }: LawUser, failures: number): Promise<void> => {
  for (let at = 0; at < failures; at++) {
    on.throttle.from(`198.51.${at >> 8}.${at & 255}`)
    must(!(await logsIn(on, { username, password: wrongPassword })), () => "a wrong password logs in")
  }
  on.throttle.from(home)
}

/** So many wrong passwords from one network, each for another name unless one is given. */
export const attackFrom = async (
  on: ThrottleSite,
  address: string,
  failures: number,
  username?: string
): Promise<void> => {
  on.throttle.from(address)
  for (let at = 0; at < failures; at++)
    must(
      !(await logsIn(on, { username: username ?? `name ${at}`, password: wrongPassword })),
      () => "a wrong password logs in"
    )
}

/** An address in one of the networks of 64 bits that a customer with 48 bits has. */
export const neighbour = (at: number): string => `2001:db8:7:${at.toString(16)}::1`

/**
 * So many wrong passwords for one user, each as soon as it is accepted. A refused attempt is not counted, so the
 * attacker can wait for the longest delay each time.
 */
export const lastingAttack = async (on: ThrottleSite, user: LawUser, failures: number): Promise<void> => {
  for (let at = 0; at < failures; at++) {
    await attack(on, user, 1)
    if (at < failures - 1) on.clock.advance({ seconds: on.throttle.maximumSeconds })
  }
}

/**
 * The seconds until the user's password is accepted, tried every second; `undefined`: it is not, for twice the longest
 * wait.
 */
export const waitOf = async (on: ThrottleSite, user: LawUser): Promise<number | undefined> => {
  for (let seconds = 0; seconds <= 2 * on.throttle.maximumSeconds; seconds++) {
    if (await userLogsIn(on, user)) return seconds
    on.clock.advance({ seconds: 1 })
  }
  return undefined
}

/** A browser in which the user has logged in before: a known device. */
export const knownDevice = async (on: ThrottleSite, user: LawUser): Promise<Browser> => {
  const browser = await loggedIn(on.site, user)
  must(browser.cookie(on.throttle.cookie) !== undefined, () => `a login sets no cookie ${on.throttle.cookie}`)
  return deviceOnly(on, browser)
}

/** A browser with nothing but the cookie of the known device. */
export const deviceOnly = ({ site, throttle }: ThrottleSite, from: Browser): Browser => {
  const browser = site.browser()
  const secure = browser.origin.startsWith("https:") ? "; Secure" : ""
  browser.store([`${throttle.cookie}=${from.cookie(throttle.cookie) ?? ""}; Path=/${secure}`])
  return browser
}
