/** Options that all http adapters have, and the answer to an error that replaces the handler's. */

import { DeviceResponse, InjectedFault } from "../errors/errors.ts"
import { isOurs } from "../errors/printed-error.ts"
import { boolean, callable, checkOptions, either, type Kind, type Kinds } from "../options/option-kinds.ts"
import type { AccessRules } from "../request/guards/check-access.ts"
import {
  adviceIn,
  type FailureResponse,
  failureResponse,
  isMissingVerifyCsrf,
  isOutage,
  serverError
} from "./failure-response.ts"
import { isFirstReport, type Report } from "./reported-once.ts"

/** Options of an adapter. `Request` is the type of its framework's request. */
export interface HttpAuthOptions<Request> {
  /**
   * Lets requests in without a CSRF token: all of them, or those for which the function returns `true`. Use it only for
   * requests that no browser sends by itself: with a token in an `Authorization` header, or a signed webhook.
   */
  readonly csrfExempt?: boolean | ((request: Request) => boolean)
  /**
   * Lets only logged-in users in: to all pages, or to those for which the function returns `true`. Other visitors are
   * redirected to the login page. The login page itself stays open if `loginUrl` is only a path. Default: `false`.
   *
   * In the function, list the pages that are open (`(req) => req.url !== "/"`). Do not list the protected ones: a
   * router may accept several spellings of one URL, and a spelling that you did not list would be open.
   *
   * Django: LoginRequiredMiddleware.
   */
  readonly loginRequired?: boolean | ((request: Request) => boolean)
  /**
   * Makes the answer when latchkey refuses the request, when the handler failed, and when the session could not be
   * written; for example a page as HTML. If it returns `undefined`, and by default: JSON, also for browsers (403
   * `{"error":"csrf",…}`, 503 `{"error":"unavailable"}`, 400 for a session that another request deleted meanwhile), and 500
   * for a bug.
   */
  readonly onError?: (error: unknown, request: Request) => FailureResponse | undefined
  /**
   * Called with every error that is a bug, and with every outage. Called once per route for a form whose handler did
   * not check the CSRF token. Called for a request that was refused because a setting does not list the site's own
   * host. Default: writes to `console.error`.
   */
  readonly report?: (error: unknown) => void
}

const httpKinds: Kinds<HttpAuthOptions<never>> = {
  csrfExempt: either(boolean, callable),
  loginRequired: either(boolean, callable),
  onError: callable,
  report: callable
}

/**
 * Checks the options of an adapter when the application starts.
 *
 * @param further options that only this adapter has
 * @throws ConfigurationInvalid naming every option that does not exist or has the wrong type
 */
export const checkHttpOptions = (options: object, further: Readonly<Record<string, Kind>> = {}): void =>
  checkOptions(options, { ...httpKinds, ...further })

/** The access rules that the options give for a request. */
export class HandlerRules<Request> implements AccessRules {
  readonly body: unknown
  readonly #options: HttpAuthOptions<Request>
  readonly #request: Request

  /** @param body the parsed body, if a parser ran before */
  constructor(options: HttpAuthOptions<Request>, request: Request, body: unknown) {
    this.#options = options
    this.#request = request
    this.body = body
  }
  /** Only `true` exempts a request: callers in JavaScript may return other values. */
  exempt(): boolean {
    const { csrfExempt } = this.#options
    return (typeof csrfExempt === "function" ? csrfExempt(this.#request) : csrfExempt) === true
  }
  /** Only `false` makes a page open. */
  get loginRequired(): (() => boolean) | undefined {
    const { loginRequired = false } = this.#options
    if (loginRequired === false) return undefined
    return () => (typeof loginRequired === "function" ? loginRequired(this.#request) : loginRequired) !== false
  }
}

/**
 * The answer to an error. Reports the error if it is a bug or an outage. Does not throw.
 *
 * @param isExpected the error is not a bug: for example, the client disconnected
 */
export const answerTo = <Request>(
  error: unknown,
  request: Request,
  options: HttpAuthOptions<Request>,
  isExpected = false
): FailureResponse => {
  try {
    const failure = failureResponse(error)
    const report = options.report ?? print
    // `onError` makes the application's pages, which browsers would take for the end of the bound session.
    if (error instanceof DeviceResponse && failure !== undefined) {
      if (isOutage(error.cause)) report(error.cause)
      return failure
    }
    if (failure === undefined || isOutage(error)) {
      if (!isExpected) report(error)
    } else if (isMistake(error, report, request)) report(error)
    return options.onError?.(error, request) ?? failure ?? serverError
  } catch (failedToo) {
    // `onError` or `report` threw: the client still gets an answer, and the process goes on.
    console.error(failedToo)
    return serverError
  }
}

/** Whether the application made the mistake that led to the refusal, and that mistake has not been reported yet. */
const isMistake = (error: unknown, report: Report, request: unknown): boolean => {
  if (isMissingVerifyCsrf(error)) return isFirstReport(report, "Form", routeOf(request))
  const advice = adviceIn(error)
  return advice !== undefined && isFirstReport(report, "Host", advice)
}

/** Method and path, which identify the handler in a log. Without the query, which clients can vary without limit. */
const routeOf = (request: unknown): string => {
  // Hono's context has the method and the URL on its `req`.
  const described = textIn(request, "method") === "" ? propertyOf(request, "req") : request
  const url = textIn(described, "originalUrl") || textIn(described, "url")
  return `${textIn(described, "method")} ${url.replace(/[?#].*$/s, "")}`
}

const propertyOf = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined

const textIn = (value: unknown, name: string): string => {
  const text = propertyOf(value, name)
  return typeof text === "string" ? text : ""
}

/** Prints name, message and stack; for an outage also what kind of error caused it. Not if a test asked for the outage. */
const print = (error: unknown): void => {
  if (isInjected(error)) return
  const cause = isOutage(error) && error instanceof Error ? `\ncaused by: ${nameOf(error.cause)}` : ""
  console.error(error instanceof Error ? `${error.stack}${cause}` : error)
}

const isInjected = (error: unknown): boolean =>
  error instanceof InjectedFault || (isOutage(error) && error instanceof Error && isInjected(error.cause))

/**
 * The kind of an error. Its message is included only if latchkey wrote it: other messages may quote what a client sent.
 * An application that wants to log these passes its own `report`.
 */
const nameOf = (cause: unknown): string =>
  isOurs(cause)
    ? String(cause)
    : cause instanceof Error
      ? [cause.name, "code" in cause ? cause.code : undefined].filter(Boolean).join(" ")
      : typeof cause
