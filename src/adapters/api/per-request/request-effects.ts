import * as Effect from "effect/Effect"
import type { Credentials } from "../../../core/auth/login/credentials.ts"
import * as Host from "../../../core/http/request/host.ts"
import type { RequestHead } from "../../../core/http/request/request-head.ts"
import * as Scheme from "../../../core/http/request/scheme.ts"
import type { Refusal } from "../../../core/pages/guards.ts"
import type { Form } from "../../request/form/form.ts"
import { disallowedHost } from "../../request/form/host-advice.ts"
import * as Csrf from "../../request/form/request-csrf.ts"
import * as NextUrl from "../../request/form/request-next-url.ts"
import * as Permissions from "../../request/guards/permission-checks.ts"
import * as Guards from "../../request/guards/request-guards.ts"
import { allowRequestFor } from "../../request/login/counted-attempts.ts"
import * as Operations from "../../request/login/operations.ts"
import * as PasswordChanges from "../../request/login/password-changes.ts"
import { reauthenticate } from "../../request/login/reauthentication.ts"
import type { RequestScope } from "../../request/scope/request-scope.ts"
import { keepingOutage } from "../../request/scope/run-query.ts"
import type { AuthServices } from "../../request/scope/services.ts"
import { commit } from "../../request/session/finish-response.ts"
import * as Sessions from "../../request/session/request-sessions.ts"
import type { SessionFields } from "../../request/session/session-access.ts"
import { RequestSession } from "../../request/session/session-of-request.ts"

import type { AuthEffects } from "./auth-effects.ts"

/** {@link AuthEffects} on a scope. Made for every request, so each member is created only when it is used. */
export class RequestEffects<User extends object, Fields extends SessionFields> implements AuthEffects<User, Fields> {
  readonly #services: AuthServices<User>
  readonly #scope: RequestScope<User>
  readonly #fields: Fields | undefined
  readonly #head: RequestHead

