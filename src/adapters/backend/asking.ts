import * as Effect from "effect/Effect"
import { BackendUnavailable, PermissionDenied } from "../interpreter/errors.ts"

/**
 * Asks a function of a backend of one's own.
 *
 * @param backend its name, for the error: whatever it throws is an outage
 * @returns `denied` when it throws `PermissionDenied`
 */
export const asking = <A, D>(
  backend: string,
  denied: D,
  ask: () => Promise<A> | A
): Effect.Effect<A | D, BackendUnavailable> =>
  Effect.tryPromise({
    try: async () => ask(),
    catch: (cause) => new BackendUnavailable({ backend, cause })
  }).pipe(
    Effect.catchIf(
      (error) => error.cause instanceof PermissionDenied,
      () => Effect.succeed(denied)
    )
  )
