/**
 * Which answers offer a registration. A browser tries each offer once, and each costs one of its few signatures. So an
 * offer is repeated when the one before may be lost, and not while the browser may still be registering.
 *
 * | the answer                                | the login was           | offers                                      |
 * | ----------------------------------------- | ----------------------- | ------------------------------------------- |
 * | stores a login                            | in this request         | yes, unless the answer carries only cookies |
 * | gives the session a new key               | up to `graceSeconds` ago| yes: a registration beside it finds no row  |
 * | is a page that the browser navigates to   | 2 s to `graceSeconds`   | yes: the browser did not register           |
 * | is such a page, and none was offered yet  | at any time             | yes: the login's answer carried only cookies|
 * | is another one, or the session has a      |                         | no                                          |
 * | device                                    |                         |                                             |
 */
import type { DeviceBinding } from "./device-binding.ts"
import type { DeviceBoundSettings } from "./device-settings.ts"
import type { DevicePresence } from "./device-verdict.ts"

/** How long a browser may take to register before a page offers it again. */
export const repeatAfterSeconds = 2

/** What the answer does with the session. */
export interface AnsweredSession {
  /** The id of the binding that a login of this request has made; `undefined`: there was no login. */
  readonly madeByLogin: string | undefined
  /** Whether the answer sets the session cookie. */
  readonly setsCookie: boolean
  /** Whether it gives the session a new key. */
  readonly hasNewKey: boolean
}

/** Whether the answer offers a registration for this binding. @param now epoch milliseconds */
export const isDue = (
  { graceSeconds }: Pick<DeviceBoundSettings, "graceSeconds">,
  { device, id, offered, waits }: DeviceBinding,
  { answer, isJudged, isSecure }: DevicePresence,
  { hasNewKey, madeByLogin, setsCookie }: AnsweredSession,
  now: number
): boolean => {
  if (device !== undefined || !isSecure || answer === "CookiesOnly") return false
  if (madeByLogin === id) return setsCookie
  const passed = now - offered
  const isInTime = passed <= graceSeconds * 1000
  if (hasNewKey && setsCookie) return isInTime
  if (answer !== "Page" || !isJudged) return false
  return waits === true || (isInTime && passed >= repeatAfterSeconds * 1000)
}
