import type { Command, Query } from "./effect.ts"
import type { SessionKey } from "./session-key.ts"

/**
 * One step of a state machine: it has ended, or it waits for the answer to a query.
 *
 * The function `resume` of every machine continues with the answer. Its arguments are in the same order everywhere:
 * `resume(settings, request, session, state, answer, moment)`. A machine without request and session leaves these two
 * out. The `moment` is that of the answer, so a rule can compare what was read with the time at which it was read.
 */
export type Step<State, Value, Asked extends Query> =
  /** The machine has ended. */
  | { readonly _tag: "Done"; readonly value: Value }
  /** The machine waits for the answer to `query`. `state` tells `resume` where to go on. */
  | { readonly _tag: "Paused"; readonly query: Asked; readonly state: State }

/**
 * One {@link Step} of an operation on a request and its session. `Done` has the request and session afterwards, the
 * effects to perform, and the result. `Paused` has a query instead of the result: the operation needs its answer to go
 * on.
 *
 * The state of a paused operation holds neither the session nor a secret. `resume` gets the current request and session
 * as arguments, because other operations of the same request may have changed them during the wait.
 */
export type Transition<Request, Session, State, Value, Asked extends Query, User = never> =
  /** The operation has ended. */
  | {
      readonly _tag: "Done"
      readonly request: Request
      readonly session: Session
      readonly effects: ReadonlyArray<Command<User>>
      readonly value: Value
    }
  /** The operation waits for the answer to `query`. `state` tells `resume` where to go on. */
  | {
      readonly _tag: "Paused"
      readonly request: Request
      readonly session: Session
      readonly effects: ReadonlyArray<Command<User>>
      readonly query: Asked
      readonly state: State
    }

/**
 * No effects. One array for all steps: V8 would soon put the empty arrays of each request, and the objects made beside
 * them, among its old objects, and everything that they refer to.
 */
export const noEffects: ReadonlyArray<never> = []

/** The time and random values of one call. The core gets them as arguments. */
export interface Moment {
  /** Epoch milliseconds. */
  readonly now: number
  /** Random values, different at each call. */
  readonly fresh: FreshValues
}

/** New random values, different for each call. */
export interface FreshValues {
  /** The key of a new session, or of one that gets a new key. */
  readonly sessionKey: SessionKey
  /** 32 characters of a-z, A-Z, 0-9. */
  readonly csrfSecret: string
  /** 32 characters of a-z, A-Z, 0-9: the mask for one CSRF token. */
  readonly csrfMask: string
  /** 22 characters of base64url, 128 random bits: the id of a binding. Needed if sessions are bound to devices. */
  readonly bindingId?: string
}
