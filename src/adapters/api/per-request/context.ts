import * as Effect from "effect/Effect"
import type { Credentials } from "../../../core/auth/login/credentials.ts"
import type { Refusal } from "../../../core/pages/guards.ts"
import type { Form } from "../../request/form/form.ts"
import type { SessionFields } from "../../request/session/session-access.ts"
import type { AuthEffects } from "./auth-effects.ts"
import type { AuthContext, PromisedSession } from "./promises.ts"
import { runPromise } from "./run-promise.ts"
import { SessionPromises } from "./session-promises.ts"

/**
 * {@link AuthContext} that runs the Effects of a request. Made for every request, so each member is created only when
 * it is used: most handlers use one or two.
 */
export class Context<User extends object, Fields extends SessionFields> implements AuthContext<User, Fields> {
  readonly #of: HasEffects<User, Fields>
  readonly #response: HasStatus
  #session: PromisedSession<Fields> | undefined

  /**
   * @param of asked for its effects when an operation is used
   * @param response has the status that the response will have, for `commit`; 200 if absent
   */
  constructor(of: HasEffects<User, Fields>, response: HasStatus = unknownStatus) {
    this.#of = of
    this.#response = response
  }
  get #request(): AuthEffects<User, Fields> {
    return this.#of.effects
  }
  get getUser() {
    return () => runPromise(this.#request.getUser)
  }
  get userForLog() {
    return () => runPromise(this.#request.userForLog)
  }
  get authenticate() {
    return (credentials: Credentials) => runPromise(this.#request.authenticate(credentials))
  }
  get login() {
    return (user: User, options?: { readonly backend?: string; readonly remember?: boolean }) =>
      runPromise(this.#request.login(user, options))
  }
  get reauthenticate() {
    return (credentials: Credentials) => runPromise(this.#request.reauthenticate(credentials))
  }
  get logout() {
    return () => runPromise(this.#request.logout)
  }
  get updateSessionAuthHash() {
    return (user: User) => runPromise(this.#request.updateSessionAuthHash(user))
  }
  get setPassword() {
    return (user: User, password: string) => runPromise(this.#request.setPassword(user, password))
  }
  get checkPassword() {
    return (user: User, password: string) => runPromise(this.#request.checkPassword(user, password))
  }
  get allowRequestFor() {
    return (email: string) => runPromise(this.#request.allowRequestFor(email))
  }
  get listSessions() {
    return () => runPromise(this.#request.listSessions)
  }
  get endSession() {
    return (id: string) => runPromise(this.#request.endSession(id))
  }
  get endOtherSessions() {
    return () => runPromise(this.#request.endOtherSessions)
  }
  get changePassword() {
    return (user: User, oldPassword: string, newPassword: string) =>
      runPromise(this.#request.changePassword(user, oldPassword, newPassword))
  }
  get resetPassword() {
    return (user: User, token: string, password: string) =>
      runPromise(this.#request.resetPassword(user, token, password))
  }
  get getCsrfToken() {
    return () => runPromise(this.#request.getCsrfToken)
  }
  get verifyCsrf() {
    return (form: Form) => runPromise(this.#request.verifyCsrf(form))
  }
  get requireUser() {
    return () => runGuard(this.#request.requireUser)
  }
  get requireRecentLogin() {
    return (seconds: number) => runGuard(this.#request.requireRecentLogin(seconds))
  }
  get requirePermission() {
    return (permission: string | ReadonlyArray<string>, ...more: ReadonlyArray<string>) =>
      runGuard(this.#request.requirePermission(permission, ...more))
  }
  get requireUserWhere() {
    return (test: (user: User) => boolean) => runGuard(this.#request.requireUserWhere(test))
  }
  get loginRequired() {
    return () => runGuard(this.#request.loginRequired)
  }
  get userPassesTest() {
    return (test: (user: User | undefined) => boolean) => runGuard(this.#request.userPassesTest(test))
  }
  get permissionRequired() {
    return (permissions: string | ReadonlyArray<string>, refusal?: Refusal) =>
      runGuard(this.#request.permissionRequired(permissions, refusal))
  }
  get hasPerm() {
    return (permission: string, object?: unknown) => runPromise(this.#request.hasPerm(permission, object))
  }
  get hasPerms() {
    return (permissions: ReadonlyArray<string>, object?: unknown) =>
      runPromise(this.#request.hasPerms(permissions, object))
  }
  get hasModulePerms() {
    return (appLabel: string) => runPromise(this.#request.hasModulePerms(appLabel))
  }
  get getUserPermissions() {
    return (object?: unknown) => runPromise(this.#request.getUserPermissions(object))
  }
  get getGroupPermissions() {
    return (object?: unknown) => runPromise(this.#request.getGroupPermissions(object))
  }
  get getAllPermissions() {
    return (object?: unknown) => runPromise(this.#request.getAllPermissions(object))
  }
  get getPerms() {
    return () => runPromise(this.#request.getPerms)
  }
  get templateValues() {
    return () => runPromise(this.#request.templateValues)
  }
  get ensureCsrfCookie() {
    return () => runPromise(this.#request.ensureCsrfCookie)
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
  get deviceVerdict() {
    return () => runPromise(this.#request.deviceVerdict)
  }
  get commit() {
    return () => runPromise(this.#request.commit(this.#response.status()))
  }
  get session() {
    this.#session ??= new SessionPromises(this.#of)
    return this.#session
  }
}

interface HasEffects<User extends object, Fields extends SessionFields> {
  readonly effects: AuthEffects<User, Fields>
}

interface HasStatus {
  readonly status: () => number
}

const unknownStatus: HasStatus = { status: () => 200 }

/** If the handler does not await the guard, its rejection must not end the process. The response still reports it. */
const runGuard = <A, E>(guard: Effect.Effect<A, E>): Promise<A> => {
  const asked = runPromise(guard)
  asked.catch(() => {})
  return asked
}
