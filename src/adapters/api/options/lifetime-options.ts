/** Checks the option `lifetime`. */
import type { LifetimeOptions } from "../../../core/auth/state/auth-settings.ts"
import type { LifetimeLimits } from "../../../core/session/lifetime/lifetime.ts"
import { type Kinds, number, object, optionProblems } from "../../options/option-kinds.ts"
import { isAge, problem } from "./problem.ts"

const limitKinds: Kinds<LifetimeLimits> = { idleSeconds: number, absoluteSeconds: number }

const kinds: Kinds<LifetimeOptions> = { ...limitKinds, renewalSeconds: number, remembered: object }

/** One message for each value of the wrong kind, and for each name that is no option. */
export const lifetimeKindProblems = (options: LifetimeOptions | undefined): ReadonlyArray<string> =>
  options === undefined || !object.accepts(options)
    ? []
    : [
        ...optionProblems(options, kinds, "lifetime."),
        ...(options.remembered === undefined || !object.accepts(options.remembered)
          ? []
          : optionProblems(options.remembered, limitKinds, "lifetime.remembered."))
      ]

/**
 * One message for each value that has no effect or contradicts another one.
 *
 * @param cookieAgeSeconds SESSION_COOKIE_AGE
 */
export const lifetimeProblems = (
  options: LifetimeOptions | undefined,
  cookieAgeSeconds: number
): ReadonlyArray<string> => {
  if (options === undefined) return []
  const { remembered, renewalSeconds } = options
  const idles = [options.idleSeconds, remembered?.idleSeconds].filter((seconds) => seconds !== undefined)
  return [
    ...limitProblems("lifetime", options, cookieAgeSeconds),
    ...(remembered === undefined ? [] : limitProblems("lifetime.remembered", remembered, cookieAgeSeconds)),
    ...problem(renewalSeconds !== undefined && !(renewalSeconds >= 0), "lifetime.renewalSeconds must be at least 0"),
    ...problem(
      renewalSeconds !== undefined && idles.length === 0,
      "lifetime.renewalSeconds has no effect without lifetime.idleSeconds; leave it out"
    ),
    ...problem(
      renewalSeconds !== undefined && idles.some((idle) => renewalSeconds >= idle),
      "lifetime.renewalSeconds must be below idleSeconds: sessions in use would end"
    )
  ]
}

const limitProblems = (
  name: string,
  { absoluteSeconds, idleSeconds }: LifetimeLimits,
  cookieAgeSeconds: number
): ReadonlyArray<string> => [
  ...problem(
    idleSeconds === undefined && absoluteSeconds === undefined,
    `${name} has no effect: write idleSeconds, absoluteSeconds or both`
  ),
  ...problem(
    idleSeconds !== undefined && !isAge(idleSeconds),
    `${name}.idleSeconds must be a whole number of seconds above 0`
  ),
  ...problem(
    absoluteSeconds !== undefined && !isAge(absoluteSeconds),
    `${name}.absoluteSeconds must be a whole number of seconds above 0`
  ),
  ...problem(
    idleSeconds !== undefined && absoluteSeconds !== undefined && idleSeconds > absoluteSeconds,
    `${name}.idleSeconds is above absoluteSeconds, so it has no effect; write a smaller number`
  ),
  ...problem(
    idleSeconds !== undefined && idleSeconds > cookieAgeSeconds,
    `${name}.idleSeconds is above sessionCookie.ageSeconds, which ends the session before; raise sessionCookie.ageSeconds`
  )
]
