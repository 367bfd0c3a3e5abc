/**
 * A request that can only be read, because it has no response that could set cookies: a Server Component, a GraphQL
 * subscription, a WebSocket. Changes that reading would normally cause are not made here; a later request that can
 * write makes them. So a session whose auth hash is no longer valid reads as anonymous, but its row stays. A session
 * whose auth hash was made with an older secret key is logged in, but the session is not renewed.
 */
import * as Effect from "effect/Effect"
import * as SessionCsrf from "../../../core/auth/request/session-csrf.ts"
import { checkOrigin } from "../../../core/csrf/check-request.ts"
import * as Secret from "../../../core/csrf/csrf-secret.ts"
import type { RequestHead } from "../../../core/http/request/request-head.ts"
import { iriToUri } from "../../../core/http/urls/uri.ts"
import { momentOf } from "../../clock-and-random/clock-and-random.ts"
import type { StoreUnavailable } from "../../errors/errors.ts"
import { foreign } from "../../request/form/request-csrf.ts"
import { openUnverified } from "../../request/login/operations.ts"
import { hideMismatchedUser } from "../../request/login/remote-user-login.ts"
import type { RequestScope } from "../../request/scope/request-scope.ts"
import type { AuthServices } from "../../request/scope/services.ts"
import type { SessionFields } from "../../request/session/session-access.ts"
import { Context } from "./context.ts"
import type { AuthContext, PageGuards, PromisedSession } from "./promises.ts"
import { RequestEffects } from "./request-effects.ts"
import { measuredEffects } from "./spanned-effects.ts"

/** The reading part of the session. */
export interface SessionReader<Fields extends SessionFields>
  extends Pick<
    PromisedSession<Fields>,
    | "get"
    | "has"
    | "keys"
    | "key"
    | "isEmpty"
    | "expiryAgeSeconds"
    | "expiresAt"
    | "expiresAtBrowserClose"
    | "testCookieWorked"
  > {
  /** The session's values as JSON text: numbers exactly as stored, and also keys without a schema. */
  readonly raw: Pick<PromisedSession<Fields>["raw"], "get" | "all">
}

/** The operations of a request and its user that write nothing. */
export interface AuthReader<User extends object, Fields extends SessionFields>
  extends PageGuards<User>,
    Pick<
      AuthContext<User, Fields>,
      | "getUser"
      | "hasPerm"
      | "hasPerms"
      | "hasModulePerms"
      | "getUserPermissions"
      | "getGroupPermissions"
      | "getAllPermissions"
      | "listSessions"
      | "deviceVerdict"
      | "nextUrl"
      | "host"
      | "isSecure"
    > {
  /** The session of this request. It is never written. */
  readonly session: SessionReader<Fields>
  /**
   * A CSRF token for a form on this page. `undefined` if the browser has no CSRF secret yet: only a response can set
   * one (`ensureCsrfCookie`).
   */
  readonly getCsrfToken: () => Promise<string | undefined>
  /**
   * Refuses a request unless its Origin is this site or one of `csrfTrustedOrigins`. For WebSocket upgrades and event
   * streams: a page of any site can make the browser send them with this site's cookies, and they have no CSRF token.
   * Call it before you read the user.
   *
   * @throws {CsrfFailed} synchronously, if the Origin is another one, `null`, or missing
   */
  readonly verifyOrigin: () => void
  /**
   * The guards of another page: after the login, the login page redirects back to that page. For callers that do not
   * know the URL of the request.
   *
   * @param target path and query of the page, in characters or escaped
   */
  readonly at: (target: string) => PageGuards<User>
}

/** {@link AuthReader} on a scope whose session is never written. */
export class RequestReader<User extends object, Fields extends SessionFields> implements AuthReader<User, Fields> {
  readonly #services: AuthServices<User>
  readonly #scope: RequestScope<User>
  readonly #fields: Fields | undefined
  readonly #context: AuthContext<User, Fields>
  #entered: Promise<void> | undefined

