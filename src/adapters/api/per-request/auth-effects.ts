import type * as Effect from "effect/Effect"
import type { Credentials } from "../../../core/auth/login/credentials.ts"
import type { DeviceVerdict } from "../../../core/device-bound/device-verdict.ts"
import type { Redirect } from "../../../core/pages/login-redirect.ts"
import type { Perms } from "../../../core/permissions/perms-view.ts"
import type { AccountFailure } from "../../account/accounts.ts"
import type {
  BadRequest,
  ChangeRefused,
  CsrfFailed,
  HeadersAlreadySent,
  StoreUnavailable
} from "../../errors/errors.ts"
import type { BackendFailure } from "../../ports/backend.ts"
import type { Form } from "../../request/form/form.ts"
import type { PermissionFailure, RequestPermissions } from "../../request/guards/permission-checks.ts"
import type { RequestGuards } from "../../request/guards/request-guards.ts"
import type { RespondFailure } from "../../request/scope/request-scope.ts"
import type { RequestSessions } from "../../request/session/request-sessions.ts"
import type { SessionAccess, SessionFields } from "../../request/session/session-access.ts"

/** The values that Django's templates have. */
export interface TemplateValues<User> {
  /** `undefined` for anonymous visitors. */
  readonly user: User | undefined
  /** The user's permissions: `perms.blog.view_post`. */
  readonly perms: Perms
}

/**
 * Authentication within one request, as Effects. This is the only declaration of these operations: `AuthContext` and
 * `AuthReader`, which return Promises, are derived from it. What fails here rejects there, with the same error.
 */
