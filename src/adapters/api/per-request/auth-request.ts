/**
 * One request, for HTTP adapters: they run the checks, pass the context to the handler, and get the response headers.
 */
import * as Effect from "effect/Effect"
import { needsNothingUnused } from "../../../core/auth/request/unused-request.ts"
import { cookieHeader, type RequestHead } from "../../../core/http/request/request-head.ts"
import { notNeeded } from "../../request/form/request-csrf.ts"
import { type AccessFailure, type AccessRules, checkAccess } from "../../request/guards/check-access.ts"
import type { RequestScope, RespondFailure, ResponseHeaders } from "../../request/scope/request-scope.ts"
import type { AuthServices } from "../../request/scope/services.ts"
import { discardChanges, respond } from "../../request/session/finish-response.ts"
import { nothing } from "../../request/session/response-headers.ts"
import type { SessionFields } from "../../request/session/session-access.ts"
import { tracedOperation } from "../../telemetry/traced.ts"
import type { AuthEffects } from "./auth-effects.ts"
import { Context } from "./context.ts"
import { openRequest } from "./open-request.ts"
import type { AuthContext } from "./promises.ts"
import { RequestEffects } from "./request-effects.ts"
import { runPromise } from "./run-promise.ts"
import { measuredEffects } from "./spanned-effects.ts"

/** The authentication of one request, for adapters: {@link enter} before the handler, {@link respond} after it. */
export interface AuthRequest<User extends object, Fields extends SessionFields> {
  /** The operations that a handler uses, as Promises. */
  readonly context: AuthContext<User, Fields>
  /** The same operations as Effects. */
  readonly effects: AuthEffects<User, Fields>
  /**
   * Checks whether the handler may run. Rejects with the error to answer if not. `undefined` if the request passes and
   * nothing had to be loaded.
   */
  readonly enter: (entry: AccessRules) => Promise<void> | undefined
  /**
   * Writes the session if needed, and returns the headers of the response. Call it once per request, with the status of
   * the response. An adapter with {@link ResponseInProgress.hold} need not call it as long as `hold` was not called, or
   * if it returned `false`. If nothing has to be loaded or written, the result is not a promise. If it rejects, the
   * handler's response must not be sent; answer the error instead.
   */
  readonly respond: (status: number) => ResponseHeaders | Promise<ResponseHeaders>
  /**
   * Discards the changes of the request, after a failure for which nothing may be stored. The response then carries
   * only the cookies of what `commit` has already written.
   */
  readonly discardChanges: () => void
  /** {@link enter} as an Effect. */
  readonly enterEffect: (entry: AccessRules) => Effect.Effect<void, AccessFailure>
  /** {@link respond} as an Effect. */
  readonly respondEffect: (status: number) => Effect.Effect<ResponseHeaders, RespondFailure>
}

/** What an adapter knows about the response before it is sent. */
export interface ResponseInProgress {
  /** The status that the response will have, as far as is known. */
  readonly status: () => number
  /** Whether a client-side router may follow a redirect. Such a router splits URLs into parts; a browser does not. */
  readonly hasClientRouter?: boolean
  /**
   * Ends the connection. Called when a guard refuses after the head of the response was sent, so that the client does
   * not take the response for complete. Absent if the adapter cannot do this.
   */
  readonly breakOff?: () => void
  /**
   * Called when the request is first used, or has to be checked. From then on, the adapter sends no head before
   * {@link AuthRequest.respond} has decided it. Until then the adapter may send a head without asking, because nothing
   * would be added. Returns `false` if the head was sent already, or is about to be sent. Absent if the adapter asks
   * before every head.
   */
  readonly hold?: () => boolean
}

/**
 * {@link AuthRequest} on a scope, which is opened when the request is first used. It is a class, as everything that is
 * made for every request: if an object literal has a getter, V8 makes a new hidden class for each object, which keeps
 * the whole request in memory until the next full garbage collection.
 */
