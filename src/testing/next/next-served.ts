import type { RequestHandler } from "../browser/browser.ts"

/**
 * Makes a handler that answers an error with status 500, as Next's server does, where the given one rejects: for laws,
 * and for requests of `everyOrder` that may fail.
 *
 * ```ts
 * const save = nextServed(nextAction(saveNote))
 * ```
 */
export const nextServed =
  (handler: RequestHandler): RequestHandler =>
  async (request) => {
    try {
      return await handler(request)
    } catch {
      return new Response("Internal Server Error", { status: 500 })
    }
  }
