/**
 * Whether a request may use a session that may be bound to a device. Decided from the session data, the short cookie
 * and the time at which the request arrived.
 *
 * | the session data                  | the short cookie              | verdict      | closed by `enforce`      |
 * | --------------------------------- | ----------------------------- | ------------ | ------------------------ |
 * | no binding                        | any                           | Unbound      | with `unbound: "end"`(*) |
 * | offered, at most `graceSeconds`   | any                           | Pending      | no                       |
 * | offered, longer ago               | any                           | Unregistered | with `unbound: "end"`(*) |
 * | a device                          | valid for this binding        | Proven       | no                       |
 * | a device for `graceSeconds`       | none, or any other            | Settling     | no                       |
 * | a device for longer               | none, or any other            | Unproven     | yes                      |
 * | malformed                         | any                           | Unproven     | yes                      |
 *
 * (*) if the session has a user. Sessions of anonymous visitors stay as they are.
 *
 * `Settling`: the page after a login is requested at the same time as the registration, so it has no short cookie yet.
 */
import { header, type RequestHead } from "../http/request/request-head.ts"
import type { SessionData } from "../json/session-data.ts"
import * as Binding from "./device-binding.ts"
import type { DeviceBoundSettings } from "./device-settings.ts"
import * as ShortCookie from "./short-cookie.ts"

/** What a request has shown about the device of its session. */
export type DeviceVerdict = "Unbound" | "Pending" | "Unregistered" | "Proven" | "Settling" | "Unproven"

/** The request's part of the decision. */
export interface DevicePresence {
  /** The value of the short cookie; `undefined`: not sent. */
  readonly shortCookie: string | undefined
  /** When the request arrived, in epoch milliseconds: a long upload is judged as at its start. */
  readonly arrivedAt: number
  /** Whether a login may offer a registration: only on https. */
  readonly isSecure: boolean
  /** Whether the request is judged: not for exempt paths, nor while an endpoint of this feature answers. */
  readonly isJudged: boolean
  /**
   * What the answer can carry. `Page`: the browser navigates to it, so that it may repeat an offer. `CookiesOnly`: the
   * framework sets no other header, so that it offers nothing.
   */
  readonly answer: "Page" | "Other" | "CookiesOnly"
  /** The path at which the application is mounted; `""` if at the root. */
  readonly basePath: string
}

/** The verdict about a request with this session data. */
export const judge = (
  settings: DeviceBoundSettings,
  data: SessionData,
  { arrivedAt, shortCookie }: Pick<DevicePresence, "arrivedAt" | "shortCookie">
): DeviceVerdict => {
  const binding = Binding.read(data)
  if (binding === undefined) return "Unbound"
  if (binding === "Malformed") return "Unproven"
  const { device, id, offered } = binding
  const isWithinGrace = (since: number): boolean => arrivedAt - since <= settings.graceSeconds * 1000
  if (device === undefined) return isWithinGrace(offered) ? "Pending" : "Unregistered"
  if (ShortCookie.accepts(settings, id, shortCookie, arrivedAt)) return "Proven"
  return isWithinGrace(device.since) ? "Settling" : "Unproven"
}

/** Whether the session is closed to the request. @param hasUser whether the session data names a user */
export const closes = (
  { mode, unbound }: Pick<DeviceBoundSettings, "mode" | "unbound">,
  verdict: DeviceVerdict,
  hasUser: boolean
): boolean => {
  if (mode === "observe") return false
  if (verdict === "Unproven") return true
  return unbound === "end" && hasUser && (verdict === "Unbound" || verdict === "Unregistered")
}

/**
 * Whether a navigation with an unproven session proves it if the browser requests the page again. A browser does not
 * renew the short cookie for a link on a page of another site, nor while it has one.
 */
export const healsByComingAgain = (head: RequestHead, shortCookie: string | undefined): boolean => {
  if (head.method !== "GET" || header(head, "sec-fetch-mode") !== "navigate") return false
  const site = header(head, "sec-fetch-site")
  return shortCookie !== undefined || (site !== undefined && site !== "same-origin" && site !== "none")
}

/**
 * Whether a path is one of the exempt ones. A path that a server may read in another way (escapes, `..`, `//`) is not.
 *
 * @param target the target of the request line
 */
export const isExempt = (exempt: ReadonlyArray<string>, target: string): boolean => {
  const path = target.replace(/[?#].*$/s, "")
  if (/[%\\;]|\/\/|\/\.\.?(\/|$)/.test(path)) return false
  return exempt.some((prefix) => path === prefix || path.startsWith(prefix.endsWith("/") ? prefix : `${prefix}/`))
}
