/** The option `throttle`, and the checks of it. */
import { type CookieOptions, cookieSettings } from "../../../core/http/cookies/cookie-settings.ts"
import type { Secrets } from "../../../core/signing/hmac.ts"
import { knownDeviceSettings } from "../../../core/throttle/known-device.ts"
import { policyOf, type ThrottleLimits } from "../../../core/throttle/throttle.ts"
import { makeThrottleKeys } from "../../../core/throttle/throttle-keys.ts"
import { having, type Kinds, number, object, optionProblems } from "../../options/option-kinds.ts"
import type { Backend } from "../../ports/backend.ts"
import type { ThrottleStore } from "../../ports/throttle-store.ts"
import type { ThrottleSettings } from "../../request/throttle/throttle-settings.ts"
import { cookieOptionProblems, cookieProblems } from "./cookie-options.ts"
import { isAge, problem } from "./problem.ts"

/** The cookie of known devices. */
export interface ThrottleCookieOptions extends CookieOptions {
  /** How long a browser stays known after a login, in seconds. Default 31,536,000, one year. */
  readonly ageSeconds?: number
}

/**
 * Slows down attempts with wrong passwords, and requests for mails and accounts. A throttled attempt gets the answer of
 * a wrong password, for the same work; a throttled request gets its usual answer, and sends nothing.
 */
export interface ThrottleOptions {
  /**
   * Where failures are counted: `postgresThrottle({ client: pg.client })` or `redisThrottle({ url })`, for all
   * processes together; `memoryThrottle()` of `latchkey/memory`, for an application with one process.
   */
  readonly store: ThrottleStore
  /** Limits for one user name. Default: 5 free failures, at most 900 seconds, forgotten after a day. */
  readonly account?: ThrottleLimits
  /**
   * Limits for one network: an IPv4 address, or the first 64 bits of an IPv6 address. Default: 30 free failures, at
   * most 60 seconds, forgotten after an hour.
   */
  readonly network?: ThrottleLimits
  /**
   * Limits for the first 48 bits of an IPv6 address, which one customer may have: 65,536 networks. Counted for logins,
   * and for requests for mails and accounts, apart from each other. Default: 100 free failures, at most 5 seconds,
   * forgotten after an hour.
   */
  readonly wideNetwork?: ThrottleLimits
  /**
   * Limits for one known device, and for the password checks of one user who is logged in. Default: 10 free failures,
   * at most 900 seconds, forgotten after a day.
   */
  readonly device?: ThrottleLimits
  /**
   * Limits for one e-mail address for which clients request mails or accounts: password reset, sign-up, change of the
   * address. Every request counts. Default: 5 free requests, at most 3600 seconds, forgotten after a day.
   */
  readonly recipient?: ThrottleLimits
  /**
   * Limits for the network from which clients request mails or accounts. Every request counts. Default: 30 free
   * requests, at most 60 seconds, forgotten after an hour.
   */
  readonly requester?: ThrottleLimits
  /** The cookie of known devices. Its name is `knowndevice`; `secure` is that of `sessionCookie` unless given. */
  readonly cookie?: ThrottleCookieOptions
  /**
   * Counts while `store` is unavailable, by the same limits: `memoryThrottle()`, so that each process counts in its own
   * memory. Without it, logins are then answered with 503.
   */
  readonly fallbackStore?: ThrottleStore
}

const kinds: Kinds<ThrottleOptions> = {
  store: having("take", "a throttle store, as postgresThrottle({ client: pg.client }) or memoryThrottle()"),
  account: object,
  network: object,
  wideNetwork: object,
  device: object,
  recipient: object,
  requester: object,
  cookie: object,
  fallbackStore: having("take", "a throttle store, as memoryThrottle()")
}

const limitKinds: Kinds<ThrottleLimits> = { freeFailures: number, maximumSeconds: number, forgetSeconds: number }

const day = 86_400
const defaults = {
  account: { freeFailures: 5, maximumSeconds: 900, forgetSeconds: day },
  network: { freeFailures: 30, maximumSeconds: 60, forgetSeconds: 3600 },
  wideNetwork: { freeFailures: 100, maximumSeconds: 5, forgetSeconds: 3600 },
  device: { freeFailures: 10, maximumSeconds: 900, forgetSeconds: day },
  recipient: { freeFailures: 5, maximumSeconds: 3600, forgetSeconds: day },
  requester: { freeFailures: 30, maximumSeconds: 60, forgetSeconds: 3600 }
}
const limitNames = ["account", "network", "wideNetwork", "device", "recipient", "requester"] as const

