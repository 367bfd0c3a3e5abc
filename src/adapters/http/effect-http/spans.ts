/** The operations of a request, each in a span of its own. Only those who use Effect come here, so only they pay. */
import * as Effect from "effect/Effect"
import type { AuthEffects } from "../../interpreter/auth-effects.ts"
import type { SessionFields } from "../../interpreter/session-access.ts"

/** Spans are named `latchkey.<operation>`; session, permissions and guards have none. They carry no attributes: what a request is about is nobody's business. */
export const spanned = <User extends object, Fields extends SessionFields>(
  of: AuthEffects<User, Fields>
): AuthEffects<User, Fields> => ({
  get getUser() {
    return inSpan("getUser", of.getUser)
  },
  authenticate: (credentials) => inSpan("authenticate", of.authenticate(credentials)),
  login: (user, options) => inSpan("login", of.login(user, options)),
  get logout() {
    return inSpan("logout", of.logout)
  },
  updateSessionAuthHash: (user) => inSpan("updateSessionAuthHash", of.updateSessionAuthHash(user)),
  setPassword: (user, password) => inSpan("setPassword", of.setPassword(user, password)),
  get getCsrfToken() {
    return inSpan("getCsrfToken", of.getCsrfToken)
  },
  get ensureCsrfCookie() {
    return inSpan("ensureCsrfCookie", of.ensureCsrfCookie)
  },
  verifyCsrf: (form) => inSpan("verifyCsrf", of.verifyCsrf(form)),
  commit: (status) => inSpan("commit", of.commit(status)),
  get permissions() {
    return of.permissions
  },
  get guards() {
    return of.guards
  },
  get session() {
    return of.session
  },
  nextUrl: (form) => of.nextUrl(form),
  redirectToNext: (otherwise, form) => of.redirectToNext(otherwise, form),
  get host() {
    return of.host
  },
  get isSecure() {
    return of.isSecure
  }
})

const inSpan = <A, E>(operation: string, effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.withSpan(effect, `latchkey.${operation}`)
