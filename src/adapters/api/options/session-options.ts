/** Checks the options of sessions. */
import * as Auth from "../../../core/auth/state/auth-settings.ts"
import type { DjangoVersionSettings } from "../../../core/django-version.ts"
import { offsetSecondsOf } from "../../../core/time-zone.ts"
import type { SessionStore } from "../../ports/session-store.ts"
import { cookieProblems } from "./cookie-options.ts"
import { lifetimeProblems } from "./lifetime-options.ts"
import { isAge, problem } from "./problem.ts"
import type { SettingsOptions } from "./settings-options.ts"

/** The properties of a session store that depend on settings. */
export type StoreSettings = Partial<Pick<SessionStore, "capabilities" | "codec" | "cookieAgeSeconds" | "cookieName">>

export const sessionProblems = (
  options: SettingsOptions,
  version: DjangoVersionSettings,
  store: StoreSettings
): ReadonlyArray<string> => {
  const { clock, cookie, cookieAgeSeconds } = Auth.sessionSettings(options, version)
  return [
    ...cookieProblems("sessionCookie", cookie, options.allowedHosts),
    ...problem(!isAge(cookieAgeSeconds), "sessionCookie.ageSeconds must be a whole number of seconds above 0"),
    ...problem(
      store.cookieAgeSeconds !== undefined && store.cookieAgeSeconds !== cookieAgeSeconds,
      "sessionCookie.ageSeconds and the session store's cookieAgeSeconds differ; write the same number in both"
    ),
    ...problem(
      store.cookieName !== undefined && store.cookieName !== cookie.name,
      "sessionCookie.name and the session store's cookieName differ; write the same name in both"
    ),
    ...lifetimeProblems(options.lifetime, cookieAgeSeconds),
    ...problem(
      options.sessionSalt === "",
      "sessionSalt is empty; leave it out, or write the salt of the site's session engine"
    ),
    ...problem(
      !isTimeZone(clock.timeZone),
      'timeZone is not the name of a time zone; write one such as "Europe/Berlin"'
    ),
    ...problem(
      options.maximumSessionBytes !== undefined && !(options.maximumSessionBytes >= 1024),
      "maximumSessionBytes must be at least 1024"
    )
  ]
}

/** Warnings about session cookies that are unsafe in production. */
export const sessionWarnings = (options: SettingsOptions): ReadonlyArray<string> =>
  problem(options.sessionCookie?.secure !== true, insecure("sessionCookie", "the session's key"))

/** The warning about a cookie that browsers also send to `http://` pages. */
export const insecure = (setting: string, what: string): string =>
  `${setting}.secure is false: browsers send ${what} without encryption to http:// pages; ` +
  `write ${setting}: { secure: true }`

const isTimeZone = (name: string): boolean => {
  try {
    offsetSecondsOf(name, 0)
    return true
  } catch {
    return false
  }
}
