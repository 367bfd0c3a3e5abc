/** One request, as http adapters hold it: they let it in, hand out its context, and ask what the response carries. */
import * as Effect from "effect/Effect"
import { admit, type RequestEntry } from "./admit.ts"
import type { App } from "./app.ts"
import { type AuthEffects, CellEffects } from "./auth-effects.ts"
import type { Cell } from "./cell.ts"
import { type AuthContext, Context } from "./context.ts"
import { type ResponseHeaders, respond } from "./respond.ts"
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
}

/** What an adapter may tell about its response. */
export interface ResponseInProgress {
  /** The status that the response is going to have, as far as is known. */
  readonly status: () => number
}

/** Opens a request on its cell. */
export const openRequest = <User extends object, Fields extends SessionFields>(
  app: App<User>,
  cell: Cell<User>,
  fields: Fields | undefined,
  response: ResponseInProgress
): AuthRequest<User, Fields> => {
  const effects = new CellEffects(app, cell, fields)
  let context: AuthContext<User, Fields> | undefined
  return {
    effects,
    get context() {
      context ??= new Context(effects, response.status)
      return context
    },
    admit: (entry) => {
      const admitted = admit(app, cell, entry)
      return admitted === undefined ? undefined : Effect.runPromise(admitted)
    },
    respond: (status) => {
      const responded = respond(app, cell, status)
      return responded._tag === "Now" ? responded.headers : Effect.runPromise(responded.headers)
    }
  }
}
