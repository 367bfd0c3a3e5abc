/**
 * One request, for HTTP adapters: they run the checks, pass the context to the handler, and get the response headers.
 */
import * as Effect from "effect/Effect"
import { type AdmitFailure, admit, type RequestEntry } from "../request/check-access.ts"
import { forsake, isSilent, respond } from "../request/finish-response.ts"
import type { Cell, RespondFailure, ResponseHeaders } from "../request/request-scope.ts"
import type { App } from "../request/services.ts"
import type { SessionFields } from "../request/session-access.ts"
import { type AuthEffects, CellEffects } from "./auth-effects.ts"
import { type AuthContext, Context } from "./context.ts"

/** The authentication of one request, for adapters: {@link admit} before the handler, {@link respond} after it. */
export interface AuthRequest<User extends object, Fields extends SessionFields> {
  /** The operations that a handler uses, as Promises. */
  readonly context: AuthContext<User, Fields>
  /** The same operations as Effects. */
  readonly effects: AuthEffects<User, Fields>
  /**
   * Checks whether the handler may run. Rejects with the error to answer if not. `undefined` if the request passes and
   * nothing had to be loaded.
   */
  readonly admit: (entry: RequestEntry) => Promise<void> | undefined
  /**
   * Writes the session if needed, and returns the headers of the response. Call it once per request, with the status of
   * the response. If nothing has to be loaded or written, the result is not a promise. If it rejects, the handler's
   * response must not be sent; answer the error instead.
   */
  readonly respond: (status: number) => ResponseHeaders | Promise<ResponseHeaders>
  /** Whether the response gets no headers, for every possible status. Changes nothing. */
  readonly isSilent: () => boolean
  /**
   * Discards the changes of the request, after a failure for which nothing may be stored. The response then carries
   * only the cookies of what `commit` has already written.
   */
  readonly forsake: () => void
  /** {@link admit} as an Effect. */
  readonly admitEffect: (entry: RequestEntry) => Effect.Effect<void, AdmitFailure>
  /** {@link respond} as an Effect. */
  readonly respondEffect: (status: number) => Effect.Effect<ResponseHeaders, RespondFailure>
}

/** What an adapter knows about the response before it is sent. */
export interface ResponseInProgress {
  /** The status that the response will have, as far as is known. */
  readonly status: () => number
  /** Whether a client-side router may follow a redirect. Such a router splits URLs into parts; a browser does not. */
  readonly followedInParts?: boolean
  /**
   * Ends the connection. Called when a guard refuses after the head of the response was sent, so that the client does
   * not take the response for complete. Absent if the adapter cannot do this.
   */
  readonly breakOff?: () => void
}

/**
 * {@link AuthRequest} on a cell. It is a class, as everything that is made for every request: if an object literal has
 * a getter, V8 makes a new hidden class for each object, which keeps the whole request in memory until the next full
 * garbage collection.
 */
export class CellRequest<User extends object, Fields extends SessionFields> implements AuthRequest<User, Fields> {
  readonly effects: AuthEffects<User, Fields>
  readonly #app: App<User>
  readonly #cell: Cell<User>
  readonly #response: ResponseInProgress
  #context: AuthContext<User, Fields> | undefined

  /** @param fields the schemas of the session's values; `undefined` if every key may hold any JSON value */
  constructor(app: App<User>, cell: Cell<User>, fields: Fields | undefined, response: ResponseInProgress) {
    this.effects = new CellEffects(app, cell, fields)
    this.#app = app
    this.#cell = cell
    this.#response = response
    cell.followedInParts = response.followedInParts === true
    cell.response = response
  }
  get context(): AuthContext<User, Fields> {
    this.#context ??= new Context(this.effects, () => this.#response.status())
    return this.#context
  }
  admit(entry: RequestEntry): Promise<void> | undefined {
    const admitted = admit(this.#app, this.#cell, entry)
    return admitted === undefined ? undefined : Effect.runPromise(admitted)
  }
  respond(status: number): ResponseHeaders | Promise<ResponseHeaders> {
    const responded = respond(this.#app, this.#cell, status)
    return responded._tag === "Now" ? responded.headers : Effect.runPromise(responded.headers)
  }
  isSilent(): boolean {
    return isSilent(this.#app, this.#cell)
  }
  forsake(): void {
    forsake(this.#cell)
  }
  admitEffect(entry: RequestEntry): Effect.Effect<void, AdmitFailure> {
    return Effect.suspend(() => admit(this.#app, this.#cell, entry) ?? Effect.void)
  }
  respondEffect(status: number): Effect.Effect<ResponseHeaders, RespondFailure> {
    return Effect.suspend(() => {
      const responded = respond(this.#app, this.#cell, status)
      return responded._tag === "Now" ? Effect.succeed(responded.headers) : responded.headers
    })
  }
}
