/** The visitors of the tables of faults, and the site that they visit. */
import { text } from "node:stream/consumers"
import type { SessionStore } from "latchkey"
import type { ClientOptions } from "latchkey/postgres"
import { type Page, passwordOf, type Site, type SiteOptions, startSite, usualDeadlines } from "../full-stack/site.ts"
import { type Answer, type Browser, browser } from "../rig/browser.ts"
import { type Device, makeDevice } from "../rig/device.ts"

/** A user of the test, and the browser in which the user is logged in, or was. */
export interface Visitor {
  readonly username: string
  readonly browser: Browser
  readonly device: Device
  /** The challenge that the login offered to the device. */
  challenge: string
  /** The keys of the user's sessions in other browsers. */
  otherKeys: ReadonlyArray<string>
}

/** What the site says about a browser. */
export interface State {
  readonly user: string | undefined
  /** What the test stored in the session: `"old"`, or by `write` `"new"`. */
  readonly marker: unknown
}

export const sameState = (one: State, other: State): boolean => one.user === other.user && one.marker === other.marker

/** Pages beside those of the example. */
const pages: Readonly<Record<string, Page>> = {
  "/sessions": async (_req, res, { listSessions }) => {
    res.end(JSON.stringify((await listSessions()).map(({ current }) => current)))
  },
  "/sessions/end-others": async (_req, res, { endOtherSessions }) => {
    res.end(JSON.stringify({ ended: await endOtherSessions() }))
  },
  "/reauthenticate": async (req, res, { reauthenticate }) => {
    res.end(JSON.stringify({ proved: await reauthenticate(JSON.parse(await text(req))) }))
  }
}

/** A proxy in front has received every request over https: only then a login offers a registration. */
const https = { "x-forwarded-proto": "https" }

/**
 * A site that binds sessions to devices and records logins. A device may register as long as the longest fault takes, and
 * no request needs a proof for as long, so that a fault is the only reason for another answer.
 */
export const startFaultySite = (
  database: ClientOptions,
  {
    settings,
    ...options
  }: Omit<SiteOptions, "pages"> & { readonly sessions?: (rows: SessionStore) => SessionStore } = {}
): Promise<Site> =>
  startSite(
    { ...usualDeadlines.database, ...database },
    {
      ...usualDeadlines.auth,
      ...options,
      pages,
      settings: {
        sessionCookie: { secure: true },
        secureProxyHeader: ["X-Forwarded-Proto", "https"],
        deviceBound: { mode: "enforce", graceSeconds: 300, djangoChecks: false },
        reauthentication: {},
        ...settings
      }
    }
  )

/** A browser without cookies, for this user. */
export const newVisitor = (username: string): Visitor => ({
  username,
  browser: browser(https),
  device: makeDevice(),
  challenge: "",
  otherKeys: []
})

/** A browser that has only this session, of this user. */
export const holderOf = (username: string, key: string | undefined): Visitor => {
  const visitor = newVisitor(username)
  if (key !== undefined) visitor.browser.jar.set("sessionid", key)
  return visitor
}

export const login = (site: Site, { browser, username }: Visitor, password = passwordOf(username)): Promise<Answer> =>
  browser.post(site, "/login", { username, password })

/** Answers the challenge that the login offered. */
export const register = (site: Site, { browser, challenge, device }: Visitor): Promise<Answer> =>
  browser.post(site, "/dbsc/register", {}, { "secure-session-response": device.register(challenge) })

/** Asks for a challenge, which needs no store, and answers it. */
export const refresh = async (site: Site, { browser, challenge, device }: Visitor): Promise<Answer> => {
  const asked = { "sec-secure-session-id": challenge.split(".")[1] ?? "" }
  const probe = await browser.post(site, "/dbsc/refresh", {}, asked)
  const [, next] = /^"([^"]*)"/.exec(probe.headers.get("secure-session-challenge") ?? "") ?? []
  if (probe.status !== 403 || next === undefined) return probe
  return browser.post(site, "/dbsc/refresh", {}, { ...asked, "secure-session-response": device.prove(next) })
}

/** @throws if the site is out of order */
export const stateOf = async (site: Site, { browser, username }: Visitor): Promise<State> => {
  const [me, session] = [await browser.get(site, "/me"), await browser.get(site, "/session")]
  if (![200, 401].includes(me.status) || session.status !== 200)
    throw new Error(`/me answered ${me.status}, /session ${session.status}`)
  const { user } = JSON.parse(me.text)
  return { user: user === username ? "self" : (user ?? undefined), marker: JSON.parse(session.text).marker }
}
