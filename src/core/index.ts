/**
 * The pure core: functions from values to values, without server or database. A paused operation continues with its
 * `resume`.
 */

export * as ResetToken from "./accounts/reset-token.ts"
export { isAsciiUsername, isUsername } from "./accounts/usernames.ts"
export * as Authenticate from "./auth/login/authenticate.ts"
export { type Credentials, clean as cleanCredentials } from "./auth/login/credentials.ts"
export { type LoggedIn, type LoginOptions, login } from "./auth/login/login.ts"
export { type LoggedOut, logout } from "./auth/login/logout.ts"
export * as ModelBackend from "./auth/login/password-login.ts"
export { reauthenticated } from "./auth/login/reauthenticate.ts"
export * as RemoteUser from "./auth/login/remote-user.ts"
export { updateSessionAuthHash } from "./auth/login/update-session-auth-hash.ts"
export * as GetUser from "./auth/request/get-user.ts"
export * as OpenSession from "./auth/request/open-session.ts"
export * as Respond from "./auth/request/respond.ts"
export { type StoredSession, type UserSession, usable as usableSessions } from "./auth/sessions/listed-sessions.ts"
export { makeAuthHashes } from "./auth/state/auth-hash.ts"
export {
  type AuthSettingsOptions,
  type LifetimeOptions,
  type ReauthenticationOptions,
  type SessionAndCsrfOptions,
  settings
} from "./auth/state/auth-settings.ts"
export * as Identity from "./auth/state/identity.ts"
export * as RequestState from "./auth/state/request-state.ts"
export * as CsrfCheck from "./csrf/check-request.ts"
export * as CsrfCookie from "./csrf/csrf-cookie.ts"
export type { TrustedOrigin } from "./csrf/trusted-origins.ts"
export * as DeviceBinding from "./device-bound/device-binding.ts"
export * as DeviceChallenge from "./device-bound/device-challenge.ts"
export * as DeviceEndpoints from "./device-bound/device-endpoints.ts"
export {
  type DeviceBoundOptions,
  type DeviceBoundSettings,
  deviceBoundSettings,
  type TextSigner
} from "./device-bound/device-settings.ts"
export type { DevicePresence, DeviceVerdict } from "./device-bound/device-verdict.ts"
export { judge as judgeDevice } from "./device-bound/device-verdict.ts"
export * as ShortCookie from "./device-bound/short-cookie.ts"
export type * from "./effect.ts"
export type { CookieOptions, CookieSettings } from "./http/cookies/cookie-settings.ts"
export { serialize as serializeCookie } from "./http/cookies/set-cookie.ts"
export type { HostSettings } from "./http/request/host.ts"
export type { RequestHead } from "./http/request/request-head.ts"
export * as Json from "./json/json-text.ts"
export type { AsciiJson, JsonObject, JsonText } from "./json/json-value.ts"
export * as SessionData from "./json/session-data.ts"
export * as Guards from "./pages/guards.ts"
export type { LoginRedirectSettings } from "./pages/login-redirect.ts"
export * as NextUrl from "./pages/next-url.ts"
export * as PasswordValidators from "./password/validators.ts"
export * as Permissions from "./permissions/permissions.ts"
export { permsView } from "./permissions/perms-view.ts"
export * as Expiry from "./session/lifetime/expiry.ts"
export * as Lifetime from "./session/lifetime/lifetime.ts"
export * as LoginRecord from "./session/lifetime/login-record.ts"
export { type CodecSettings, makeCodec, SessionTooLarge, type StoreCodecSettings } from "./session/text/codec.ts"
export { SessionUnreadable } from "./session/text/stored-data.ts"
export * as Session from "./session/value/session.ts"
export type * from "./session/value/session-settings.ts"
export { forwardingSeconds } from "./session/writing/forwarding.ts"
export * as SessionRecords from "./session/writing/session-record.ts"
export * as SessionKey from "./session-key.ts"
export type { Secrets } from "./signing/hmac.ts"
export * as TimeZone from "./time-zone.ts"
export type * from "./transition.ts"
