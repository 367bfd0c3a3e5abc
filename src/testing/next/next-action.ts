import { responseTo } from "../../adapters/http/next/framework/next-control-flow.ts"
import type { RequestHandler } from "../browser/browser.ts"
import { inRequest } from "./in-next-request.ts"

/**
 * Makes a fetch handler of a Server Action, with or without `withAuthAction`. It is called with the form of the
 * request, as Next calls it for a form that is sent without JavaScript. An action with other arguments is called by a
 * function: `nextAction(() => addNote("text", 7))`, `nextAction((form) => logIn(undefined, form))`.
 *
 * `redirect()` is answered with 303 and `notFound()` with 404, as for forms that are sent without JavaScript.
 *
 * @returns answers with the action's result as JSON, `null` for `undefined`; rejects with the action's error where
 * Next's server would answer 500
 */
export const nextAction =
  (action: (form: FormData) => unknown): RequestHandler =>
  async (request) => {
    if (request.method !== "POST")
      throw new TypeError(`nextAction: an action is called by a POST request, not by ${request.method}`)
    const form = await formOf(request)
    return inRequest(request, "action", async () => {
      try {
        return Response.json((await action(form)) ?? null)
      } catch (error) {
        const response = responseTo(error, true)
        if (response === undefined) throw error
        return response
      }
    })
  }

const formOf = async (request: Request): Promise<FormData> =>
  /^(application\/x-www-form-urlencoded|multipart\/form-data)/.test(request.headers.get("content-type") ?? "")
    ? request.clone().formData()
    : new FormData()
