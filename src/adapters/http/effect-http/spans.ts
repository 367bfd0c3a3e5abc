/**
 * The operations of a request, each in its own span. Only the Effect adapter uses this file, so others pay nothing for
 * it.
 */
import * as Effect from "effect/Effect"
import type { Credentials } from "../../../core/auth/credentials.ts"
import type { AuthEffects } from "../../api/auth-effects.ts"
import type { Form } from "../../request/form.ts"
import type { SessionFields } from "../../request/session-access.ts"

/**
 * Spans are named `latchkey.<operation>`. Session, permissions and guards have no spans. Spans carry no attributes,
 * because the data of a request is private.
 */
export class SpannedEffects<User extends object, Fields extends SessionFields> implements AuthEffects<User, Fields> {
  readonly #of: AuthEffects<User, Fields>

  constructor(of: AuthEffects<User, Fields>) {
    this.#of = of
  }
  get getUser() {
    return inSpan("getUser", this.#of.getUser)
  }
  get userForLog() {
    return inSpan("userForLog", this.#of.userForLog)
  }
  get authenticate() {
    return (credentials: Credentials) => inSpan("authenticate", this.#of.authenticate(credentials))
  }
  get login() {
    return (user: User, options?: { readonly backend?: string }) => inSpan("login", this.#of.login(user, options))
  }
  get logout() {
    return inSpan("logout", this.#of.logout)
  }
  get updateSessionAuthHash() {
    return (user: User) => inSpan("updateSessionAuthHash", this.#of.updateSessionAuthHash(user))
  }
  get setPassword() {
    return (user: User, password: string) => inSpan("setPassword", this.#of.setPassword(user, password))
  }
  get listSessions() {
    return inSpan("listSessions", this.#of.listSessions)
  }
  get endSession() {
    return (id: string) => inSpan("endSession", this.#of.endSession(id))
  }
  get endOtherSessions() {
    return inSpan("endOtherSessions", this.#of.endOtherSessions)
  }
  get changePassword() {
    return (user: User, oldPassword: string, newPassword: string) =>
      inSpan("changePassword", this.#of.changePassword(user, oldPassword, newPassword))
  }
  get resetPassword() {
    return (user: User, token: string, password: string) =>
      inSpan("resetPassword", this.#of.resetPassword(user, token, password))
  }
  get getCsrfToken() {
    return inSpan("getCsrfToken", this.#of.getCsrfToken)
  }
  get ensureCsrfCookie() {
    return inSpan("ensureCsrfCookie", this.#of.ensureCsrfCookie)
  }
  get verifyCsrf() {
    return (form: Form) => inSpan("verifyCsrf", this.#of.verifyCsrf(form))
  }
  get commit() {
    return (status: number) => inSpan("commit", this.#of.commit(status))
  }
  get hasPerm() {
    return this.#of.hasPerm
  }
  get hasPerms() {
    return this.#of.hasPerms
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
    return this.#of.requireUser
  }
  get requirePermission() {
    return this.#of.requirePermission
  }
  get requireUserWhere() {
    return this.#of.requireUserWhere
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

const inSpan = <A, E>(operation: string, effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.withSpan(effect, `latchkey.${operation}`)
