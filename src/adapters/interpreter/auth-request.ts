/** One request, as http adapters hold it: they let it in, hand out its context, and ask what the response carries. */
import * as Effect from "effect/Effect"
import { type AdmitFailure, admit, type RequestEntry } from "./admit.ts"
import type { App } from "./app.ts"
import { type AuthEffects, CellEffects } from "./auth-effects.ts"
import type { Cell } from "./cell.ts"
import { type AuthContext, Context } from "./context.ts"
import { forsake, isSilent, type RespondFailure, type ResponseHeaders, respond } from "./respond.ts"
import type { SessionFields } from "./session-access.ts"

export interface AuthRequest<User extends object, Fields extends SessionFields> {
  readonly context: AuthContext<User, Fields>
  /** The same without Promises. */
  readonly effects: AuthEffects<User, Fields>
  /**
   * Lets the request in, or rejects with what to answer instead. `undefined`: it is in, nobody had to be asked.
   */
  readonly admit: (entry: RequestEntry) => Promise<void> | undefined
  /**
   * Decides what becomes of the session. Once per request, with the status of the response. What can be said at once
   * is no promise; a rejection is a response that must not leave.
   */
  readonly respond: (status: number) => ResponseHeaders | Promise<ResponseHeaders>
  /** Whether the response carries nothing, whatever its status will be. Decides nothing. */
  readonly isSilent: () => boolean
  /**
   * After a failure that leaves everything as it was: gives up what the request changed, so that the response carries
   * nothing but what `commit` wrote by then.
   */
  readonly forsake: () => void
  /** {@link admit} without Promises. */
  readonly admitEffect: (entry: RequestEntry) => Effect.Effect<void, AdmitFailure>
  /** {@link respond} without Promises. */
  readonly respondEffect: (status: number) => Effect.Effect<ResponseHeaders, RespondFailure>
}

/** What an adapter may tell about its response. */
export interface ResponseInProgress {
  /** The status that the response is going to have, as far as is known. */
  readonly status: () => number
  /** Whether a router in the browser may go where a redirect leads, which takes URLs apart; else the browser does. */
  readonly followedInParts?: boolean
}

/**
 * {@link AuthRequest} on a cell. A class, as whatever is made for every request: a getter in an object literal gives
 * every object a hidden class of its own, which keeps the whole request in memory until the next full collection.
 */
export class CellRequest<User extends object, Fields extends SessionFields> implements AuthRequest<User, Fields> {
  readonly effects: AuthEffects<User, Fields>
  readonly #app: App<User>
  readonly #cell: Cell<User>
  readonly #response: ResponseInProgress
  #context: AuthContext<User, Fields> | undefined

  /** @param fields schemas of the session's keys; `undefined`: every key may hold any JSON */
  constructor(app: App<User>, cell: Cell<User>, fields: Fields | undefined, response: ResponseInProgress) {
    this.effects = new CellEffects(app, cell, fields)
    this.#app = app
    this.#cell = cell
    this.#response = response
    cell.followedInParts = response.followedInParts === true
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
