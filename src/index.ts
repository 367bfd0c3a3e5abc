/**
 * latchkey: session authentication with Django's semantics and Django's wire formats.
 *
 * This module has {@link createAuth}, which makes an application's authentication, and the backends, the errors and the
 * pure core. Other modules:
 *
 * - adapters: `latchkey/node`, `/koa`, `/fetch`, `/hono`, `/next` (with `/next/reader` and `/next/proxy`),
 *   `/effect-http`
 * - stores: `/postgres`, `/redis`, `/cached-db`, `/file`, `/signed-cookies`, `/memory`
 * - hashers: `/argon2` and `/bcrypt`
 * - a list of passwords that are too common: `/common-passwords`
 */

export {
  type Backend,
  type BackendDefinition,
  type BackendFailure,
  type BackendTools,
  defineBackend,
  type Who
} from "./adapters/backend/backend.ts"
export { allowAllUsersModelBackend, modelBackend } from "./adapters/backend/model-backend.ts"
export { type PermissionRules, permissionBackend } from "./adapters/backend/permission-rules.ts"
export {
  allowAllUsersRemoteUserBackend,
  type NamedUsers,
  RemoteUser,
  type RemoteUserBackendOptions,
  remoteUserBackend
} from "./adapters/backend/remote-user-backend.ts"
export type { PasswordAttempt } from "./adapters/hasher/attempt.ts"
export { sha1, unsaltedMd5, unsaltedSha1 } from "./adapters/hasher/legacy.ts"
export { md5 } from "./adapters/hasher/md5.ts"
export type { PasswordOptions } from "./adapters/hasher/passwords.ts"
export { type Pbkdf2Options, pbkdf2Sha256 } from "./adapters/hasher/pbkdf2.ts"
export { pbkdf2Sha1 } from "./adapters/hasher/pbkdf2-sha1.ts"
export { peerHashers } from "./adapters/hasher/peer-hashers.ts"
export { type ScryptOptions, scrypt } from "./adapters/hasher/scrypt.ts"
export type { Accounts, NewAccount, NewAccountOptions, WithPermOptions } from "./adapters/interpreter/accounts.ts"
export type { RequestEntry } from "./adapters/interpreter/admit.ts"
export type { AuthEffects } from "./adapters/interpreter/auth-effects.ts"
export type { AuthRequest, ResponseInProgress } from "./adapters/interpreter/auth-request.ts"
export type { World } from "./adapters/interpreter/chance.ts"
export type { AuthContext, TemplateValues } from "./adapters/interpreter/context.ts"
export { type Auth, type AuthOptions, createAuth } from "./adapters/interpreter/create-auth.ts"
export {
  BackendUnavailable,
  BadRequest,
  Busy,
  ConfigurationInvalid,
  CsrfFailed,
  Forbidden,
  HeadersAlreadySent,
  LoginRequired,
  PermissionDenied,
  SessionDataInvalid,
  SessionInterrupted,
  StoreUnavailable
} from "./adapters/interpreter/errors.ts"
export type { Form } from "./adapters/interpreter/form.ts"
export type { PageGuards } from "./adapters/interpreter/guard-promises.ts"
export type { GuardFailure } from "./adapters/interpreter/guard-record.ts"
export type { LetIn, LoginDecision, PermissionDecision, RequestGuards } from "./adapters/interpreter/guards.ts"
export type { OfBackend, PasswordResetOptions, PasswordResets } from "./adapters/interpreter/password-reset.ts"
export type { RequestPermissions } from "./adapters/interpreter/permissions.ts"
export type {
  Hasher,
  NewUser,
  ResettableRow,
  SessionStore,
  StoreCapabilities,
  UserRow,
  UserStore,
  WithPerm
} from "./adapters/interpreter/ports.ts"
export type { AuthReader, SessionReader } from "./adapters/interpreter/reader.ts"
export type { Responded, ResponseHeaders } from "./adapters/interpreter/respond.ts"
export type { AnyFields, FieldValues, SessionAccess, SessionFields } from "./adapters/interpreter/session-access.ts"
export type { PromisedSession } from "./adapters/interpreter/session-promises.ts"
export type { CookieOptions, SettingsOptions } from "./adapters/interpreter/settings.ts"
export type { Announcement, Receiver, SignalName, SubscribeOptions } from "./adapters/interpreter/signals.ts"
export type { FieldsOf, UserOf } from "./adapters/interpreter/types-of.ts"
export type { Credentials } from "./core/auth/credentials.ts"
export type { Refusal } from "./core/auth/guards.ts"
export type { Redirect } from "./core/auth/login-redirect.ts"
export type { ModulePerms, Perms } from "./core/auth/perms-view.ts"
export type { RequestHead } from "./core/http/request-head.ts"
export * as Core from "./core/index.ts"
export {
  commonPassword,
  minimumLength,
  notEntirelyNumeric,
  type Problem as PasswordProblem,
  type SimilarityOptions,
  userAttributeSimilarity,
  type Validator as PasswordValidator
} from "./core/password/validators.ts"
export { type Peer, type PeerSettings, peers } from "./core/peer.ts"
export type { JsonText, SessionData } from "./core/session/data.ts"
