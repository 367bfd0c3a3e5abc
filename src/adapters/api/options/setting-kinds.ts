/** Checks the types of all settings, before any setting is used. */

import { defaultDjangoVersion, djangoVersions } from "../../../core/django-version.ts"
import {
  boolean,
  either,
  type Kind,
  type Kinds,
  kindProblems,
  nullValue,
  number,
  object,
  optionProblems,
  string,
  strings
} from "../../options/option-kinds.ts"
import { cookieOptionProblems } from "./cookie-options.ts"
import { deviceBoundKindProblems } from "./device-bound-options.ts"
import { lifetimeKindProblems } from "./lifetime-options.ts"
import { type SettingsOptions, siteDataKinds } from "./settings-options.ts"

const headerAndValue: Kind = {
  written: 'the name of a header and its value, as in ["X-Forwarded-Proto", "https"]',
  accepts: (value) =>
    Array.isArray(value) && value.length === 2 && value.every((item) => typeof item === "string" && item !== "")
}

export const settingKinds: Kinds<SettingsOptions> = {
  djangoVersion: either(string, object),
  secretKey: string,
  secretKeyFallbacks: strings,
  sessionCookie: object,
  saveEveryRequest: boolean,
  expireAtBrowserClose: boolean,
  lifetime: object,
  reauthentication: object,
  renewKeyAtEveryLogin: boolean,
  csrfCookie: object,
  csrfUseSessions: boolean,
  csrfMode: {
    written: '"token" or "fetch-metadata"',
    accepts: (value) => value === "token" || value === "fetch-metadata"
  },
  csrfHeaderName: string,
  clearSiteData: {
    written: 'an array of "cache", "cookies", "storage", "executionContexts", as in ["cookies"]',
    accepts: (value) =>
      Array.isArray(value) && value.length > 0 && value.every((item) => siteDataKinds.some((one) => one === item))
  },
  csrfTrustedOrigins: strings,
  loginUrl: string,
  redirectFieldName: string,
  nextAllowedHosts: strings,
  allowedHosts: strings,
  useForwardedHost: boolean,
  useForwardedPort: boolean,
  secureProxyHeader: headerAndValue,
  remoteUser: object,
  maximumSessionBytes: number,
  deadlineSeconds: number,
  cacheControl: {
    written: '"private", "no-store", or false',
    accepts: (value) => value === "private" || value === "no-store" || value === false
  },
  passwordResetTimeoutSeconds: number,
  sessionSalt: string,
  timeZone: string,
  useTimeZones: boolean,
  deviceBound: object
}

/** The names of nested options: suggested to callers who wrote one at the top level. */
export const nestedSettings: ReadonlyArray<string> = ["sessionCookie", "csrfCookie"].flatMap((cookie) =>
  ["name", "path", "domain", "secure", "httpOnly", "sameSite", "partitioned", "ageSeconds"].map(
    (name) => `${cookie}.${name}`
  )
)

/** Returns one message for each setting of the wrong kind, and for each nested option with a wrong name or kind. */
export const settingKindProblems = (options: SettingsOptions): ReadonlyArray<string> => [
  ...kindProblems(options, settingKinds),
  ...cookieOptionProblems("sessionCookie", options.sessionCookie),
  ...deviceBoundKindProblems(options.deviceBound),
  ...cookieOptionProblems("csrfCookie", options.csrfCookie, either(number, nullValue)),
  ...(options.remoteUser === undefined
    ? []
    : optionProblems(options.remoteUser, { header: string, persistent: boolean }, "remoteUser.")),
  ...lifetimeKindProblems(options.lifetime),
  ...(options.reauthentication === undefined || !object.accepts(options.reauthentication)
    ? []
    : optionProblems(options.reauthentication, { url: string }, "reauthentication.")),
  ...(object.accepts(options.djangoVersion)
    ? optionProblems(Object(options.djangoVersion), djangoVersionKinds, "djangoVersion.")
    : [])
]

/** The kinds of the values in a row of `djangoVersions`: the same in every row. */
const djangoVersionKinds = Object.fromEntries(
  Object.entries(djangoVersions[defaultDjangoVersion]).map(([name, value]) => [
    name,
    typeof value === "boolean" ? boolean : number
  ])
)