  /**
   * @param fields the schemas of the session's values; `undefined` if every key may hold any JSON value
   * @param head the request to whose URL the login page redirects back
   */
  constructor(
    services: AuthServices<User>,
    scope: RequestScope<User>,
    fields: Fields | undefined,
    head: RequestHead = scope.head
  ) {
    this.#services = services
    this.#scope = scope
    this.#fields = fields
    this.#head = head
  }
  /**
   * For operations that call stores: an outage is answered with 503, also if the framework answers the error with 500.
   */
  #keeping<A, E>(operation: Effect.Effect<A, E>): Effect.Effect<A, E> {
    return keepingOutage(this.#scope, operation)
  }
  get getUser() {
    return Operations.getUser(this.#services, this.#scope)
  }
  get userForLog() {
    return Operations.userForLog(this.#services, this.#scope)
  }
  get authenticate() {
    return (credentials: Credentials) =>
      this.#keeping(Operations.authenticate(this.#services, this.#scope, credentials))
  }
  get login() {
    return (user: User, options?: { readonly backend?: string; readonly remember?: boolean }) =>
      this.#keeping(Operations.login(this.#services, this.#scope, user, options?.backend, options))
  }
  get reauthenticate() {
    return (credentials: Credentials) => this.#keeping(reauthenticate(this.#services, this.#scope, credentials))
  }
  get logout() {
    return this.#keeping(Operations.logout(this.#services, this.#scope))
  }
  get updateSessionAuthHash() {
    return (user: User) => this.#keeping(Operations.updateSessionAuthHash(this.#services, this.#scope, user))
  }
  get checkPassword() {
    return (user: User, password: string) =>
      this.#keeping(PasswordChanges.checkPassword(this.#services, this.#scope, user, password))
  }
  get allowRequestFor() {
    return (email: string) => this.#keeping(allowRequestFor(this.#services, this.#scope, email))
  }
  get setPassword() {
    return (user: User, password: string) =>
      this.#keeping(PasswordChanges.setPassword(this.#services, this.#scope, user, password))
  }
  get listSessions() {
    return this.#keeping(Sessions.listSessions(this.#services, this.#scope))
  }
  get endSession() {
    return (id: string) => this.#keeping(Sessions.endSession(this.#services, this.#scope, id))
  }
  get endOtherSessions() {
    return this.#keeping(Sessions.endOtherSessions(this.#services, this.#scope))
  }
  get changePassword() {
    return (user: User, oldPassword: string, newPassword: string) =>
      this.#keeping(PasswordChanges.changePassword(this.#services, this.#scope, user, oldPassword, newPassword))
  }
  get resetPassword() {
    return (user: User, token: string, password: string) =>
      this.#keeping(PasswordChanges.resetPassword(this.#services, this.#scope, user, token, password))
  }
  get getCsrfToken() {
    return Csrf.getToken(this.#services, this.#scope)
  }
  get verifyCsrf() {
    return (form: Form) => Effect.suspend(() => Csrf.verify(this.#services, this.#scope, form))
  }
  get ensureCsrfCookie() {
    return Csrf.ensureCookie(this.#services, this.#scope)
  }
  get nextUrl() {
    return (form?: Form) => NextUrl.nextUrl(this.#services, this.#scope, form)
  }
  get redirectToNext() {
    return (otherwise: string, form?: Form) => NextUrl.redirectToNext(this.#services, this.#scope, otherwise, form)
  }
  get host() {
    return Effect.suspend(() => {
      const host = Host.host(this.#services.http, this.#scope.head)
      return host._tag === "Host"
        ? Effect.succeed(host.host)
        : Effect.fail(disallowedHost(this.#services.http, this.#scope.head))
    })
  }
  get isSecure() {
    return Effect.sync(() => Scheme.isSecure(this.#services.http, this.#scope.head))
  }
  get deviceVerdict() {
    return Operations.deviceVerdict(this.#services, this.#scope)
  }
  get hasPerm() {
    return (permission: string, object?: unknown) =>
      Permissions.hasPerm(this.#services, this.#scope, permission, object)
  }
  get hasPerms() {
    return (permissions: ReadonlyArray<string>, object?: unknown) =>
      Permissions.hasPerms(this.#services, this.#scope, permissions, object)
  }
  get hasModulePerms() {
    return (appLabel: string) => Permissions.hasModulePerms(this.#services, this.#scope, appLabel)
  }
  get getUserPermissions() {
    return (object?: unknown) => Permissions.grantedPermissions(this.#services, this.#scope, "user", object)
  }
  get getGroupPermissions() {
    return (object?: unknown) => Permissions.grantedPermissions(this.#services, this.#scope, "group", object)
  }
  get getAllPermissions() {
    return (object?: unknown) => Permissions.grantedPermissions(this.#services, this.#scope, "all", object)
  }
  get getPerms() {
    return Permissions.getPerms(this.#services, this.#scope)
  }
  get templateValues() {
    return Effect.all({ user: this.getUser, perms: this.getPerms })
  }
  get requireUser() {
    return Guards.requireUser(this.#page)
  }
  get requireRecentLogin() {
    return (seconds: number) => Guards.requireRecentLogin(this.#page, seconds)
  }
  get requirePermission() {
    return (permission: string | ReadonlyArray<string>, ...more: ReadonlyArray<string>) =>
      Guards.requirePermission(this.#page, [permission, more].flat())
  }
  get requireUserWhere() {
    return (test: (user: User) => boolean) => Guards.requireUserWhere(this.#page, test)
  }
  get loginRequired() {
    return Guards.loginRequired(this.#page)
  }
  get userPassesTest() {
    return (test: (user: User | undefined) => boolean) => Guards.userPassesTest(this.#page, test)
  }
  get permissionRequired() {
    return (permissions: string | ReadonlyArray<string>, refusal?: Refusal) =>
      Guards.permissionRequired(this.#page, permissions, refusal)
  }
  get #page() {
    return { services: this.#services, scope: this.#scope, head: this.#head }
  }
  get session() {
    return new RequestSession(this.#services, this.#scope, this.#fields)
  }
  get commit() {
    return (status: number) => commit(this.#services, this.#scope, status)
  }
}
