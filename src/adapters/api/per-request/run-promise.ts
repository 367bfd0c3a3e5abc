import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"

/** `Effect.runPromise` with one promise instead of two, because every operation of a request pays for it. */
export const runPromise = <A, E>(effect: Effect.Effect<A, E>): Promise<A> =>
  new Promise((resolve, reject) => {
    Effect.runFork(effect).addObserver((exit) => {
      if (exit._tag === "Success") resolve(exit.value)
      else reject(Cause.squash(exit.cause))
    })
  })
