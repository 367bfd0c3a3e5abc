/**
 * The pure core: functions from values to values, without server or database. A paused operation continues with its
 * `resume`.
 */

export * as ResetToken from "./accounts/reset-token.ts"
export { isAsciiUsername, isUsername } from "./accounts/usernames.ts"
export { makeAuthHashes } from "./auth/auth-hash.ts"
export {
  type AuthSettingsOptions,
  type LifetimeOptions,
  type ReauthenticationOptions,
  type SessionAndCsrfOptions,
  settings
} from "./auth/auth-settings.ts"
export * as Authenticate from "./auth/authenticate.ts"
export { type Credentials, clean as cleanCredentials } from "./auth/credentials.ts"
export * as GetUser from "./auth/get-user.ts"
export * as Identity from "./auth/identity.ts"
export { type StoredSession, type UserSession, usable as usableSessions } from "./auth/listed-sessions.ts"
export { type LoggedIn, type LoginOptions, login } from "./auth/login.ts"
export { type LoggedOut, logout } from "./auth/logout.ts"
export * as OpenSession from "./auth/open-session.ts"
export * as ModelBackend from "./auth/password-login.ts"
export { reauthenticated } from "./auth/reauthenticate.ts"
export * as RemoteUser from "./auth/remote-user.ts"
export * as RequestState from "./auth/request-state.ts"
export * as Respond from "./auth/respond.ts"
export { updateSessionAuthHash } from "./auth/update-session-auth-hash.ts"
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
export type { CookieOptions, CookieSettings } from "./http/cookie-settings.ts"
export type { HostSettings } from "./http/host.ts"
export type { RequestHead } from "./http/request-head.ts"
export { serialize as serializeCookie } from "./http/set-cookie.ts"
export * as Json from "./json/json-text.ts"
export type { AsciiJson, JsonObject, JsonText } from "./json/json-value.ts"
export * as SessionData from "./json/session-data.ts"
export * as Guards from "./pages/guards.ts"
export type { LoginRedirectSettings } from "./pages/login-redirect.ts"
export * as NextUrl from "./pages/next-url.ts"
export * as PasswordValidators from "./password/validators.ts"
export * as Permissions from "./permissions/permissions.ts"
export { permsView } from "./permissions/perms-view.ts"
export { type CodecSettings, makeCodec, SessionTooLarge, type StoreCodecSettings } from "./session/codec.ts"
export * as Expiry from "./session/expiry.ts"
export { forwardingSeconds } from "./session/forwarding.ts"
export * as Lifetime from "./session/lifetime.ts"
export * as LoginRecord from "./session/login-record.ts"
export * as Session from "./session/session.ts"
export * as SessionRecords from "./session/session-record.ts"
export type * from "./session/session-settings.ts"
export { SessionUnreadable } from "./session/stored-data.ts"
export * as SessionKey from "./session-key.ts"
export type { Secrets } from "./signing/hmac.ts"
export * as TimeZone from "./time-zone.ts"
export type * from "./transition.ts"
