/** What every http adapter may be told, and how it answers an error in place of the handler. */
import type { RequestEntry } from "../interpreter/admit.ts"
import { isOurs } from "../interpreter/printed-error.ts"
import { boolean, callable, checkOptions, either, type Kind, type Kinds } from "../option-kinds.ts"
import { adviceIn, type FailureResponse, failureResponse, isOutage, isOversight, serverError } from "./failure.ts"
import { isNews, type Report } from "./reported-once.ts"

/** Options of an adapter whose framework hands out this kind of request. */
export interface HttpAuthOptions<Request> {
  /**
   * Whether requests are let in without a CSRF token, all of them or those for which it says so. Only for what no
   * browser sends by itself: tokens in an `Authorization` header, signed webhooks.
   */
  readonly csrfExempt?: boolean | ((request: Request) => boolean)
  /**
   * Whether only users are let in, to all pages or to those for which it says so; others are redirected to the login
   * page, which is open where `loginUrl` is nothing but a path. By default everybody is let in. Name the pages that are
   * open, not those that are not (`(req) => req.url !== "/"`): what a request calls a page may be spelled in more ways
   * than a router minds.
   * Django: LoginRequiredMiddleware.
   */
  readonly loginRequired?: boolean | ((request: Request) => boolean)
  /**
   * Makes the answer when the session could not be written or the handler failed: by default 503
   * `{"error":"unavailable"}` for an outage, 400 for a session deleted meanwhile, 500 for a bug.
   */
  readonly onError?: (error: unknown, request: Request) => FailureResponse
  /**
   * Called with every error that is a bug, and with every outage; with a form whose handler did not check the CSRF token
   * once per route, and with a request that a setting refused which does not know the site's own host. By default it writes to `console.error`.
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
 * For adapters, when the application starts.
 *
 * @param further options of this adapter alone
 * @throws ConfigurationInvalid naming every option that does not exist or is of another kind
 */
export const checkHttpOptions = (options: object, further: Readonly<Record<string, Kind>> = {}): void =>
  checkOptions(options, { ...httpKinds, ...further })

/** What the options say about a request that wants to come in. @param body as a parser left it, if one came before */
export const entryOf = <Request>(options: HttpAuthOptions<Request>, request: Request, body: unknown): RequestEntry => {
  const { csrfExempt = false, loginRequired = false } = options
  return {
    body,
    // Nothing but `true` opens a door, and nothing but `false` leaves one open: callers may not be compiled.
    exempt: () => (typeof csrfExempt === "function" ? csrfExempt(request) : csrfExempt) === true,
    loginRequired:
      loginRequired === false
        ? undefined
        : () => (typeof loginRequired === "function" ? loginRequired(request) : loginRequired) !== false
  }
}

/**
 * The answer to an error, which is reported where it is a bug or an outage. Does not throw.
 *
 * @param isExpected nobody's mistake: the client went away, say
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
    if (failure === undefined || isOutage(error)) {
      if (!isExpected) report(error)
    } else if (isMistake(error, report, request)) report(error)
    return options.onError?.(error, request) ?? failure ?? serverError
  } catch (failedToo) {
    // Whoever explains failures failed: the client still gets an answer, and the process goes on.
    console.error(failedToo)
    return serverError
  }
}

/** Whether a refused request shows a mistake of the application's that has not been reported yet. */
const isMistake = (error: unknown, report: Report, request: unknown): boolean => {
  if (isOversight(error)) return isNews(report, "Form", routeOf(request))
  const advice = adviceIn(error)
  return advice !== undefined && isNews(report, "Host", advice)
}

/** Method and path, by which a log tells one handler from another: not the query, which clients vary at will. */
const routeOf = (request: unknown): string => {
  // Hono's context keeps them on its `req`.
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

/** Name, message and stack, and what kind of error is behind an outage. */
const print = (error: unknown): void => {
  const cause = isOutage(error) && error instanceof Error ? `\ncaused by: ${nameOf(error.cause)}` : ""
  console.error(error instanceof Error ? `${error.stack}${cause}` : error)
}

/**
 * What kind of error it was; the message as well where latchkey wrote it. Any other message may quote what a client sent:
 * an application that wants it passes `report`.
 */
const nameOf = (cause: unknown): string =>
  isOurs(cause)
    ? String(cause)
    : cause instanceof Error
      ? [cause.name, "code" in cause ? cause.code : undefined].filter(Boolean).join(" ")
      : typeof cause
