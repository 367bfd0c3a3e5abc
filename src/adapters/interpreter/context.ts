import * as Effect from "effect/Effect"
import type { Credentials } from "../../core/auth/credentials.ts"
import type { Refusal } from "../../core/auth/guards.ts"
import type { Redirect } from "../../core/auth/login-redirect.ts"
import type { Perms } from "../../core/auth/perms-view.ts"
import type { AuthEffects } from "./auth-effects.ts"
import type { Form } from "./form.ts"
import { promisedGuards } from "./guard-promises.ts"
import type { LoginDecision, PermissionDecision } from "./guards.ts"
import type { SessionFields } from "./session-access.ts"
import { type PromisedSession, promised } from "./session-promises.ts"

export interface TemplateValues<User> {
  /** `undefined` for nobody. */
  readonly user: User | undefined
  readonly perms: Perms
}

/** What a handler works with: authentication within one request, as Promises. */
export interface AuthContext<User extends object, Fields extends SessionFields> {
  /**
   * The logged-in user, or `undefined`. Queries the database at most once per request; rejects when the store is
   * unavailable, and with `CsrfFailed` while the request is a form whose CSRF token has not been checked.
   */
  readonly getUser: () => Promise<User | undefined>
  /**
   * The user whose session the request came with, for a log that is written after the response. Rejects with an error
   * before the response is decided. Unlike `getUser` it also names the user of a form that nobody verified, which
   * another site may have sent: use it for nothing but logs.
   */
  readonly userForLog: () => Promise<User | undefined>
  /** The user whom the credentials belong to; `undefined` when no backend knows them. Logs nobody in. */
  readonly authenticate: (credentials: Credentials) => Promise<User | undefined>
  /** Makes the session act as this user. `backend` is needed only where several could vouch for the user. */
  readonly login: (user: User, options?: { readonly backend?: string }) => Promise<void>
  /** Ends the session. */
  readonly logout: () => Promise<void>
  /** After the user's password was changed: this session lives on, the user's others end. */
  readonly updateSessionAuthHash: (user: User) => Promise<void>
  /**
   * Changes a user's password, which ends the user's sessions; `login` and `updateSessionAuthHash` of this request go by
   * the new one.
   *
   * @returns whether there is such a user
   */
  readonly setPassword: (user: User, password: string) => Promise<boolean>
  /** A fresh CSRF token, for a page's form or a script's header. Asking for it sends the CSRF cookie. */
  readonly getCsrfToken: () => Promise<string>
  /**
   * Checks the token of a form that the handler has parsed, and rejects with `CsrfFailed`. Needed for form POSTs only,
   * whose body nobody reads before the handler: JSON requests carry the token in a header and are checked by then.
   */
  readonly verifyCsrf: (form: Form) => Promise<void>
  /**
   * The logged-in user. For anonymous visitors it rejects, which ends the request: the adapter answers with a redirect
   * to the login page, or with 401 and JSON for a client whose `Accept` names JSON and not HTML. Once it has rejected,
   * no response below 300 leaves, also where the handler does not wait for it or catches the error.
   */
  readonly requireUser: () => Promise<User>
  /**
   * The logged-in user, who has all of these permissions. Ends the request for others: 403 for users, the login page or
   * 401 for anonymous visitors as `requireUser`. Where a page only changes with a permission, ask `hasPerm`.
   */
  readonly requirePermission: (
    permission: string | ReadonlyArray<string>,
    ...more: ReadonlyArray<string>
  ) => Promise<User>
  /**
   * The logged-in user, for whom `test` returned `true`. Ends the request for others as `requirePermission`. A test that
   * returns anything but a boolean, a promise too, lets no user pass: it rejects with a `TypeError`.
   */
  readonly requireUserWhere: (test: (user: User) => boolean) => Promise<User>
  /**
   * Only decides whether the user is logged in; the handler has to act on it, and finds the user in an `Allowed`. For
   * handlers with an answer of their own; others call `requireUser`. A response below 300 is replaced by the redirect if
   * the handler has not read the decision's `_tag`.
   */
  readonly loginRequired: () => Promise<LoginDecision<User>>
  /** Only decides whether `test` returns `true`. For anonymous visitors `test` gets `undefined`. */
  readonly userPassesTest: (test: (user: User | undefined) => boolean) => Promise<LoginDecision<User | undefined>>
  /**
   * Only decides whether the user has all of these permissions.
   *
   * @param refusal the decision for others: the login page (`"Login"`, as Django's decorator), 403 (`"Forbid"`), or the
   * login page for anonymous users only (`"LoginOrForbid"`)
   */
  readonly permissionRequired: (
    permissions: string | ReadonlyArray<string>,
    refusal?: Refusal
  ) => Promise<PermissionDecision<User | undefined>>
  /**
   * Whether the user has a permission `<app_label>.<codename>`; an active superuser has every one.
   *
   * @param object the one that it is about, for backends of one's own: Django's grant none on an object, nor on `null`
   */
  readonly hasPerm: (permission: string, object?: unknown) => Promise<boolean>
  /** Whether the user has all of these. */
  readonly hasPerms: (permissions: ReadonlyArray<string>, object?: unknown) => Promise<boolean>
  /** Whether the user has any permission of this app. */
  readonly hasModulePerms: (appLabel: string) => Promise<boolean>
  /** What the user may do by what was granted directly, to one object if it is given. */
  readonly getUserPermissions: (object?: unknown) => Promise<ReadonlySet<string>>
  /** The same by what was granted to groups. */
  readonly getGroupPermissions: (object?: unknown) => Promise<ReadonlySet<string>>
  /** Both together. */
  readonly getAllPermissions: (object?: unknown) => Promise<ReadonlySet<string>>
  /**
   * What the user may do, for pages that cannot wait: `perms.blog.view_post`, `"blog.view_post" in perms`. It knows what
   * backends grant; what one of them would only judge when asked is left to `hasPerm`.
   */
  readonly getPerms: () => Promise<Perms>
  /**
   * What pages show, `user` and `perms`, for template engines that cannot wait. Nothing is loaded before it is called.
   *
   * @see Django: django.contrib.auth.context_processors.auth
   */
  readonly templateValues: () => Promise<TemplateValues<User>>
  /** Sees to it that the CSRF cookie goes out, for pages whose scripts read the secret from there. */
  readonly ensureCsrfCookie: () => Promise<void>
  /**
   * The URL that the client asked for in the field `next` of the form, else of the URL, if it is safe: on this site or
   * one of `nextAllowedHosts`. It is escaped as in a Location header. Throws `BadRequest` if the host of the request is
   * not one of `allowedHosts`.
   */
  readonly nextUrl: (form?: Form) => string | undefined
  /** A redirect to {@link nextUrl}, or else to `otherwise`. Throws `BadRequest` as `nextUrl` does. */
  readonly redirectToNext: (otherwise: string, form?: Form) => Redirect
  /** The host that the client asked for, with its port. Throws `BadRequest` if it is not one of `allowedHosts`. */
  readonly host: () => string
  /** Whether the client used https. */
  readonly isSecure: () => boolean
  /** The session of this request: loaded when it is first read, written when the response leaves. */
  readonly session: PromisedSession<Fields>
  /**
   * Writes the session now, ahead of the response, and rejects if that fails. Afterwards the session can no longer
   * change: a write is `HeadersAlreadySent`.
   */
  readonly commit: () => Promise<void>
}

/**
 * {@link AuthContext} over the Effects of a request. Made for every request, so it makes nothing before it is asked
 * for: most handlers use one or two of these.
 */
export class Context<User extends object, Fields extends SessionFields> implements AuthContext<User, Fields> {
  readonly #request: AuthEffects<User, Fields>
  readonly #status: () => number
  #session: PromisedSession<Fields> | undefined

  /** @param status that the response is going to have, for `commit` */
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