export class HttpAuthRequest<User extends object, Fields extends SessionFields> implements AuthRequest<User, Fields> {
  readonly #services: AuthServices<User>
  readonly #head: RequestHead
  readonly #fields: Fields | undefined
  readonly #response: ResponseInProgress
  /** `undefined` until the request is used: most requests never are. */
  #openedScope: RequestScope<User> | undefined
  /** Whether {@link enter} has found that the request needs nothing while it is unused. */
  #needsNothing = false
  /** The `Cookie` header, if {@link enter} has read it. */
  #cookies: string | undefined
  /** Whether the response was decided while the request was unused. */
  #isOver = false
  #effects: AuthEffects<User, Fields> | undefined
  #context: AuthContext<User, Fields> | undefined

  /**
   * @param fields the schemas of the session's values; `undefined` if every key may hold any JSON value
   * @param scope the request, if it is open already
   */
  constructor(
    services: AuthServices<User>,
    head: RequestHead,
    fields: Fields | undefined,
    response: ResponseInProgress,
    scope?: RequestScope<User>
  ) {
    this.#services = services
    this.#head = head
    this.#fields = fields
    this.#response = response
    this.#openedScope = scope === undefined ? undefined : this.#prepared(scope)
  }
  get effects(): AuthEffects<User, Fields> {
    const services = this.#services
    this.#effects ??= measuredEffects(new RequestEffects(services, this.#scope, this.#fields), services.telemetry)
    return this.#effects
  }
  get context(): AuthContext<User, Fields> {
    this.#context ??= new Context(this, this.#response)
    return this.#context
  }
  enter(entry: AccessRules): Promise<void> | undefined {
    if (this.#passesUnused(entry)) return undefined
    const admitted = checkAccess(this.#services, this.#scope, entry)
    return admitted === undefined ? undefined : runPromise(this.#traced("checkAccess", admitted))
  }
  respond(status: number): ResponseHeaders | Promise<ResponseHeaders> {
    if (this.#isUnused) {
      this.#isOver = true
      return nothing
    }
    const responded = respond(this.#services, this.#scope, status)
    return responded._tag === "Now" ? responded.headers : runPromise(this.#traced("respond", responded.headers))
  }
  discardChanges(): void {
    discardChanges(this.#services, this.#scope)
  }
  enterEffect(entry: AccessRules): Effect.Effect<void, AccessFailure> {
    return Effect.suspend(() => {
      const admitted = checkAccess(this.#services, this.#scope, entry)
      return admitted === undefined ? Effect.void : this.#traced("checkAccess", admitted)
    })
  }
  respondEffect(status: number): Effect.Effect<ResponseHeaders, RespondFailure> {
    return Effect.suspend(() => {
      const responded = respond(this.#services, this.#scope, status)
      return responded._tag === "Now" ? Effect.succeed(responded.headers) : this.#traced("respond", responded.headers)
    })
  }

  /** Opened when it is first used. It is then in the state that it would have if it was opened at the start. */
  get #scope(): RequestScope<User> {
    if (this.#openedScope !== undefined) return this.#openedScope
    const scope = this.#prepared(openRequest(this.#services, this.#head, this.#cookies))
    if (this.#needsNothing) scope.csrf = notNeeded
    const isTooLate = this.#response.hold?.() === false
    if (this.#isOver || isTooLate) {
      scope.closed = true
      scope.isHeadDue = true
    }
    this.#openedScope = scope
    return scope
  }
  #prepared(scope: RequestScope<User>): RequestScope<User> {
    scope.hasClientRouter = this.#response.hasClientRouter === true
    scope.response = this.#response
    return scope
  }
  #passesUnused({ loginRequired }: AccessRules): boolean {
    const { remoteUser, settings } = this.#services
    if (this.#openedScope !== undefined || loginRequired !== undefined || remoteUser !== undefined) return false
    this.#cookies = cookieHeader(this.#head)
    this.#needsNothing = needsNothingUnused(settings, this.#head, this.#cookies)
    return this.#needsNothing
  }
  /** Whether the request needs nothing, because its handler has not used it. */
  get #isUnused(): boolean {
    return this.#needsNothing && this.#openedScope === undefined
  }
  #traced<A, E>(operation: string, effect: Effect.Effect<A, E>): Effect.Effect<A, E> {
    return tracedOperation(this.#services.telemetry, operation, effect)
  }
}
