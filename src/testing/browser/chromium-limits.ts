/**
 * What Chromium 156 does with device-bound sessions where the specification leaves it open. Other browsers may differ,
 * so a site must not rely on these numbers.
 *
 * @see https://www.w3.org/TR/device-bound-session-credentials/
 */

/** A request in scope starts a refresh beside itself when the short cookie has less time left than this. */
export const refreshAheadSeconds = 120

/** How many signatures a browser makes for one site in {@link quotaSeconds}, registrations included. */
export const quotaSignatures = 6

/** See {@link quotaSignatures}. */
export const quotaSeconds = 540

/** After this many answers 403 in one refresh the browser ends the bound session. */
export const fatalChallenges = 5

/** Requests are held for this long while a refresh gets no answer. */
export const longestHoldSeconds = 20

/** After this many failed refreshes in a row the browser makes none for {@link backOffSeconds}. */
export const failuresBeforeBackOff = 4

/** See {@link failuresBeforeBackOff}. */
export const backOffSeconds = 5

/** What the answer to a refresh does to the bound session. A redirect is followed first, as `GET`. */
export const outcomeOf = (status: number): "refreshed" | "challenged" | "unreachable" | "server_error" | "fatal" => {
  if (status < 300) return "refreshed"
  if (status === 403) return "challenged"
  if (status === 407) return "unreachable"
  return status >= 500 ? "server_error" : "fatal"
}
