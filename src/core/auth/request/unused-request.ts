/**
 * A request is unused if its handler uses neither the session nor the CSRF secret. Many unused requests need nothing
 * from latchkey. Adapters open such a request only when its handler uses it.
 */
import { isSafeRequest } from "../../csrf/check-request.ts"
import * as Secret from "../../csrf/csrf-secret.ts"
import { isSpace } from "../../http/headers/white-space.ts"
import type { RequestHead } from "../../http/request/request-head.ts"
import * as SessionKey from "../../session-key.ts"
import type { AuthSettings } from "../state/request-state.ts"

/**
 * Whether this request needs nothing if it is unused: nothing is checked before its handler, and nothing is sent or
 * stored after it, whichever status the response has. May also return `false` for a request that needs nothing.
 *
 * @param cookies the `Cookie` header
 */
export const needsNothingUnused = (
  { csrf, session }: Pick<AuthSettings, "csrf" | "session">,
  head: RequestHead,
  cookies: string | undefined
): boolean =>
  !session.saveEveryRequest &&
  session.deviceBound === undefined &&
  isSafeRequest(head) &&
  (cookies === undefined || areWellFormed(cookies, session.cookie.name, csrf.cookie.name))

/**
 * Whether each session cookie has a key, and each CSRF cookie a secret. A useless session cookie is deleted, and a
 * malformed CSRF cookie is replaced.
 *
 * This runs for every request. It makes no text for a name or a value, so it takes half the time of `cookieValue`. It
 * returns `false` for some headers that browsers do not send: with quotes, with white space around a value, or with a
 * cookie whose name begins with one of these names.
 */
const areWellFormed = (header: string, sessionName: string, csrfName: string): boolean => {
  for (let at = 0, end = 0; at < header.length; at = end + 1) {
    end = header.indexOf(";", at)
    if (end < 0) end = header.length
    while (isSpace(header.charCodeAt(at))) at++
    if (startsWith(header, at, sessionName) && !assignsKey(header, at + sessionName.length, end)) return false
    if (startsWith(header, at, csrfName) && !assignsSecret(header, at + csrfName.length, end)) return false
  }
  return true
}

/** `startsWith` of JavaScript is slower for short names. */
const startsWith = (header: string, at: number, name: string): boolean => {
  for (let index = 0; index < name.length; index++)
    if (header.charCodeAt(at + index) !== name.charCodeAt(index)) return false
  return true
}

const assignsKey = (header: string, equals: number, end: number): boolean =>
  header.charCodeAt(equals) === equalsSign &&
  // A code point has one or two units.
  end - equals - 1 >= 2 * SessionKey.minimumLength &&
  isPlain(header.charCodeAt(equals + 1)) &&
  isPlain(header.charCodeAt(end - 1))

/** Whether a value may begin and end with this unit without being trimmed or unquoted. */
const isPlain = (unit: number): boolean => unit !== quote && !isSpace(unit)

const assignsSecret = (header: string, equals: number, end: number): boolean =>
  header.charCodeAt(equals) === equalsSign && Secret.isWellFormed(header, equals + 1, end)

const quote = 0x22
const equalsSign = 0x3d
