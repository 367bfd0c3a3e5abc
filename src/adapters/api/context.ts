import * as Effect from "effect/Effect"
import type { Credentials } from "../../core/auth/credentials.ts"
import type { Redirect } from "../../core/pages/login-redirect.ts"
import type { Perms } from "../../core/permissions/perms-view.ts"
import type { Form } from "../request/form.ts"
import type { SessionFields } from "../request/session-access.ts"
import type { AuthEffects } from "./auth-effects.ts"
import { type PageGuards, promisedGuards } from "./guard-promises.ts"
import { type PromisedSession, promised } from "./session-promises.ts"

/** The values that Django's templates have. */
export interface TemplateValues<User> {
  /** `undefined` for anonymous visitors. */
  readonly user: User | undefined
  /** The user's permissions: `perms.blog.view_post`. */
  readonly perms: Perms
}

/** Authentication within one request, as Promises. This is what a handler uses. */
export interface AuthContext<User extends object, Fields extends SessionFields> extends PageGuards<User> {
  /**
   * The logged-in user; `undefined` for anonymous visitors. Queries the database at most once per request. Rejects if
   * the store is unavailable, and with `CsrfFailed` if the request is a form whose CSRF token has not been checked yet.
   */
  readonly getUser: () => Promise<User | undefined>
  /**
   * The user of the request's session, for a log that is written after the response. Rejects before the response is
   * decided. Use it only for logs: unlike `getUser` it also returns the user if the request is a form whose CSRF token
   * was never checked, which a page of another site may have sent.
   */
  readonly userForLog: () => Promise<User | undefined>
  /** The user that the credentials belong to; `undefined` if no backend accepts them. Does not log the user in. */
  readonly authenticate: (credentials: Credentials) => Promise<User | undefined>
  /**
   * Logs this user in to the session. `backend` is the name of the user's backend. It is needed only if there are
   * several backends and the user did not come from `authenticate`.
   */
  readonly login: (user: User, options?: { readonly backend?: string }) => Promise<void>
  /** Logs the user out and deletes the session. */
  readonly logout: () => Promise<void>
  /** Call it after the user's password changed: this session stays logged in, the user's other sessions end. */
  readonly updateSessionAuthHash: (user: User) => Promise<void>
  /**
   * Changes a user's password, which ends the user's sessions. `login` and `updateSessionAuthHash` of this request then
   * use the new password.
   *
   * @returns whether there is such a user
   */
  readonly setPassword: (user: User, password: string) => Promise<boolean>
  /** A new CSRF token, for a form or for the header of a script's request. The response then sets the CSRF cookie. */
  readonly getCsrfToken: () => Promise<string>
  /**
   * Checks the CSRF token of a form that the handler has parsed. Rejects with `CsrfFailed` if it is wrong. Needed only
   * for form POSTs whose body is not parsed before the handler. JSON requests send the token in a header, which was
   * already checked before the handler.
   */
  readonly verifyCsrf: (form: Form) => Promise<void>
  /**
   * Whether the user has a permission `<app_label>.<codename>`. An active superuser has every permission.
   *
   * @param object the object that the permission is checked on, for application-defined backends. Backends with stored
   * permissions grant none on objects, not even on `null`
   */
  readonly hasPerm: (permission: string, object?: unknown) => Promise<boolean>
  /** Whether the user has all of these. */
  readonly hasPerms: (permissions: ReadonlyArray<string>, object?: unknown) => Promise<boolean>
  /** Whether the user has any permission of this app. */
  readonly hasModulePerms: (appLabel: string) => Promise<boolean>
  /** The permissions that were granted to the user directly; with `object`, those on this object. */
  readonly getUserPermissions: (object?: unknown) => Promise<ReadonlySet<string>>
  /** The permissions that were granted to the user's groups; with `object`, those on this object. */
  readonly getGroupPermissions: (object?: unknown) => Promise<ReadonlySet<string>>
  /** All permissions of the user, direct and from groups; with `object`, those on this object. */
  readonly getAllPermissions: (object?: unknown) => Promise<ReadonlySet<string>>
  /**
   * The user's permissions as an object for templates, which cannot await: `perms.blog.view_post` or `"blog.view_post"
   * in perms`. It contains the permissions that backends list. A permission that a backend grants only in its function
   * `hasPerm` is missing: use `hasPerm` for it.
   */
  readonly getPerms: () => Promise<Perms>
  /**
   * `user` and `perms` for template engines, which cannot await. Both are loaded when this is called, not before.
   *
   * @see https://docs.djangoproject.com/en/stable/ref/templates/api/#django.contrib.auth.context_processors.auth
   */
  readonly templateValues: () => Promise<TemplateValues<User>>
  /** Makes the response set the CSRF cookie, for pages whose scripts read the secret from the cookie. */
  readonly ensureCsrfCookie: () => Promise<void>
  /**
   * The URL in the field `next` of the form, else of the request's URL. `undefined` if there is none, or if it is not
   * safe: it must be on this site or on one of `nextAllowedHosts`. It is escaped as in a Location header. Throws
   * `BadRequest` if the host of the request is not one of `allowedHosts`.
   */
  readonly nextUrl: (form?: Form) => string | undefined
  /** A redirect to {@link nextUrl} if there is one, else to `otherwise`. Throws `BadRequest` as `nextUrl` does. */
  readonly redirectToNext: (otherwise: string, form?: Form) => Redirect
  /** The host of the request, with its port. Throws `BadRequest` if it is not one of `allowedHosts`. */
  readonly host: () => string
  /** Whether the client used https. */
  readonly isSecure: () => boolean
  /** The session of this request: loaded when it is first read, written before the response is sent. */
  readonly session: PromisedSession<Fields>
  /**
   * Writes the session now, before the response is sent, and rejects if that fails. After that every change of the
   * session rejects with `HeadersAlreadySent`.
   */
  readonly commit: () => Promise<void>
}

