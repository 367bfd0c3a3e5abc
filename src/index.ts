/**
 * latchkey: session authentication with Django's semantics and Django's wire formats.
 *
 * This module has {@link createAuth}, which makes an application's authentication, and the backends, the errors and the
 * pure core. Other modules:
 *
 * - adapters: `latchkey/node`, `/koa`, `/fetch`, `/hono`, `/next` (with `/next/reader` and `/next/proxy`),
 *   `/effect-http`, and `/effect`, the authentication as a layer of Effect
 * - stores: `/postgres`, `/redis`, `/cached-db`, `/file`, `/signed-cookies`, `/memory`
 * - hashers: `/argon2` and `/bcrypt`
 * - mail over SMTP: `/smtp`
 * - a list of passwords that are too common: `/common-passwords`
 * - for tests of your application: `/testing`, with fast-check `/testing/fast-check`, on Next.js `/testing/next`
 */

export type { AccountChanges, NewEmail, UserIdentifier } from "./adapters/account/account-changes.ts"
export type {
  AccountLinks,
  EmailChanged,
  LinkedUser,
  LinkPurpose,
  SignedUp,
  SignUp,
  SignUpLink,
  Verified
} from "./adapters/account/account-links.ts"
export type {
  AccountFailure,
  Accounts,
  NewAccount,
  NewAccountOptions,
  WithPermOptions
} from "./adapters/account/accounts.ts"
export type { PasswordResetOptions, PasswordResets } from "./adapters/account/password-reset.ts"
export type { PermissionChanges } from "./adapters/account/permission-changes.ts"
export type { PermissionHolder, PermissionStep } from "./adapters/account/permission-steps.ts"
export type { UserSessions } from "./adapters/account/user-sessions.ts"
export type { OfBackend } from "./adapters/account/user-stores.ts"
export type { AccountPagesOptions } from "./adapters/account-pages/visit/account-options.ts"
export type { Auth } from "./adapters/api/auth.ts"
export { createAuth } from "./adapters/api/create-auth.ts"
export type { ExplainedInput, SessionExplanation } from "./adapters/api/explain-session.ts"
export { forwardedFor } from "./adapters/api/forwarded-for.ts"
export type { AuthOptions } from "./adapters/api/options/auth-options.ts"
export type { DeviceBoundOptions } from "./adapters/api/options/device-bound-options.ts"
export type { CookieOptions, SettingsOptions, SiteData } from "./adapters/api/options/settings-options.ts"
export type { ThrottleCookieOptions, ThrottleOptions } from "./adapters/api/options/throttle-options.ts"
export type { UserSessionOptions } from "./adapters/api/options/user-session-options.ts"
export type { AuthEffects, TemplateValues } from "./adapters/api/per-request/auth-effects.ts"
export type { AuthReader, SessionReader } from "./adapters/api/per-request/auth-reader.ts"
export type { AuthRequest, ResponseInProgress } from "./adapters/api/per-request/auth-request.ts"
export type {
  AuthContext,
  PageGuards,
  Promised,
  PromisedSession,
  Returned
} from "./adapters/api/per-request/promises.ts"
export type { Announcement, Receiver, SubscribeOptions } from "./adapters/api/signals.ts"
export type { ThrottleSubject } from "./adapters/api/throttle-administration.ts"
export type { FieldsOf, UserOf } from "./adapters/api/types-of.ts"
export type { SessionEnd, SessionWatchOptions } from "./adapters/api/watch-session.ts"
export { type BackendDefinition, defineBackend } from "./adapters/backend/define-backend.ts"
export { allowAllUsersModelBackend, type ModelBackendOptions, modelBackend } from "./adapters/backend/model-backend.ts"
export { type PermissionRules, permissionBackend } from "./adapters/backend/permission-rules.ts"
export {
  allowAllUsersRemoteUserBackend,
  type NamedUsers,
  RemoteUser,
  type RemoteUserBackendOptions,
  remoteUserBackend
} from "./adapters/backend/remote-user-backend.ts"
export type { ClockAndRandom } from "./adapters/clock-and-random/clock-and-random.ts"
export {
  BackendUnavailable,
  BadRequest,
  Busy,
  type ChangeRefused,
  ConfigurationInvalid,
  CsrfFailed,
  DeviceProofMissing,
  DeviceResponse,
  Forbidden,
  HeadersAlreadySent,
  LoginRequired,
  NameUnknown,
  PermissionDenied,
  ProofRequired,
  SessionDataInvalid,
  SessionInterrupted,
  StillReferenced,
  StoreUnavailable,
  type UnknownName
} from "./adapters/errors/errors.ts"
export { type ConsoleMailOptions, consoleMail } from "./adapters/mail/console-mail.ts"
export {
  MailLost,
  type MailQueue,
  type MailQueueOptions,
  mailQueue,
  type OutgoingMail
} from "./adapters/mail/mail-queue.ts"
export { djangoHashers, type PasswordCosts } from "./adapters/password/hashers/django-hashers.ts"
export { sha1, unsaltedMd5, unsaltedSha1 } from "./adapters/password/hashers/legacy-hashers.ts"
export { md5 } from "./adapters/password/hashers/md5-hasher.ts"
export { type Pbkdf2Options, pbkdf2Sha256 } from "./adapters/password/hashers/pbkdf2-hasher.ts"
export { pbkdf2Sha1 } from "./adapters/password/hashers/pbkdf2-sha1-hasher.ts"
export { type ScryptOptions, scrypt } from "./adapters/password/hashers/scrypt-hasher.ts"
export type { PasswordOptions } from "./adapters/password/make-passwords.ts"
export type { Backend, BackendFailure, BackendTools, PermissionSubject } from "./adapters/ports/backend.ts"
export type {
  DeviceBoundFacts,
  Diagnosis,
  Examine,
  PasswordCount,
  PostgresFacts,
  RedisFacts,
  SecretKeyFacts,
  SessionSamples,
  StoreExamination,
  StoreFacts,
  StoreFailure,
  TableFacts,
  ThrottleExamine,
  ThrottleFacts,
  ThrottleStoreFacts
} from "./adapters/ports/diagnosis.ts"
export { type LoginProof, type LoginProofTools, passwordProof } from "./adapters/ports/login-proof.ts"
export { type Mail, MailDelayed, type Mailer, type MailerOptions, MailRefused } from "./adapters/ports/mail.ts"
export type {
  AttemptDetails,
  Hasher,
  PasswordAttempt,
  Passwords,
  Slot,
  SlotAfter,
  Standing
} from "./adapters/ports/passwords.ts"
export type {
  SessionStore,
  StoreCapabilities,
  StoreClock,
  StoreCodecSettings,
  StoredUserSession,
  UserSessionQuery,
  UserSessionStore
} from "./adapters/ports/session-store.ts"
export type { CreateTablesOptions, StoreTables, TablesState, TablesStep } from "./adapters/ports/store-tables.ts"
export type { ThrottleAsk, ThrottleChange, ThrottledKey, ThrottleStore } from "./adapters/ports/throttle-store.ts"
export type {
  EmailChange,
  FreeAddress,
  GrantedPermissions,
  GroupDeletion,
  GroupPermissions,
  NewUser,
  Permission,
  PermissionChange,
  PermissionStore,
  PermissionWrite,
  ResettableRow,
  StoredHolder,
  UserDeletion,
  UserRow,
  UserStore,
  WithPerm
} from "./adapters/ports/user-store.ts"
export type { Form } from "./adapters/request/form/form.ts"
export type { AccessFailure, AccessRules } from "./adapters/request/guards/check-access.ts"
export type { PermissionFailure, RequestPermissions } from "./adapters/request/guards/permission-checks.ts"
export type {
  LetIn,
  LoginDecision,
  PermissionDecision,
  RequestGuards
} from "./adapters/request/guards/request-guards.ts"
export type { GuardFailure } from "./adapters/request/scope/guard-record.ts"
export type { RespondFailure, ResponseHeaders } from "./adapters/request/scope/request-scope.ts"
export type { BeforePage } from "./adapters/request/session/device-requests.ts"
export type { Responded } from "./adapters/request/session/finish-response.ts"
export type { RequestSessions } from "./adapters/request/session/request-sessions.ts"
export type {
  AnyFields,
  FieldValues,
  Looking,
  Reading,
  SessionAccess,
  SessionFields,
  Writing
} from "./adapters/request/session/session-access.ts"
export {
  defineSessionStore,
  type RecordedText,
  type SessionStoreDefinition,
  type UserSessionFunctions
} from "./adapters/store/define-session-store.ts"
export type { FieldName } from "./core/accounts/forms/account-form.ts"
export type { FieldKind } from "./core/accounts/forms/form-field.ts"
export { escapeHtml } from "./core/accounts/html/html.ts"
export type { PageDraft, RenderMail, RenderOptions, RenderPage } from "./core/accounts/html/html-renderer.ts"
export type { AccountMail, AccountMailName } from "./core/accounts/pages/account-mail.ts"
export type {
  AccountPage,
  AccountPageName,
  PageField,
  PageForm,
  PageLinks,
  PageSession
} from "./core/accounts/pages/account-page.ts"
export type { MailContent, RenderedPage } from "./core/accounts/pages/account-renderer.ts"
export type {
  CustomMessages,
  MessageKey,
  Messages,
  MessageValues,
  Placeholders,
  Texts
} from "./core/accounts/texts/messages.ts"
export type { Credentials } from "./core/auth/login/credentials.ts"
export type { ExplainedRule, ExplainedStep } from "./core/auth/sessions/explained-steps.ts"
export type { UserSession } from "./core/auth/sessions/listed-sessions.ts"
export type { ExplainedDeviceRule } from "./core/device-bound/explained-device.ts"
export { type DjangoVersion, type DjangoVersionSettings, djangoVersions } from "./core/django-version.ts"
export type { SignalName } from "./core/effect.ts"
export type { RequestHead } from "./core/http/request/request-head.ts"
export * as Core from "./core/index.ts"
export type { JsonObject, JsonText } from "./core/json/json-value.ts"
export type { Refusal } from "./core/pages/guards.ts"
export type { BadRequest as BadRequestDecision, Redirect } from "./core/pages/login-redirect.ts"
export {
  commonPassword,
  minimumLength,
  notEntirelyNumeric,
  type Problem as PasswordProblem,
  type SimilarityOptions,
  userAttributeSimilarity,
  type Validator as PasswordValidator
} from "./core/password/validators.ts"
export type { ModelDescription, ModelPermissions } from "./core/permissions/model-permissions.ts"
export type { ModulePerms, Perms } from "./core/permissions/perms-view.ts"
export type { Taken, ThrottleLimits, ThrottlePolicy, ThrottleState } from "./core/throttle/throttle.ts"
