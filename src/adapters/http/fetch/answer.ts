/**
 * One request, from its handler to the response that leaves.
 *
 * | the handler                                     | the session is written    | what leaves                            |
 * | ----------------------------------------------- | ------------------------- | -------------------------------------- |
 * | returns or throws a `Response`                  | by its status             | that one, with cookies                 |
 * | throws what leaves all as it was (an outage)    | not                       | the answer to that                     |
 * | throws another failure of latchkey's            | by that answer's status   | the answer to that, with cookies       |
 * | throws what the framework answers by a status   | by that status            | see `control-flow.ts`                  |
 * | throws something between Next and itself        | as with 500               | nothing: it is thrown on               |
 * | throws something else, or returns no `Response` | by that answer's status   | the answer to that, with cookies       |
 * | any of these, and writing fails                 |                           | the answer to that failure, no cookies |
 */
import type { ResponseInProgress } from "../../interpreter/auth-request.ts"
import type { AuthContext } from "../../interpreter/context.ts"
import type { ResponseHeaders } from "../../interpreter/respond.ts"
import type { SessionFields } from "../../interpreter/session-access.ts"
import { isAuthFailure, isUntouching } from "../failure.ts"
import type { Opened } from "../opened.ts"
import { answerTo, entryOf, type HttpAuthOptions } from "../options.ts"
import { type ControlFlow, Thrown } from "./control-flow.ts"
import { insideOf } from "./inside.ts"
import { carrying, discard, failureToResponse, isResponse, statusOf } from "./response.ts"

export interface Handling<User extends object, Fields extends SessionFields, Req extends Request> {
  readonly request: Req
  readonly options: HttpAuthOptions<Req>
  readonly handle: (context: AuthContext<User, Fields>) => Promise<Response> | Response
  /** What the framework makes of an error that is not latchkey's; `undefined`: latchkey answers it. */
  readonly controlFlow?: (error: unknown) => ControlFlow | undefined
  /** Errors by which the framework tells itself something. */
  readonly isFrameworks?: (error: unknown) => boolean
  /** Whether a thrown `Response` is thrown on, not returned. */
  readonly throwsResponses?: boolean
}

/** Its status is known when it is made. Frameworks of this kind have routers in the browser, which follow redirects. */
export const responseInProgress: ResponseInProgress = { status: () => 200, followedInParts: true }

/** @returns what leaves; rejects with what the framework answers */
export const answered = async <User extends object, Fields extends SessionFields, Req extends Request>(
  opened: Opened<User, Fields>,
  handling: Handling<User, Fields, Req>
): Promise<Response> => {
  const made = await madeOf(opened, handling)
  let left: Response | Thrown
  try {
    left = leaving(made, await opened.request.respond(statusAt(made)), handling.throwsResponses === true)
  } catch (error) {
    if (made._tag === "Answered") discard(made.response)
    return answerToError(error, handling)
  }
  if (left instanceof Thrown) throw left.error
  return left
}

/**
 * The same inside of a request that was opened before. The outer door writes the session and sends its cookies; here only
 * latchkey's failures are answered, since they say something about this door's options.
 *
 * @returns what leaves; rejects with all else that was thrown
 */
export const answeredInside = async <User extends object, Fields extends SessionFields, Req extends Request>(
  opened: Opened<User, Fields>,
  handling: Handling<User, Fields, Req>
): Promise<Response> => {
  const { handle, options, request } = handling
  try {
    await opened.admit(entryOf(options, request, undefined))
    return checked(await handle(opened.request.context))
  } catch (error) {
    if (isResponse(error) && handling.throwsResponses !== true) return error
    if (!isAuthFailure(error)) throw error
    if (isUntouching(error)) opened.request.forsake()
    return answerToError(error, handling)
  }
}

type Made =
  | { readonly _tag: "Answered"; readonly response: Response; readonly isThrown?: boolean }
  | { readonly _tag: "ControlFlow"; readonly flow: ControlFlow }
  | { readonly _tag: "Frameworks"; readonly error: unknown }

const madeOf = async <User extends object, Fields extends SessionFields, Req extends Request>(
  opened: Opened<User, Fields>,
  handling: Handling<User, Fields, Req>
): Promise<Made> => {
  const { controlFlow, handle, isFrameworks, options, request } = handling
  try {
    await opened.admit(entryOf(options, request, undefined))
    return {
      _tag: "Answered",
      response: checked(await insideOf(opened, [request], () => handle(opened.request.context)))
    }
  } catch (error) {
    if (isResponse(error)) return { _tag: "Answered", response: error, isThrown: true }
    const flow = isAuthFailure(error) || hasLeft(request, error) ? undefined : controlFlow?.(error)
    if (flow !== undefined) return { _tag: "ControlFlow", flow }
    if (isFrameworks?.(error)) return { _tag: "Frameworks", error }
    if (isUntouching(error)) opened.request.forsake()
    return { _tag: "Answered", response: answerToError(error, handling) }
  }
}

const statusAt = (made: Made): number => {
  switch (made._tag) {
    case "Answered":
      return statusOf(made.response)
    case "ControlFlow":
      return made.flow.status
    case "Frameworks":
      return 500
    default:
      return made satisfies never
  }
}

const leaving = (made: Made, headers: ResponseHeaders, throwsResponses: boolean): Response | Thrown => {
  switch (made._tag) {
    case "Answered": {
      const response = carrying(made.response, headers)
      return made.isThrown === true && throwsResponses ? new Thrown(response) : response
    }
    case "ControlFlow":
      return made.flow.carrying(headers)
    case "Frameworks":
      return new Thrown(made.error)
    default:
      return made satisfies never
  }
}

export const answerToError = <User extends object, Fields extends SessionFields, Req extends Request>(
  error: unknown,
  { options, request }: Pick<Handling<User, Fields, Req>, "options" | "request">
): Response => failureToResponse(answerTo(error, request, options, hasLeft(request, error)))

/** The client is gone, and the error says no more than that. */
const hasLeft = ({ signal }: Request, error: unknown): boolean =>
  signal.aborted && (error === signal.reason || (error instanceof Error && error.name === "AbortError"))

/** Handlers that TypeScript has not seen may return anything. */
const checked = (returned: unknown): Response => {
  if (isResponse(returned)) return returned
  throw new TypeError(`the handler returned ${returned === null ? "null" : typeof returned}, not a Response`)
}
