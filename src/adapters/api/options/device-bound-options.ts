/** The option `deviceBound`, and the checks of it. */
import type { SessionAndCsrfOptions } from "../../../core/auth/state/auth-settings.ts"
import {
  type DeviceBoundOptions as CoreOptions,
  shortestCookieSeconds,
  shortestGraceSeconds
} from "../../../core/device-bound/device-settings.ts"
import { boolean, type Kind, type Kinds, number, object, optionProblems, strings } from "../../options/option-kinds.ts"
import type { StoreCapabilities } from "../../ports/session-store.ts"
import { problem } from "./problem.ts"

/** Binds sessions to the devices of their users: a copied session cookie stops working within minutes. */
export interface DeviceBoundOptions extends CoreOptions {
  /**
   * Needed with `enforce` if the session store can be shared with a Django site. `true`: every Django site that reads
   * these sessions checks the short cookie with the middleware of the documentation. `false`: no Django site reads
   * them.
   */
  readonly djangoChecks?: boolean
}

const oneOf = (...names: ReadonlyArray<string>): Kind => ({
  written: names.map((name) => JSON.stringify(name)).join(" or "),
  accepts: (value) => typeof value === "string" && names.includes(value)
})

const kinds: Kinds<DeviceBoundOptions> = {
  mode: oneOf("observe", "enforce"),
  cookieSeconds: number,
  graceSeconds: number,
  exempt: strings,
  unbound: oneOf("allow", "end"),
  djangoChecks: boolean
}

/** Checks names and kinds of the options. */
export const deviceBoundKindProblems = (options: DeviceBoundOptions | undefined): ReadonlyArray<string> =>
  options === undefined || !object.accepts(options)
    ? []
    : [
        ...optionProblems(options, kinds, "deviceBound."),
        ...problem(options.mode === undefined, 'deviceBound.mode is missing; begin with "observe"')
      ]

/** Checks what the options mean together with others. @param capabilities those of the session store, if known */
export const deviceBoundProblems = (
  options: DeviceBoundOptions | undefined,
  { csrfUseSessions, sessionCookie = {} }: SessionAndCsrfOptions,
  capabilities: StoreCapabilities | undefined
): ReadonlyArray<string> => {
  if (options === undefined) return []
  const { cookieSeconds = shortestCookieSeconds, exempt = [], graceSeconds = shortestGraceSeconds } = options
  const enforces = options.mode === "enforce"
  return [
    ...problem(
      !(Number.isInteger(cookieSeconds) && cookieSeconds >= shortestCookieSeconds && cookieSeconds <= 86_400),
      `deviceBound.cookieSeconds must be a whole number from ${shortestCookieSeconds} to 86400: browsers sign six times in nine minutes, so a shorter cookie logs users out`
    ),
    ...problem(
      !(Number.isInteger(graceSeconds) && graceSeconds >= shortestGraceSeconds && graceSeconds <= 300),
      `deviceBound.graceSeconds must be a whole number from ${shortestGraceSeconds} to 300: in a shorter time browsers do not register`
    ),
    ...problem(
      !exempt.every((path) => /^\/[\w.~!$&'()*+,=:@/-]+$/.test(path) && !/\/\/|\/\.\.?(\/|$)/.test(path)),
      'deviceBound.exempt: write path prefixes of static files, such as "/static", without escapes'
    ),
    ...problem(
      capabilities?.revokes === false,
      "deviceBound: the session store cannot end a session, so a copied cookie from before the registration would stay valid; use a store on a server, such as postgres({ url }).sessions"
    ),
    ...problem(
      sessionCookie.secure !== true,
      "deviceBound: browsers bind sessions on https only; write sessionCookie: { secure: true }"
    ),
    ...problem(
      sessionCookie.domain !== undefined,
      "deviceBound: a session is bound on one host; leave sessionCookie.domain out"
    ),
    ...problem(
      sessionCookie.path !== undefined && sessionCookie.path !== "/",
      'deviceBound: the endpoints need the session cookie; leave sessionCookie.path out, or write "/"'
    ),
    ...problem(
      sessionCookie.partitioned === true,
      "deviceBound: browsers bind no partitioned cookie, and would renew it before every request; leave sessionCookie.partitioned out"
    ),
    ...problem(
      enforces && csrfUseSessions === true,
      "deviceBound.mode enforce: a session without proof cannot hold the CSRF secret of the login form; leave csrfUseSessions out"
    ),
    ...problem(
      enforces && capabilities?.sharedWithDjango === true && options.djangoChecks === undefined,
      "deviceBound.mode enforce: a Django site that reads these sessions would accept a copied cookie; write djangoChecks: true if every such site has the middleware of docs/device-bound-sessions.md, or djangoChecks: false if there is none"
    )
  ]
}
