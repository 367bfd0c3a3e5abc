/** Runs what calls stores and backends, in the time of its request. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { BackendUnavailable, Busy, StoreUnavailable } from "../../errors/errors.ts"
import type { BackendFailure } from "../../ports/backend.ts"
import { timedContext, withStoreTime } from "../../store-time/store-time.ts"
import type { InFlight, PendingQuery, RequestScope } from "./request-scope.ts"

/**
 * Runs an operation that calls stores, in the time of its request. Stores an outage in the scope, because a framework
 * may turn the error into a plain 500. See `failureBehind`. A {@link singleFlight} does both by itself.
 */
export const keepingOutage = <A, E>(
  scope: Pick<RequestScope<never>, "outage" | "storeTime">,
  asked: Effect.Effect<A, E>
): Effect.Effect<A, E> =>
  Effect.tapError(withStoreTime(scope.storeTime, asked), (error) =>
    Effect.sync(() => {
      if (isOutage(error)) scope.outage = error
    })
  )

const isOutage = (error: unknown): error is BackendFailure =>
  error instanceof StoreUnavailable || error instanceof BackendUnavailable || error instanceof Busy

/**
 * Runs a query, in the time of its request. Operations of one request that need the same query at the same time share
 * it. An outage is stored in the scope, because a framework may turn the error into a plain 500. See `failureBehind`.
 */
export const singleFlight = <A, E extends BackendFailure>(
  scope: Pick<RequestScope<never>, "outage" | "storeTime">,
  running: InFlight<A, E>,
  name: string,
  ask: () => Effect.Effect<A, E>
): Effect.Effect<A, E> =>
  Effect.withFiber((fiber): Effect.Effect<A, E> => {
    const other = running.get(name)
    if (other !== undefined) {
      other.waiting ??= Deferred.makeUnsafe()
      return Effect.flatMap(Deferred.await(other.waiting), (answer) =>
        answer === undefined ? singleFlight(scope, running, name, ask) : Effect.succeed(answer)
      )
    }
    const own: PendingQuery<A, E> = { waiting: undefined }
    running.set(name, own)
    // As `withStoreTime` does it, without an exit handler of its own: most requests make this one query.
    const outside = fiber.context
    fiber.setContext(timedContext(outside, scope.storeTime))
    return Effect.onExitPrimitive(ask(), (exit) => {
      fiber.setContext(outside)
      running.delete(name)
      if (Exit.isFailure(exit)) scope.outage = Option.getOrElse(Exit.findErrorOption(exit), () => scope.outage)
      if (own.waiting === undefined) return undefined
      // The operation that ran this query was interrupted: one of the waiting operations runs it again.
      return Effect.asVoid(Deferred.done(own.waiting, Exit.hasInterrupts(exit) ? Exit.succeed(undefined) : exit))
    })
  })
