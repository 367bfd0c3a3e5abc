/**
 * Counts attempts that fail, and makes the next attempt wait. One state per key, such as a user name or a network.
 *
 * An attempt is counted as a failure before its password is checked. So two attempts at the same time never count as
 * one. An attempt that succeeds is taken back afterwards.
 *
 * | before                        | event    | after                                         | answer  |
 * | ----------------------------- | -------- | --------------------------------------------- | ------- |
 * | none, or forgotten            | take     | 1 failure, waits for the first delay          | Taken   |
 * | the delay is over             | take     | 1 failure more, waits for the next delay      | Taken   |
 * | the delay is not over         | take     | unchanged: waiting attempts prolong nothing   | Refused |
 * | any                           | takeBack | 1 failure less; the delay of this take ends   |         |
 * | any                           | reset    | none                                          |         |
 *
 * Delays grow up to the last one of the list, and every state is forgotten some time after its last failure: no wait is
 * permanent.
 */

/** How long attempts with one key wait. */
export interface ThrottlePolicy {
  /** Seconds to wait after the first failure, the second and so on. The last one is for all further failures. */
  readonly delays: ReadonlyArray<number>
  /** Seconds after the last failure at which all failures are forgotten. Longer than every delay. */
  readonly forgetSeconds: number
}

/** The failures of one key. Instants are epoch milliseconds. */
export interface ThrottleState {
  /** The failures, with attempts whose password is still being checked. */
  readonly failures: number
  /** Attempts before this instant are refused. */
  readonly until: number
  /** At this instant the failures are forgotten. */
  readonly forgottenAt: number
}

/** The answer to one attempt. */
export type Taken =
  /** The attempt may be made, and is counted as a failure. `until` is what `takeBack` needs. */
  | { readonly _tag: "Taken"; readonly until: number }
  /** The attempt must be refused, and was not counted. Attempts are accepted again from `until` on. */
  | { readonly _tag: "Refused"; readonly until: number }

/** The options of one kind of key. */
export interface ThrottleLimits {
  /** So many failures are free: the last of them is the first one that makes the next attempt wait. */
  readonly freeFailures?: number
  /** The longest wait, in seconds. The wait doubles from one second up to this. */
  readonly maximumSeconds?: number
  /** Seconds after the last failure at which all failures are forgotten. */
  readonly forgetSeconds?: number
}

/** The delays of these limits: zeros, then 1, 2, 4 and so on seconds, then `maximumSeconds`. */
export const policyOf = ({ forgetSeconds, freeFailures, maximumSeconds }: Required<ThrottleLimits>): ThrottlePolicy => {
  const delays = Array<number>(Math.max(0, freeFailures - 1)).fill(0)
  for (let seconds = 1; seconds < maximumSeconds; seconds *= 2) delays.push(seconds)
  return { delays: [...delays, maximumSeconds], forgetSeconds }
}

/** Counts one attempt, or refuses it. @param now epoch milliseconds */
export const take = (
  policy: ThrottlePolicy,
  state: ThrottleState | undefined,
  now: number
): { readonly state: ThrottleState; readonly taken: Taken } => {
  const known = state === undefined || isForgotten(state, now) ? undefined : state
  if (known !== undefined && isWaiting(policy, known, now))
    return { state: known, taken: { _tag: "Refused", until: known.until } }
  const failures = (known?.failures ?? 0) + 1
  const until = now + delayAfter(policy, failures) * 1000
  return {
    state: { failures, until, forgottenAt: now + policy.forgetSeconds * 1000 },
    taken: { _tag: "Taken", until }
  }
}

/**
 * Takes one counted attempt back. Its delay ends, unless a later attempt has set another one.
 *
 * @param until from the answer of {@link take}
 */
export const takeBack = (state: ThrottleState | undefined, until: number): ThrottleState | undefined => {
  if (state === undefined || state.failures <= 1) return undefined
  return { ...state, failures: state.failures - 1, until: state.until === until ? 0 : state.until }
}

/** Whether all failures are forgotten. @param now epoch milliseconds */
export const isForgotten = ({ forgottenAt }: ThrottleState, now: number): boolean => forgottenAt <= now

/** The delay after so many failures, in seconds. */
export const delayAfter = ({ delays }: ThrottlePolicy, failures: number): number =>
  delays[Math.min(failures, delays.length) - 1] ?? 0

/**
 * Whether an attempt has to wait. An instant that no delay reaches was written before the clock was set back: it would
 * refuse attempts for too long, so it does not count.
 */
const isWaiting = (policy: ThrottlePolicy, { until }: ThrottleState, now: number): boolean =>
  now < until && until - now <= longest(policy) * 1000

const longest = ({ delays }: ThrottlePolicy): number => delays.at(-1) ?? 0
