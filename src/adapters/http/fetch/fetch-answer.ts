/**
 * One request, from its handler to the response that is sent.
 *
 * | the handler                                     | the session is written    | what is sent                           |
 * | ----------------------------------------------- | ------------------------- | -------------------------------------- |
 * | returns or throws a `Response`                  | by its status             | that `Response`, with cookies          |
 * | throws a failure of `discardsChanges` (outage)  | no                        | the answer to the failure              |
 * | throws another failure of latchkey              | by that answer's status   | the answer to the failure, cookies     |
 * | throws a value that the framework answers       | by its status             | see `thrown-answers.ts`                |
 * | throws an error that Next uses internally       | as for status 500         | nothing: it is thrown again            |
 * | throws another error, or returns no `Response`  | by that answer's status   | the answer to the error, with cookies  |
 * | any of these, and writing the session fails     |                           | the answer to that failure, no cookies |
 */
import type { ResponseInProgress } from "../../api/per-request/auth-request.ts"
import type { AuthContext } from "../../api/per-request/promises.ts"
import type { ResponseHeaders } from "../../request/scope/request-scope.ts"
import type { SessionFields } from "../../request/session/session-access.ts"
import { discardsChanges, isAuthFailure } from "../failure-response.ts"
import { answerTo, HandlerRules, type HttpAuthOptions } from "../http-options.ts"
import type { Opened } from "../opened.ts"
import { insideOf } from "./enclosing-requests.ts"
import { carrying, discard, failureToResponse, isResponse, statusOf } from "./fetch-response.ts"
import { type ControlFlow, Thrown } from "./thrown-answers.ts"

export interface Handling<User extends object, Fields extends SessionFields, Req extends Request> {
  readonly request: Req
  readonly options: HttpAuthOptions<Req>
  readonly handle: (context: AuthContext<User, Fields>) => Promise<Response> | Response
  /** The response that the framework makes of a thrown value; `undefined` for values that are no answer. */
  readonly responseTo?: (error: unknown) => Response | undefined
  /** How the framework would answer an error that is not latchkey's; `undefined`: latchkey answers it. */
  readonly controlFlow?: (error: unknown) => ControlFlow | undefined
  /** Whether the framework uses this error internally, so that it must be thrown again. */
  readonly isFrameworks?: (error: unknown) => boolean
  /** Whether a thrown `Response` is thrown again instead of returned. */
  readonly throwsResponses?: boolean
}

/**
 * The status is known only when the `Response` is made. The frameworks here have routers in the browser, which follow
 * redirects.
 */
export const responseInProgress: ResponseInProgress = { status: () => 200, hasClientRouter: true }

/** @returns the response to send; rejects with values that the framework answers */
export const answered = async <User extends object, Fields extends SessionFields, Req extends Request>(
  opened: Opened<User, Fields>,
  handling: Handling<User, Fields, Req>
): Promise<Response> => {
  const { handle, options, request } = handling
  let made: Made
  try {
    const admitted = opened.request.enter(new HandlerRules(options, request, undefined))
    if (admitted !== undefined) await admitted
    const response = await insideOf(opened, [request], () => handle(opened.request.context))
    made = { _tag: "Answered", response: checked(response) }
  } catch (error) {
    made = madeOf(error, opened, handling)
  }
  let left: Response | Thrown
  try {
    const headers = opened.request.respond(statusAt(made))
    left = leaving(made, headers instanceof Promise ? await headers : headers, handling.throwsResponses === true)
  } catch (error) {
    if (made._tag === "Answered") discard(made.response)
    return answerToError(error, handling)
  }
  if (left instanceof Thrown) throw left.error
  return left
}

/**
 * The same for a request that another wrapper or middleware of latchkey has opened before. The outer one writes the
 * session and sends its cookies. Here only latchkey's failures are answered, because they depend on this wrapper's
 * options.
 *
 * @returns the response to send; rejects with all other values that were thrown
 */
export const answeredInside = async <User extends object, Fields extends SessionFields, Req extends Request>(
  opened: Opened<User, Fields>,
  handling: Handling<User, Fields, Req>
): Promise<Response> => {
  const { handle, options, request } = handling
  try {
    await opened.request.enter(new HandlerRules(options, request, undefined))
    return checked(await handle(opened.request.context))
  } catch (error) {
    if (isResponse(error) && handling.throwsResponses !== true) return error
    if (!isAuthFailure(error)) throw error
    if (discardsChanges(error)) opened.request.discardChanges()
    return answerToError(error, handling)
  }
}

type Made =
  | { readonly _tag: "Answered"; readonly response: Response; readonly isThrown?: boolean }
  | { readonly _tag: "ControlFlow"; readonly flow: ControlFlow }
  | { readonly _tag: "Frameworks"; readonly error: unknown }

const madeOf = <User extends object, Fields extends SessionFields, Req extends Request>(
  thrown: unknown,
  opened: Opened<User, Fields>,
  handling: Handling<User, Fields, Req>
): Made => {
  const { controlFlow, isFrameworks, request } = handling
  const error = converted(thrown, handling)
  if (isResponse(error)) return { _tag: "Answered", response: error, isThrown: true }
  const flow = isAuthFailure(error) || hasLeft(request, error) ? undefined : controlFlow?.(error)
  if (flow !== undefined) return { _tag: "ControlFlow", flow }
  if (isFrameworks?.(error)) return { _tag: "Frameworks", error }
  if (discardsChanges(error)) opened.request.discardChanges()
  return { _tag: "Answered", response: answerToError(error, handling) }
}

/** The framework's response to a thrown value, or the value itself. A redirect to an invalid location is a bug. */
const converted = (thrown: unknown, { responseTo }: Pick<Handling<never, never, never>, "responseTo">): unknown => {
  try {
    return responseTo?.(thrown) ?? thrown
  } catch (error) {
    return error
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

/** Whether the error only says that the client has disconnected. */
const hasLeft = ({ signal }: Request, error: unknown): boolean =>
  signal.aborted && (error === signal.reason || (error instanceof Error && error.name === "AbortError"))

/** Handlers in JavaScript may return anything. */
const checked = (returned: unknown): Response => {
  if (isResponse(returned)) return returned
  throw new TypeError(`the handler returned ${returned === null ? "null" : typeof returned}; it must return a Response`)
}
