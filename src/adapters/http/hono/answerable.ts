import { type AuthFailure, authFailures, failureResponse, serverError } from "../failure-response.ts"
import { failureToResponse } from "../fetch/fetch-response.ts"

/**
 * Hono's own error handler answers an error with its `getResponse`, and prints an error that has none. A guard throws
 * for every visitor who is not logged in, and that should not be printed. So this gives latchkey's failures a
 * `getResponse`. It is called only when Hono is used.
 */
export const answerFailures = (): void => {
  for (const { prototype } of authFailures)
    if (!("getResponse" in prototype))
      Object.defineProperty(prototype, "getResponse", {
        configurable: true,
        value(this: AuthFailure): Response {
          return failureToResponse(failureResponse(this) ?? serverError)
        }
      })
}
