/**
 * The short cookie, which a browser gets for a proof. It names the binding and when it ends, and is signed: a request
 * is judged without another query. Its expiry is absolute, so a shorter setting does not end the cookies that browsers
 * keep.
 */
import type { SetCookie } from "../effect.ts"
import { isId } from "./device-binding.ts"
import type { DeviceBoundSettings } from "./device-settings.ts"

/**
 * How much longer the server accepts a short cookie than the browser keeps it: for requests on their way and clocks.
 */
export const leewaySeconds = 60

/** A new short cookie. @param now epoch milliseconds */
export const mint = (
  { cookie, cookieSeconds, cookieSigner }: DeviceBoundSettings,
  id: string,
  now: number
): SetCookie => ({
  _tag: "SetCookie",
  ...cookie,
  value: cookieSigner.sign(`${id}.${Math.ceil(now / 1000) + cookieSeconds + leewaySeconds}`),
  lifetime: { maxAgeSeconds: cookieSeconds, expiresAt: now + cookieSeconds * 1000 }
})

/** Whether the value of a short cookie belongs to this binding and has not ended. @param now epoch milliseconds */
export const accepts = (
  { cookieSigner }: DeviceBoundSettings,
  id: string,
  value: string | undefined,
  now: number
): boolean => {
  const text = value === undefined ? undefined : cookieSigner.unsign(value)
  if (text === undefined) return false
  const [named = "", expiry = ""] = text.split(".")
  return isId(named) && named === id && /^\d{1,12}$/.test(expiry) && now <= Number(expiry) * 1000
}
