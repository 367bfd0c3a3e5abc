import { SessionTooLarge } from "../../core/session/text/codec.ts"
import {
  BackendUnavailable,
  BadRequest,
  Busy,
  CsrfFailed,
  DeviceProofMissing,
  DeviceResponse,
  Forbidden,
  LoginRequired,
  ProofRequired,
  SessionDataInvalid,
  SessionInterrupted,
  StoreUnavailable
} from "../errors/errors.ts"

/** A response that replaces the handler's. */
export interface FailureResponse {
  /** The HTTP status. */
  readonly status: number
  /** The headers by name, in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** A text, as `content-type` in the headers names it. latchkey's own answers are JSON, or empty. */
  readonly body: string
}

/**
 * The answer to a failure that is not a bug:
 *
 * - an outage: 503
 * - a bad request: 400
 * - a guard that refused: 403, or a redirect to the login page (for clients that ask for JSON 401, or 403 if the user
 *   is logged in)
 *
 * The answer does not reveal the cause, and it must not be cached.
 *
 * @returns `undefined` for everything else, which is a bug
 */
export const failureResponse = (error: unknown): FailureResponse | undefined => {
  if (error instanceof StoreUnavailable || error instanceof BackendUnavailable) return unavailable(1)
  if (error instanceof Busy) return unavailable(error.retryAfterSeconds)
  if (error instanceof CsrfFailed) {
    if (!isMissingVerifyCsrf(error))
      return json(403, { error: "csrf", reason: isDevelopment() ? error.message : error.reason })
    return isDevelopment()
      ? json(500, { error: "csrf", reason: error.reason })
      : json(403, { error: "csrf", reason: "The CSRF token of this form has not been checked." })
  }
  if (error instanceof SessionInterrupted) return json(400, { error: error.message })
  if (error instanceof BadRequest) return json(400, { error: isDevelopment() ? error.message : error.reason })
  if (error instanceof SessionDataInvalid && !error.isStored) return json(400, { error: error.message })
  if (SessionTooLarge.is(error)) return json(413, { error: "the session is too large" })
  if (error instanceof DeviceResponse) return { status: error.status, headers: error.headers, body: error.body }
  if (error instanceof DeviceProofMissing) return json(401, { error: "proof required" })
  if (error instanceof LoginRequired || error instanceof ProofRequired)
    return error.asksForJson === true
      ? json(error.status, reasonOf(error))
      : { status: 302, headers: { location: error.location, ...noStore }, body: "" }
  if (error instanceof Forbidden) return json(403, { error: "forbidden" })
  return undefined
}

/** Why a client has to log in, for programs, and what to do about it. */
const reasonOf = (error: LoginRequired | ProofRequired): Readonly<Record<string, string>> => {
  if (error instanceof ProofRequired) return { error: "proof required" }
  if (error.isReauthentication !== true) return { error: "login required" }
  return {
    error: "recent login required",
    reason: "The login is too long ago. Ask the user to prove again who they are, then send the request again.",
    location: error.location
  }
}

export const authFailures = [
  StoreUnavailable,
  BackendUnavailable,
  Busy,
  SessionInterrupted,
  CsrfFailed,
  BadRequest,
  LoginRequired,
  ProofRequired,
  DeviceProofMissing,
  DeviceResponse,
  Forbidden,
  SessionDataInvalid
] as const

/** The failures of a request that latchkey answers. */
export type AuthFailure = InstanceType<(typeof authFailures)[number]> | SessionTooLarge

export const isAuthFailure = (error: unknown): error is AuthFailure =>
  SessionTooLarge.is(error) || authFailures.some((failure) => error instanceof failure)

/**
 * Whether the answer to this failure sends no cookies and writes no session. Answers to other failures carry the
 * cookies that the request has set.
 */
export const discardsChanges = (error: unknown): boolean =>
  isOutage(error) || error instanceof Busy || error instanceof SessionInterrupted || error instanceof DeviceResponse

/** Whether the failure is an outage, which an operator should be told about. */
export const isOutage = (error: unknown): boolean =>
  error instanceof StoreUnavailable || error instanceof BackendUnavailable

/**
 * Whether the handler of a form did not check the CSRF token. In development the answer explains this; in production
 * the request is refused.
 */
export const isMissingVerifyCsrf = (error: unknown): boolean =>
  error instanceof CsrfFailed && error.isMissingVerifyCsrf === true

/** Advice for the operator about a refused request: the setting to look at. */
export const adviceIn = (error: unknown): string | undefined =>
  error instanceof CsrfFailed || error instanceof BadRequest ? error.advice : undefined

/** Why a request was refused, for developers. `undefined` in production. */
export const detailIn = (error: unknown): string | undefined =>
  isDevelopment() && (error instanceof CsrfFailed || error instanceof BadRequest) ? error.message : undefined

const isDevelopment = (): boolean => process.env["NODE_ENV"] !== "production"

const noStore = { "cache-control": "no-store" }

/** The answer to a bug. */
export const serverError: FailureResponse = {
  status: 500,
  headers: { "content-type": "text/plain; charset=utf-8", ...noStore },
  body: "Internal Server Error"
}

const unavailable = (retryAfterSeconds: number): FailureResponse => {
  const response = json(503, { error: "unavailable" })
  return { ...response, headers: { ...response.headers, "retry-after": String(retryAfterSeconds) } }
}

const json = (status: number, body: unknown): FailureResponse => ({
  status,
  headers: { "content-type": "application/json", ...noStore },
  body: JSON.stringify(body)
})
