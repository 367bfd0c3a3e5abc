import * as Effect from "effect/Effect"
import type { Query } from "../../core/effect.ts"
import { SessionUnreadable } from "../../core/session/text/stored-data.ts"
import type { Step } from "../../core/transition.ts"
import { StoreUnavailable } from "../errors/errors.ts"

type AnyStep = Step<unknown, unknown, Query>
type Paused<S extends AnyStep> = Extract<S, { readonly _tag: "Paused" }>
type Done<S extends AnyStep> = Extract<S, { readonly _tag: "Done" }>

/**
 * Runs a state machine of the core until it is done. Fails if the core cannot read the stored session: that is an error
 * of the store, so the session does not count as empty.
 *
 * @param take is called with every step, immediately after the core has returned it: no other operation of the request
 * runs in between. Returns what has to be done before the machine goes on; `undefined` for nothing.
 * @param first returns the first step
 * @param answer performs a query
 * @param resume passes the answer to the core
 * @returns the value of the last step
 */
export const drive = <S extends AnyStep, Answer, E, R>(
  take: (step: S) => Effect.Effect<void, E, R> | undefined,
  first: () => S,
  answer: (query: Paused<S>["query"]) => Effect.Effect<Answer, E, R>,
  resume: (state: Paused<S>["state"], answer: Answer) => S
): Effect.Effect<Done<S>["value"], E | StoreUnavailable, R> => {
  type Driven = Effect.Effect<Done<S>["value"], E | StoreUnavailable, R>
  const after = (step: S): Driven => {
    const commands = take(step)
    return commands === undefined ? goOn(step) : Effect.flatMap(commands, () => goOn(step))
  }
  const goOn = (step: S): Driven => {
    if (isDone(step)) return Effect.succeed(step.value)
    // A step that is not done is paused. The compiler cannot conclude that for the type parameter.
    if (!isPaused(step)) return Effect.die(new TypeError(`unknown step: ${step._tag}`))
    return Effect.flatMap(answer(step.query), (answered): Driven => {
      let next: S
      try {
        next = resume(step.state, answered)
      } catch (cause) {
        return orUnreadable(cause)
      }
      return after(next)
    })
  }
  return Effect.suspend(() => after(first()))
}

const isDone = <S extends AnyStep>(step: S): step is Done<S> => step._tag === "Done"
const isPaused = <S extends AnyStep>(step: S): step is Paused<S> => step._tag === "Paused"

const orUnreadable = (cause: unknown): Effect.Effect<never, StoreUnavailable> =>
  cause instanceof SessionUnreadable
    ? Effect.fail(new StoreUnavailable({ operation: "read a session", cause }))
    : Effect.die(cause)
