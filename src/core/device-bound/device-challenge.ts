/**
 * Challenges that a device signs. They are not stored: a challenge is signed over its purpose, the binding and the
 * time, and may be used more than once while it is valid. A replay needs the session cookie and a proof of the last
 * five minutes, and gains one short cookie.
 */
import type { DeviceBoundSettings } from "./device-settings.ts"

/** What a challenge is for. One for a registration is no use for a refresh. */
export type ChallengePurpose = "register" | "refresh"

/** How far the clocks of the servers may differ, and how long a browser may take to sign. */
export const challengeSeconds = 300

/** A new challenge. @param now epoch milliseconds */
export const make = (
  { challengeSigner }: DeviceBoundSettings,
  purpose: ChallengePurpose,
  id: string,
  now: number
): string => challengeSigner.sign(`${purpose}.${id}.${Math.trunc(now).toString(36)}`)

/** Whether a challenge was made for this purpose and binding, at most 300 seconds before or after `now`. */
export const isValid = (
  { challengeSigner }: DeviceBoundSettings,
  purpose: ChallengePurpose,
  id: string,
  challenge: string,
  now: number
): boolean => {
  const [made, named, at = ""] = challengeSigner.unsign(challenge)?.split(".") ?? []
  return (
    made === purpose &&
    named === id &&
    /^[0-9a-z]{1,10}$/.test(at) &&
    Math.abs(now - Number.parseInt(at, 36)) <= challengeSeconds * 1000
  )
}
