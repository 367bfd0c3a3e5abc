/**
 * One request, from its handler to the response that leaves.
 *
 * | the handler                                     | the session is written    | what leaves                            |
 * | ----------------------------------------------- | ------------------------- | -------------------------------------- |
 * | returns or throws a `Response`                  | by its status             | that one, with cookies                 |
 * | throws what leaves all as it was (an outage)    | not                       | the answer to that                     |
 * | throws something else, or returns no `Response` | by that answer's status   | the answer to that, with cookies       |
 * | throws what the framework answers               | as with 500               | nothing: it is thrown on               |
 * | any of these, and writing fails                 |                           | the answer to that failure, no cookies |
 */
import type { AuthRequest, ResponseInProgress } from "../../interpreter/auth-request.ts"
import type { AuthContext } from "../../interpreter/context.ts"
import type { SessionFields } from "../../interpreter/session-access.ts"
import { isUntouching } from "../failure.ts"
import { answerTo, entryOf, type HttpAuthOptions } from "../options.ts"
import { carrying, discard, failureToResponse, isResponse, statusOf } from "./response.ts"

export interface Handling<User extends object, Fields extends SessionFields, Req extends Request> {
  readonly request: Req
  readonly options: HttpAuthOptions<Req>
  readonly handle: (context: AuthContext<User, Fields>) => Promise<Response> | Response
  /** Errors by which the framework tells itself something. */
  readonly isFrameworks?: (error: unknown) => boolean
}

/** Its status is known when it is made. Frameworks of this kind have routers in the browser, which follow redirects. */
export const responseInProgress: ResponseInProgress = { status: () => 200, followedInParts: true }

/** @returns what leaves; rejects only with errors that are the framework's */
export const answered = async <User extends object, Fields extends SessionFields, Req extends Request>(
  opened: AuthRequest<User, Fields>,
  handling: Handling<User, Fields, Req>
): Promise<Response> => {
  const made = await madeOf(opened, handling)
  try {
    const headers = await opened.respond(made._tag === "Answered" ? statusOf(made.response) : 500)
    if (made._tag === "Answered") return carrying(made.response, headers)
  } catch (error) {
    if (made._tag === "Answered") discard(made.response)
    return answerToError(error, handling)
  }
  throw made.error
}

type Made =
  | { readonly _tag: "Answered"; readonly response: Response }
  | { readonly _tag: "Thrown"; readonly error: unknown }

const madeOf = async <User extends object, Fields extends SessionFields, Req extends Request>(
  opened: AuthRequest<User, Fields>,
  handling: Handling<User, Fields, Req>
): Promise<Made> => {
  const { handle, isFrameworks, options, request } = handling
  try {
    await opened.admit(entryOf(options, request, undefined))
    return { _tag: "Answered", response: checked(await handle(opened.context)) }
  } catch (error) {
    if (isResponse(error)) return { _tag: "Answered", response: error }
    if (isFrameworks?.(error)) return { _tag: "Thrown", error }
    if (isUntouching(error)) opened.forsake()
    return { _tag: "Answered", response: answerToError(error, handling) }
  }
}

const answerToError = <User extends object, Fields extends SessionFields, Req extends Request>(
  error: unknown,
  { options, request }: Handling<User, Fields, Req>
): Response => failureToResponse(answerTo(error, request, options, hasLeft(request, error)))

/** The client is gone, and the error says no more than that. */
const hasLeft = ({ signal }: Request, error: unknown): boolean =>
  signal.aborted && (error === signal.reason || (error instanceof Error && error.name === "AbortError"))

/** Handlers that TypeScript has not seen may return anything. */
const checked = (returned: unknown): Response => {
  if (isResponse(returned)) return returned
  throw new TypeError(`the handler returned ${returned === null ? "null" : typeof returned}, not a Response`)
}
