/**
 * What the guards of one request have said, so that a handler which ignores a guard does not serve the page.
 *
 * | the handler                                         | a response below 300      |
 * | --------------------------------------------------- | ------------------------- |
 * | did not wait for a guard (`requireUser()`)          | waits for the guard       |
 * | caught what a guard that stops threw                | is replaced by the refusal |
 * | did not look at a refusal (`await loginRequired()`) | is replaced by the refusal |
 * | looked at its `_tag`                                | leaves as it is           |
 *
 * Any other response leaves as it is: a redirect, 401 or 403 of the handler's own shows no page.
 */
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Redirect } from "../../core/auth/login-redirect.ts"
import type { BackendFailure } from "../backend/backend.ts"
import type { BadRequest, CsrfFailed, Forbidden, LoginRequired } from "./errors.ts"

/** Why a guard does not let the request go on. */
export type GuardFailure = LoginRequired | Forbidden | BadRequest | BackendFailure | CsrfFailed

/** A decision that the handler has to look at. */
interface Refusing {
  readonly _tag: Redirect["_tag"] | "Forbidden" | "BadRequest"
}

export class GuardRecord {
  readonly #refusals = new Set<Cause.Cause<GuardFailure>>()
  #running = 0
  #idle: Deferred.Deferred<void> | undefined

  /** Whether no guard has been called, or all let the request go on. */
  get isClear(): boolean {
    return this.#running === 0 && this.#refusals.size === 0
  }

  /** Runs a guard, and remembers its failure. */
  run<A>(guard: Effect.Effect<A, GuardFailure>): Effect.Effect<A, GuardFailure> {
    return Effect.suspend(() => {
      this.#running += 1
      return Effect.onExit(guard, (exit) => Effect.sync(() => this.#ended(exit)))
    })
  }

  /** The decision, which counts as a failure until the handler reads its `_tag`. */
  toBeRead<D extends Refusing>(decision: D, failure: GuardFailure): D {
    const refusal = Cause.fail(failure)
    this.#refusals.add(refusal)
    const { _tag } = decision
    return Object.defineProperties(
      { ...decision },
      {
        _tag: {
          enumerable: true,
          get: () => {
            this.#refusals.delete(refusal)
            return _tag
          }
        },
        // A log that writes the decision as JSON has not acted on it.
        toJSON: { value: () => decision }
      }
    )
  }

  /** Waits for the guards that are still running, then fails as the first one that refused. */
  get verdict(): Effect.Effect<void, GuardFailure> {
    return Effect.suspend(() => {
      if (this.#running > 0) {
        this.#idle ??= Deferred.makeUnsafe()
        return Effect.andThen(Deferred.await(this.#idle), this.verdict)
      }
      const [refusal] = this.#refusals
      return refusal === undefined ? Effect.void : Effect.failCause(refusal)
    })
  }

  #ended(exit: Exit.Exit<unknown, GuardFailure>): void {
    this.#running -= 1
    if (Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause)) this.#refusals.add(exit.cause)
    if (this.#running > 0 || this.#idle === undefined) return
    Deferred.doneUnsafe(this.#idle, Effect.void)
    this.#idle = undefined
  }
}
