/** Checks the options of redirects to and from the login page, and of logins by a proxy, and adds the defaults. */
import type { RemoteUserHeader } from "../../../core/auth/login/remote-user.ts"
import type { HostSettings } from "../../../core/http/request/host.ts"
import type { LoginRedirectSettings } from "../../../core/pages/login-redirect.ts"
import type { NextSettings } from "../../../core/pages/next-url.ts"
import { pageUrlProblems } from "../../options/page-url.ts"
import { headerNameProblems, nextHostsProblems } from "./host-options.ts"
import { problem } from "./problem.ts"
import type { SettingsOptions } from "./settings-options.ts"

export const loginProblems = (options: SettingsOptions): ReadonlyArray<string> => [
  ...nextHostsProblems(options.nextAllowedHosts ?? []),
  ...pageUrlProblems("loginUrl", options.loginUrl, "/login/"),
  ...pageUrlProblems("reauthentication.url", options.reauthentication?.url, "/reauthenticate/"),
  ...problem(options.redirectFieldName === "", 'redirectFieldName is empty; write a name such as "next"')
]

/** @param hasRemoteUsers whether one of the backends is a `remoteUserBackend` */
export const remoteUserProblems = ({ remoteUser }: SettingsOptions, hasRemoteUsers: boolean): ReadonlyArray<string> => [
  ...problem(
    remoteUser !== undefined && remoteUser.header === undefined,
    'remoteUser.header is missing; write the name of the header that the proxy sets, such as "X-Remote-User"'
  ),
  ...headerNameProblems("remoteUser.header", remoteUser?.header),
  ...problem(
    remoteUser !== undefined && !hasRemoteUsers,
    "remoteUser: none of the backends is a remoteUserBackend, so no user can log in; add one to backends"
  )
]

export const loginSettings = (options: SettingsOptions, http: HostSettings): LoginRedirectSettings => ({
  http,
  loginUrl: options.loginUrl ?? "/accounts/login/",
  nextField: nextFieldOf(options)
})

export const nextSettings = (options: SettingsOptions, http: HostSettings): NextSettings => ({
  http,
  nextField: nextFieldOf(options),
  successHosts: options.nextAllowedHosts ?? []
})

export const reauthenticationUrl = ({ reauthentication }: SettingsOptions): string | undefined =>
  reauthentication === undefined ? undefined : (reauthentication.url ?? "/accounts/reauthenticate/")

export const remoteUserSettings = ({ remoteUser }: SettingsOptions): RemoteUserHeader | undefined =>
  remoteUser && { header: remoteUser.header, persistent: remoteUser.persistent ?? false }

const nextFieldOf = ({ redirectFieldName = "next" }: SettingsOptions): string => redirectFieldName
