/**
 * The settings of an application, checked when it starts. Most correspond to a Django setting, which the docstring
 * names, and have its default. If a Django site uses the same database, its settings must have the same values.
 */

import type { PasswordResetSettings } from "../../../core/accounts/link-token.ts"
import type { RemoteUserHeader } from "../../../core/auth/login/remote-user.ts"
import * as Auth from "../../../core/auth/state/auth-settings.ts"
import type { AuthSettings } from "../../../core/auth/state/request-state.ts"
import type { CheckSettings } from "../../../core/csrf/check-request.ts"
import {
  type DjangoVersionSettings,
  defaultDjangoVersion,
  djangoVersions,
  isDjangoVersion
} from "../../../core/django-version.ts"
import type { HostSettings } from "../../../core/http/request/host.ts"
import type { LoginRedirectSettings } from "../../../core/pages/login-redirect.ts"
import type { NextSettings } from "../../../core/pages/next-url.ts"
import type { UserSessionSettings } from "../../../core/session/value/session-settings.ts"
import type { Secrets } from "../../../core/signing/hmac.ts"
import { passwordResetProblems, passwordResetSettings } from "../../account/password-reset.ts"
import { ConfigurationInvalid } from "../../errors/errors.ts"
import { csrfCheckSettings, csrfProblems, csrfWarnings } from "./csrf-options.ts"
import { deviceBoundProblems } from "./device-bound-options.ts"
import { hostProblems, hostSettings, hostWarnings } from "./host-options.ts"
import {
  loginProblems,
  loginSettings,
  nextSettings,
  reauthenticationUrl,
  remoteUserProblems,
  remoteUserSettings
} from "./login-options.ts"
import { problem } from "./problem.ts"
import { secretKeyProblems, secretKeyWarnings } from "./secret-key.ts"
import { type StoreSettings, sessionProblems, sessionWarnings } from "./session-options.ts"
import { settingKindProblems } from "./setting-kinds.ts"
import type { SettingsOptions } from "./settings-options.ts"

export interface CheckedSettings {
  readonly secrets: Secrets
  readonly auth: AuthSettings
  readonly http: HostSettings
  readonly csrf: CheckSettings
  readonly login: LoginRedirectSettings
  readonly next: NextSettings
  readonly reauthenticationUrl: string | undefined
  readonly remoteUser: RemoteUserHeader | undefined
  readonly passwordReset: PasswordResetSettings
  readonly cacheControl: "private" | "no-store" | false
  /** The value of `Clear-Site-Data` at a logout; `undefined`: it is not sent. */
  readonly clearSiteData: string | undefined
  /** Warnings about settings that are unsafe in production, one sentence for each setting. */
  readonly warnings: ReadonlyArray<string>
}

/**
 * Checks the settings and adds the defaults. Each group of settings has a file of its own, which checks them.
 *
 * @param realms the realm of each authentication backend, by the name of the backend, in order
 * @param hasRemoteUsers whether one of the backends is a `remoteUserBackend`
 * @param userSessions how the sessions of users are recorded, if they are
 * @throws {ConfigurationInvalid} naming every invalid setting
 */
export const checkSettings = (
  options: SettingsOptions,
  realms: ReadonlyMap<string, string>,
  store: StoreSettings = {},
  hasRemoteUsers = false,
  userSessions?: UserSessionSettings
): CheckedSettings => {
  const unreadable = settingKindProblems(options)
  if (unreadable.length > 0) throw new ConfigurationInvalid({ problems: unreadable })
  const isProduction = process.env["NODE_ENV"] === "production"
  const { cacheControl = "private", deadlineSeconds, secretKey, secretKeyFallbacks: fallbacks = [] } = options
  const backends = [...realms.keys()]
  const named = versionOf(options)
  const version = named ?? djangoVersions[defaultDjangoVersion]
  const http = hostSettings(options, isProduction)

  const problems = [
    ...problem(named === undefined, `djangoVersion is none of ${Object.keys(djangoVersions).join(", ")}`),
    ...secretKeyProblems(options, isProduction),
    ...sessionProblems(options, version, store),
    ...csrfProblems(options, version),
    ...deviceBoundProblems(options.deviceBound, options, store.capabilities),
    ...backendProblems(backends),
    ...hostProblems(http),
    ...loginProblems(options),
    ...remoteUserProblems(options, hasRemoteUsers),
    ...passwordResetProblems(options),
    ...problem(deadlineSeconds !== undefined && !(deadlineSeconds > 0), "deadlineSeconds must be above 0")
  ]
  if (problems.length > 0 || secretKey === undefined) throw new ConfigurationInvalid({ problems })

  const { clock } = Auth.sessionSettings(options, version)
  const secrets = { secret: secretKey, fallbacks, readsSha1: version.readsSha1 }
  return {
    secrets,
    auth: Auth.settings({
      ...options,
      secretKey,
      backends,
      realms,
      userSessions,
      ...(store.codec && { codec: store.codec })
    }),
    http,
    login: loginSettings(options, http),
    next: nextSettings(options, http),
    reauthenticationUrl: reauthenticationUrl(options),
    remoteUser: remoteUserSettings(options),
    passwordReset: passwordResetSettings(options, clock, secrets),
    csrf: csrfCheckSettings(options, version, http),
    cacheControl,
    clearSiteData: options.clearSiteData?.map((kind) => JSON.stringify(kind)).join(", "),
    warnings: isProduction
      ? [...secretKeyWarnings(options), ...sessionWarnings(options), ...csrfWarnings(options), ...hostWarnings(http)]
      : []
  }
}

const versionOf = ({
  djangoVersion: named = defaultDjangoVersion
}: SettingsOptions): DjangoVersionSettings | undefined => {
  if (typeof named !== "string") return named
  return isDjangoVersion(named) ? djangoVersions[named] : undefined
}

const backendProblems = (names: ReadonlyArray<string>): ReadonlyArray<string> => [
  ...problem(
    names.length === 0,
    "backends is empty, so no user can log in; add a backend, such as modelBackend(pg.users)"
  ),
  ...problem(names.includes(""), "backends: the name of a backend is empty; write Django's dotted path of it")
]
