/**
 * The operations of a request, each in its own span. Used by the Effect adapter, and if the application measures:
 * others pay nothing for it.
 */
import * as Effect from "effect/Effect"
import type { Credentials } from "../../../core/auth/login/credentials.ts"
import type { Telemetry } from "../../ports/telemetry.ts"
import type { Form } from "../../request/form/form.ts"
import type { SessionFields } from "../../request/session/session-access.ts"
import { tracedOperation } from "../../telemetry/traced.ts"
import type { AuthEffects } from "./auth-effects.ts"

/**
 * Spans are named `latchkey.<operation>`. The session and guards that only decide have no spans. Spans carry no data of
 * the request, because it is private.
 */
export class SpannedEffects<User extends object, Fields extends SessionFields> implements AuthEffects<User, Fields> {
  readonly #of: AuthEffects<User, Fields>
  readonly #inSpan: InSpan

  constructor(of: AuthEffects<User, Fields>, inSpan: InSpan = plainSpan) {
    this.#of = of
    this.#inSpan = inSpan
  }
  get getUser() {
    return this.#inSpan("getUser", this.#of.getUser)
  }
  get userForLog() {
    return this.#inSpan("userForLog", this.#of.userForLog)
  }
  get authenticate() {
    return (credentials: Credentials) => this.#inSpan("authenticate", this.#of.authenticate(credentials))
  }
  get login() {
    return (user: User, options?: { readonly backend?: string; readonly remember?: boolean }) =>
      this.#inSpan("login", this.#of.login(user, options))
  }
  get reauthenticate() {
    return (credentials: Credentials) => this.#inSpan("reauthenticate", this.#of.reauthenticate(credentials))
  }
  get logout() {
    return this.#inSpan("logout", this.#of.logout)
  }
  get updateSessionAuthHash() {
    return (user: User) => this.#inSpan("updateSessionAuthHash", this.#of.updateSessionAuthHash(user))
  }
  get setPassword() {
    return (user: User, password: string) => this.#inSpan("setPassword", this.#of.setPassword(user, password))
  }
  get checkPassword() {
    return (user: User, password: string) => this.#inSpan("checkPassword", this.#of.checkPassword(user, password))
  }
  get allowRequestFor() {
    return (email: string) => this.#inSpan("allowRequestFor", this.#of.allowRequestFor(email))
  }
  get listSessions() {
    return this.#inSpan("listSessions", this.#of.listSessions)
  }
  get endSession() {
    return (id: string) => this.#inSpan("endSession", this.#of.endSession(id))
  }
  get endOtherSessions() {
    return this.#inSpan("endOtherSessions", this.#of.endOtherSessions)
  }
  get changePassword() {
    return (user: User, oldPassword: string, newPassword: string) =>
      this.#inSpan("changePassword", this.#of.changePassword(user, oldPassword, newPassword))
  }
  get resetPassword() {
    return (user: User, token: string, password: string) =>
      this.#inSpan("resetPassword", this.#of.resetPassword(user, token, password))
  }
  get getCsrfToken() {
    return this.#inSpan("getCsrfToken", this.#of.getCsrfToken)
  }
  get ensureCsrfCookie() {
    return this.#inSpan("ensureCsrfCookie", this.#of.ensureCsrfCookie)
  }
  get verifyCsrf() {
    return (form: Form) => this.#inSpan("verifyCsrf", this.#of.verifyCsrf(form))
  }
  get commit() {
    return (status: number) => this.#inSpan("commit", this.#of.commit(status))
  }
  get hasPerm() {
    return (permission: string, object?: unknown) => this.#inSpan("hasPerm", this.#of.hasPerm(permission, object))
  }
  get hasPerms() {
    return (permissions: ReadonlyArray<string>, object?: unknown) =>
      this.#inSpan("hasPerms", this.#of.hasPerms(permissions, object))
  }
  get hasModulePerms() {
    return this.#of.hasModulePerms
  }
  get getUserPermissions() {
    return this.#of.getUserPermissions
  }
  get getGroupPermissions() {
    return this.#of.getGroupPermissions
  }
  get getAllPermissions() {
    return this.#of.getAllPermissions
  }
  get getPerms() {
    return this.#of.getPerms
  }
  get templateValues() {
    return this.#of.templateValues
  }
  get requireUser() {
    return this.#inSpan("requireUser", this.#of.requireUser)
  }
  get requireRecentLogin() {
    return (seconds: number) => this.#inSpan("requireRecentLogin", this.#of.requireRecentLogin(seconds))
  }
  get requirePermission() {
    return (permission: string | ReadonlyArray<string>, ...more: ReadonlyArray<string>) =>
      this.#inSpan("requirePermission", this.#of.requirePermission(permission, ...more))
  }
  get requireUserWhere() {
    return (test: (user: User) => boolean) => this.#inSpan("requireUserWhere", this.#of.requireUserWhere(test))
  }
  get loginRequired() {
    return this.#of.loginRequired
  }
  get userPassesTest() {
    return this.#of.userPassesTest
  }
  get permissionRequired() {
    return this.#of.permissionRequired
  }
  get deviceVerdict() {
    return this.#of.deviceVerdict
  }
  get session() {
    return this.#of.session
  }
  get nextUrl() {
    return this.#of.nextUrl
  }
  get redirectToNext() {
    return this.#of.redirectToNext
  }
  get host() {
    return this.#of.host
  }
  get isSecure() {
    return this.#of.isSecure
  }
}

/** Runs an operation in a span. */
export type InSpan = <A, E>(operation: string, effect: Effect.Effect<A, E>) => Effect.Effect<A, E>

const plainSpan: InSpan = (operation, effect) => Effect.withSpan(effect, `latchkey.${operation}`)

/** The operations in spans. Those of an application that measures have them already. */
export const spanned = <User extends object, Fields extends SessionFields>(
  effects: AuthEffects<User, Fields>
): AuthEffects<User, Fields> => (effects instanceof SpannedEffects ? effects : new SpannedEffects(effects))

/** The operations in spans, and measured, if the application measures. */
export const measuredEffects = <User extends object, Fields extends SessionFields>(
  effects: AuthEffects<User, Fields>,
  telemetry: Telemetry | undefined
): AuthEffects<User, Fields> =>
  telemetry === undefined
    ? effects
    : new SpannedEffects(effects, (operation, effect) => tracedOperation(telemetry, operation, effect))
