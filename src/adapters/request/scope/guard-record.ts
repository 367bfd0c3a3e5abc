/**
 * Records the decisions of the guards of one request, so that a handler that ignores a guard does not send the page.
 *
 * | the handler                                         | a response with a status below 300 |
 * | --------------------------------------------------- | ---------------------------------- |
 * | did not await a guard (`requireUser()`)             | waits for the guard                |
 * | caught the error of a guard (`requireUser()`)       | is replaced by the refusal         |
 * | did not read a refusal (`await loginRequired()`)    | is replaced by the refusal         |
 * | read the `_tag` of the refusal                      | is sent unchanged                  |
 *
 * Other responses are sent unchanged, because they show no page: for example the handler's own redirect, 401 or 403.
 */
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Redirect } from "../../../core/pages/login-redirect.ts"
import type { BadRequest, CsrfFailed, Forbidden, LoginRequired, ProofRequired } from "../../errors/errors.ts"
import type { BackendFailure } from "../../ports/backend.ts"

/** The errors of a guard. */
export type GuardFailure = LoginRequired | ProofRequired | Forbidden | BadRequest | BackendFailure | CsrfFailed

/** A refusal that the handler must read. */
interface Refusing {
  readonly _tag: Redirect["_tag"] | "Forbidden" | "BadRequest"
}

export class GuardRecord {
  readonly #refusals = new Set<Cause.Cause<GuardFailure>>()
  #running = 0
  #idle: Deferred.Deferred<void> | undefined

  /** Whether no guard was called, or all guards allowed the request. */
  get isClear(): boolean {
    return this.#running === 0 && this.#refusals.size === 0
  }

  /** Runs a guard and records its failure. */
  run<A>(guard: Effect.Effect<A, GuardFailure>): Effect.Effect<A, GuardFailure> {
    return Effect.suspend(() => {
      this.#running += 1
      return Effect.onExit(guard, (exit) => Effect.sync(() => this.#ended(exit)))
    })
  }

  /** Returns the decision. It counts as a failure until the handler reads its `_tag`. */
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
        // If the handler only logs the decision as JSON, that does not count as reading its `_tag`.
        toJSON: { value: () => decision }
      }
    )
  }

  /** Waits for the guards that are still running, then fails with the first refusal, if there is one. */
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