export interface AuthEffects<User extends object, Fields extends SessionFields>
  extends RequestPermissions,
    RequestGuards<User>,
    RequestSessions {
  /**
   * The logged-in user; `undefined` for anonymous visitors. Queries the database at most once per request. Fails if the
   * store is unavailable, and with `CsrfFailed` if the request is a form whose CSRF token has not been checked yet.
   */
  readonly getUser: Effect.Effect<User | undefined, BackendFailure | CsrfFailed>
  /**
   * The user of the request's session, for a log that is written after the response. Fails before the response is
   * decided. Use it only for logs: unlike `getUser` it also returns the user if the request is a form whose CSRF token
   * was never checked, which a page of another site may have sent.
   */
  readonly userForLog: Effect.Effect<User | undefined, BackendFailure>
  /** The user that the credentials belong to; `undefined` if no backend accepts them. Does not log the user in. */
  readonly authenticate: (credentials: Credentials) => Effect.Effect<User | undefined, BackendFailure>
  /**
   * Logs this user in to the session. `backend` is the name of the user's backend. It is needed only if there are
   * several backends and the user did not come from `authenticate`. `remember: true` makes a session that outlasts the
   * browser, `remember: false` one that ends when the browser closes; without it the settings decide.
   */
  readonly login: (
    user: User,
    options?: { readonly backend?: string; readonly remember?: boolean }
  ) => Effect.Effect<void, BackendFailure | ChangeRefused | BadRequest>
  /**
   * The user of this request proves again who they are, for `requireRecentLogin`: by default with `{ password }`. The
   * session gets a new key. Dies without the option `reauthentication`.
   *
   * @returns `false` if the proof is wrong, or no user is logged in
   */
  readonly reauthenticate: (credentials: Credentials) => Effect.Effect<boolean, BackendFailure | ChangeRefused>
  /**
   * Logs the user out and deletes the session. If the store cannot delete it, the answer is a 503; this process then
   * no longer accepts the session, and deletes it with its next request.
   */
  readonly logout: Effect.Effect<void, BackendFailure | ChangeRefused>
  /** Call it after the user's password changed: this session stays logged in, the user's other sessions end. */
  readonly updateSessionAuthHash: (user: User) => Effect.Effect<void, BackendFailure | ChangeRefused | BadRequest>
  /**
   * Whether this is the user's password. With the option `throttle`, attempts for the user who is logged in are counted
   * for that user, others as logins; `auth.checkPassword` does not know the client.
   */
  readonly checkPassword: (user: User, password: string) => Effect.Effect<boolean, AccountFailure | CsrfFailed>
  /**
   * For handlers that send a mail to an address, or create an account for it, without a login. With the option
   * `throttle` this counts the request, by address and network. `false`: there were too many. Then do the same work and
   * answer the same, but send and create nothing. Without the option it is `true`.
   */
  readonly allowRequestFor: (email: string) => Effect.Effect<boolean, StoreUnavailable>
  /**
   * Changes a user's password, which ends the user's sessions. `login` and `updateSessionAuthHash` of this request then
   * use the new password.
   *
   * @returns whether there is such a user
   */
  readonly setPassword: (user: User, password: string) => Effect.Effect<boolean, AccountFailure | CsrfFailed>
  /**
   * Changes a user's password if `oldPassword` is the present one; see {@link setPassword}. The new password is written
   * only if the stored one is still the one that was checked, so of two parallel changes one succeeds.
   *
   * @returns `false` if the old password is wrong, or was changed meanwhile
   */
  readonly changePassword: (
    user: User,
    oldPassword: string,
    newPassword: string
  ) => Effect.Effect<boolean, AccountFailure | CsrfFailed>
  /**
   * Changes the password of the user of a password-reset link; see {@link setPassword}. Of two requests with one link,
   * one succeeds.
   *
   * @returns `false` if the token is not or no longer valid
   */
  readonly resetPassword: (
    user: User,
    token: string,
    password: string
  ) => Effect.Effect<boolean, AccountFailure | CsrfFailed>
  /** A new CSRF token, for a form or for the header of a script's request. The response then sets the CSRF cookie. */
  readonly getCsrfToken: Effect.Effect<string, StoreUnavailable | ChangeRefused>
  /**
   * Checks the CSRF token of a form that the handler has parsed. Fails with `CsrfFailed` if it is wrong. Needed only
   * for form POSTs whose body is not parsed before the handler. JSON requests send the token in a header, which was
   * already checked before the handler.
   */
  readonly verifyCsrf: (form: Form) => Effect.Effect<void, CsrfFailed | StoreUnavailable>
  /** Makes the response set the CSRF cookie, for pages whose scripts read the secret from the cookie. */
  readonly ensureCsrfCookie: Effect.Effect<void, StoreUnavailable | ChangeRefused>
  /**
   * `user` and `perms` for template engines, which cannot wait. Both are loaded when this is called, not before.
   *
   * @see https://docs.djangoproject.com/en/stable/ref/templates/api/#django.contrib.auth.context_processors.auth
   */
  readonly templateValues: Effect.Effect<TemplateValues<User>, PermissionFailure>
  /**
   * The URL in the field `next` of the form, else of the request's URL. `undefined` if there is none, or if it is not
   * safe: it must be on this site or on one of `nextAllowedHosts`. It is escaped as in a Location header. Fails with
   * `BadRequest` if the host of the request is not one of `allowedHosts`.
   */
  readonly nextUrl: (form?: Form) => Effect.Effect<string | undefined, BadRequest>
  /** A redirect to {@link nextUrl} if there is one, else to `otherwise`. Fails as `nextUrl` does. */
  readonly redirectToNext: (otherwise: string, form?: Form) => Effect.Effect<Redirect, BadRequest>
  /** The host of the request, with its port. Fails with `BadRequest` if it is not one of `allowedHosts`. */
  readonly host: Effect.Effect<string, BadRequest>
  /** Whether the client used https. */
  readonly isSecure: Effect.Effect<boolean>
  /**
   * What the request has shown about the device of its session, if the option `deviceBound` is set; otherwise
   * `undefined`. `Unproven` may be a copied cookie. `enforce` closes such a session; `observe` does not.
   */
  readonly deviceVerdict: Effect.Effect<DeviceVerdict | undefined, StoreUnavailable | CsrfFailed>
  /** The session of this request: loaded when it is first read, written before the response is sent. */
  readonly session: SessionAccess<Fields>
  /**
   * Writes the session now, before the response is sent. After that every change of the session fails with
   * `HeadersAlreadySent`.
   *
   * @param status the status that the response will have
   */
  readonly commit: (status: number) => Effect.Effect<void, RespondFailure | HeadersAlreadySent>
}
