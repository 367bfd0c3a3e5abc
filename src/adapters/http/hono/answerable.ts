import { type AuthFailure, authFailures, failureResponse, serverError } from "../failure.ts"
import { failureToResponse } from "../fetch/response.ts"

/**
 * Hono's own error handler answers an error by its `getResponse`, and prints one that has none. A guard that refuses is
 * thrown for every visitor who is not logged in: no error to print. So latchkey's failures get that method, once Hono is
 * used.
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