/**
 * {@link AuthContext} that runs the Effects of a request. Made for every request, so each member is created only when
 * it is used: most handlers use one or two.
 */
export class Context<User extends object, Fields extends SessionFields> implements AuthContext<User, Fields> {
  readonly #request: AuthEffects<User, Fields>
  readonly #status: () => number
  #session: PromisedSession<Fields> | undefined

  /** @param status returns the status that the response will have, for `commit` */
  constructor(request: AuthEffects<User, Fields>, status: () => number) {
    this.#request = request
    this.#status = status
  }
  get getUser() {
    return () => Effect.runPromise(this.#request.getUser)
  }
  get userForLog() {
    return () => Effect.runPromise(this.#request.userForLog)
  }
  get authenticate() {
    return (credentials: Credentials) => Effect.runPromise(this.#request.authenticate(credentials))
  }
  get login() {
    return (user: User, options?: { readonly backend?: string }) =>
      Effect.runPromise(this.#request.login(user, options))
  }
  get logout() {
    return () => Effect.runPromise(this.#request.logout)
  }
  get updateSessionAuthHash() {
    return (user: User) => Effect.runPromise(this.#request.updateSessionAuthHash(user))
  }
  get setPassword() {
    return (user: User, password: string) => Effect.runPromise(this.#request.setPassword(user, password))
  }
  get getCsrfToken() {
    return () => Effect.runPromise(this.#request.getCsrfToken)
  }
  get verifyCsrf() {
    return (form: Form) => Effect.runPromise(this.#request.verifyCsrf(form))
  }
  get requireUser() {
    return promisedGuards(this.#request.guards).requireUser
  }
  get requirePermission() {
    return promisedGuards(this.#request.guards).requirePermission
  }
  get requireUserWhere() {
    return promisedGuards(this.#request.guards).requireUserWhere
  }
  get loginRequired() {
    return promisedGuards(this.#request.guards).loginRequired
  }
  get userPassesTest() {
    return promisedGuards(this.#request.guards).userPassesTest
  }
  get permissionRequired() {
    return promisedGuards(this.#request.guards).permissionRequired
  }
  get hasPerm() {
    return (permission: string, object?: unknown) =>
      Effect.runPromise(this.#request.permissions.hasPerm(permission, object))
  }
  get hasPerms() {
    return (permissions: ReadonlyArray<string>, object?: unknown) =>
      Effect.runPromise(this.#request.permissions.hasPerms(permissions, object))
  }
  get hasModulePerms() {
    return (appLabel: string) => Effect.runPromise(this.#request.permissions.hasModulePerms(appLabel))
  }
  get getUserPermissions() {
    return (object?: unknown) => Effect.runPromise(this.#request.permissions.userPermissions(object))
  }
  get getGroupPermissions() {
    return (object?: unknown) => Effect.runPromise(this.#request.permissions.groupPermissions(object))
  }
  get getAllPermissions() {
    return (object?: unknown) => Effect.runPromise(this.#request.permissions.allPermissions(object))
  }
  get getPerms() {
    return () => Effect.runPromise(this.#request.permissions.perms)
  }
  get templateValues() {
    return () => Effect.runPromise(Effect.all({ user: this.#request.getUser, perms: this.#request.permissions.perms }))
  }
  get ensureCsrfCookie() {
    return () => Effect.runPromise(this.#request.ensureCsrfCookie)
  }
  get nextUrl() {
    return (form?: Form) => Effect.runSync(this.#request.nextUrl(form))
  }
  get redirectToNext() {
    return (otherwise: string, form?: Form) => Effect.runSync(this.#request.redirectToNext(otherwise, form))
  }
  get host() {
    return () => Effect.runSync(this.#request.host)
  }
  get isSecure() {
    return () => Effect.runSync(this.#request.isSecure)
  }
  get commit() {
    return () => Effect.runPromise(this.#request.commit(this.#status()))
  }
  get session() {
    this.#session ??= promised(this.#request.session)
    return this.#session
  }
}
