import * as Effect from "effect/Effect"
import { BackendUnavailable, PermissionDenied } from "../errors/errors.ts"

/**
 * Calls a function of an application-defined backend. An error that the function throws becomes `BackendUnavailable`,
 * except `PermissionDenied`.
 *
 * @param backend the backend's name, for the error
 * @returns `denied` when the function throws `PermissionDenied`
 */
export const callBackend = <A, D>(
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