  /** @param fields the schemas of the session's values; `undefined` if every key may hold any JSON value */
  constructor(services: AuthServices<User>, scope: RequestScope<User>, fields: Fields | undefined) {
    this.#services = services
    this.#scope = scope
    this.#fields = fields
    this.#context = new Context({
      effects: measuredEffects(new RequestEffects(services, scope, fields), services.telemetry)
    })
  }
  get getUser() {
    return this.#after(this.#context.getUser)
  }
  get listSessions() {
    return this.#after(this.#context.listSessions)
  }
  get deviceVerdict() {
    return this.#after(this.#context.deviceVerdict)
  }
  get hasPerm() {
    return this.#after(this.#context.hasPerm)
  }
  get hasPerms() {
    return this.#after(this.#context.hasPerms)
  }
  get hasModulePerms() {
    return this.#after(this.#context.hasModulePerms)
  }
  get getUserPermissions() {
    return this.#after(this.#context.getUserPermissions)
  }
  get getGroupPermissions() {
    return this.#after(this.#context.getGroupPermissions)
  }
  get getAllPermissions() {
    return this.#after(this.#context.getAllPermissions)
  }
  get requireUser() {
    return this.#after(this.#context.requireUser)
  }
  get requireRecentLogin() {
    return this.#after(this.#context.requireRecentLogin)
  }
  get requirePermission() {
    return this.#after(this.#context.requirePermission)
  }
  get requireUserWhere() {
    return this.#after(this.#context.requireUserWhere)
  }
  get loginRequired() {
    return this.#after(this.#context.loginRequired)
  }
  get userPassesTest() {
    return this.#after(this.#context.userPassesTest)
  }
  get permissionRequired() {
    return this.#after(this.#context.permissionRequired)
  }
  get at() {
    return (target: string): PageGuards<User> => {
      const head = new RequestHeadAt(this.#scope.head, target)
      const effects = new RequestEffects(this.#services, this.#scope, this.#fields, head)
      const guards = new Context({ effects: measuredEffects(effects, this.#services.telemetry) })
      return {
        requireUser: this.#after(guards.requireUser),
        requireRecentLogin: this.#after(guards.requireRecentLogin),
        requirePermission: this.#after(guards.requirePermission),
        requireUserWhere: this.#after(guards.requireUserWhere),
        loginRequired: this.#after(guards.loginRequired),
        userPassesTest: this.#after(guards.userPassesTest),
        permissionRequired: this.#after(guards.permissionRequired)
      }
    }
  }
  get nextUrl() {
    return this.#context.nextUrl
  }
  get host() {
    return this.#context.host
  }
  get isSecure() {
    return this.#context.isSecure
  }
  get session(): SessionReader<Fields> {
    const { session } = this.#context
    return {
      get: (key) => this.#after(() => session.get(key))(),
      has: this.#after(session.has),
      keys: this.#after(session.keys),
      key: session.key,
      isEmpty: session.isEmpty,
      expiresAt: this.#after(session.expiresAt),
      expiresAtBrowserClose: this.#after(session.expiresAtBrowserClose),
      expiryAgeSeconds: this.#after(session.expiryAgeSeconds),
      testCookieWorked: this.#after(session.testCookieWorked),
      raw: { get: this.#after(session.raw.get), all: this.#after(session.raw.all) }
    }
  }
  get verifyOrigin() {
    return (): void => {
      const verdict = checkOrigin(this.#services.csrf, this.#scope.head)
      if (verdict._tag === "Refused") throw foreign(this.#services, this.#scope.head, verdict.reason)
    }
  }
  get getCsrfToken() {
    return this.#after(() => Effect.runPromise(presentToken(this.#services, this.#scope)))
  }

  /** Before the first read, checks whether the session's user is still the one that the proxy names. */
  #after<Args extends ReadonlyArray<unknown>, A>(read: (...args: Args) => Promise<A>): (...args: Args) => Promise<A> {
    const { remoteUser } = this.#services
    if (remoteUser === undefined) return read
    return async (...args) => {
      this.#entered ??= Effect.runPromise(hideMismatchedUser(this.#services, this.#scope, remoteUser))
      await this.#entered
      return read(...args)
    }
  }
}

/** A token for the CSRF secret in the request's cookie or session; `undefined` if there is none. */
const presentToken = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>
): Effect.Effect<string | undefined, StoreUnavailable> => {
  const stored = services.settings.csrf.useSessions
    ? Effect.map(openUnverified(services, scope), SessionCsrf.stored)
    : Effect.sync(() => scope.request.csrfCookie)
  return Effect.map(stored, (text) => {
    const parsed = text === undefined ? undefined : Secret.parse(text)
    return parsed?._tag === "Secret"
      ? Secret.mask(parsed.secret, momentOf(services.clockAndRandom).fresh.csrfMask)
      : undefined
  })
}

/** The head of the same request with another target. */
class RequestHeadAt implements RequestHead {
  readonly #head: RequestHead
  readonly target: string

  constructor(head: RequestHead, target: string) {
    this.#head = head
    this.target = iriToUri(target)
  }
  get method() {
    return this.#head.method
  }
  get joinsHeaders() {
    return this.#head.joinsHeaders
  }
  get basePath() {
    return this.#head.basePath
  }
  get prefixesRedirects() {
    return this.#head.prefixesRedirects
  }
  get ignoresTrailingSlash() {
    return this.#head.ignoresTrailingSlash
  }
  get headers() {
    return this.#head.headers
  }
  get transport() {
    return this.#head.transport
  }
}