/** The options that {@link throttleProblems} and {@link throttleSettings} read besides `throttle`. */
interface OtherOptions {
  readonly sessionCookie?: CookieOptions
  readonly csrfCookie?: CookieOptions
  readonly allowedHosts?: ReadonlyArray<string>
}

/** One message for each invalid option. */
export const throttleProblems = (
  options: ThrottleOptions | undefined,
  { allowedHosts, csrfCookie, sessionCookie }: OtherOptions
): ReadonlyArray<string> => {
  if (options === undefined) return []
  const unreadable = [
    ...optionProblems(options, kinds, "throttle."),
    ...problem(object.accepts(options) && options.store === undefined, "throttle.store is missing"),
    ...limitNames.flatMap((name) =>
      object.accepts(options[name]) ? optionProblems(options[name] ?? {}, limitKinds, `throttle.${name}.`) : []
    ),
    ...cookieOptionProblems("throttle.cookie", options.cookie)
  ]
  if (unreadable.length > 0) return unreadable
  const { ageSeconds } = options.cookie ?? {}
  return [
    ...limitNames.flatMap((name) => limitProblems(`throttle.${name}`, { ...defaults[name], ...options[name] })),
    ...problem(
      ageSeconds !== undefined && !isAge(ageSeconds),
      "throttle.cookie.ageSeconds must be a whole number of seconds above 0"
    ),
    ...nameProblems(options, "session", sessionCookie?.name ?? "sessionid"),
    ...nameProblems(options, "CSRF", csrfCookie?.name ?? "csrftoken"),
    ...cookieProblems("throttle.cookie", cookieOf(options, sessionCookie), allowedHosts)
  ]
}

const nameProblems = (options: ThrottleOptions, of: string, name: string): ReadonlyArray<string> =>
  problem(
    cookieOf(options).name === name,
    `throttle.cookie.name: the ${of} cookie has this name too; write another name`
  )

const limitProblems = (
  name: string,
  { forgetSeconds, freeFailures, maximumSeconds }: Required<ThrottleLimits>
): ReadonlyArray<string> => [
  ...problem(
    !(isAge(freeFailures) && freeFailures <= 100),
    `${name}.freeFailures must be a whole number from 1 to 100`
  ),
  ...problem(
    !(isAge(maximumSeconds) && maximumSeconds <= day),
    `${name}.maximumSeconds must be a whole number from 1 to ${day}`
  ),
  ...problem(
    !(isAge(forgetSeconds) && forgetSeconds > maximumSeconds),
    `${name}.forgetSeconds must be a whole number above maximumSeconds`
  )
]

/** The settings of the throttle; `undefined` if it is off. */
export const throttleSettings = <User>(
  options: ThrottleOptions | undefined,
  { sessionCookie }: OtherOptions,
  secrets: Secrets,
  backends: Iterable<Backend<User>>
): ThrottleSettings | undefined => {
  if (options === undefined) return undefined
  const policyFor = (name: (typeof limitNames)[number]) => policyOf({ ...defaults[name], ...options[name] })
  const fields = [...backends].map(({ users }) => users?.store.usernameField ?? "username")
  return {
    store: options.store,
    keys: makeThrottleKeys(secrets.secret),
    device: knownDeviceSettings(cookieOf(options, sessionCookie), options.cookie?.ageSeconds ?? 365 * day, secrets),
    policies: {
      account: policyFor("account"),
      network: policyFor("network"),
      device: policyFor("device"),
      recipient: policyFor("recipient"),
      requester: policyFor("requester"),
      wideNetwork: policyFor("wideNetwork"),
      wideRequester: policyFor("wideNetwork")
    },
    fallbackStore: options.fallbackStore,
    usernameFields: [...new Set(["username", ...fields])]
  }
}

const cookieOf = ({ cookie }: ThrottleOptions, { secure = false }: CookieOptions = {}) =>
  cookieSettings("knowndevice", true, { secure, ...cookie })
