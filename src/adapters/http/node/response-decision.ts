import type { ResponseHeaders } from "../../request/scope/request-scope.ts"
import { nothing } from "../../request/session/response-headers.ts"
import type { FailureResponse } from "../failure-response.ts"

/** What is decided about a response just before its head is sent. */
export type ResponseDecision = Send | Replace

/** The handler's own response is sent, with these headers added. */
export interface Send extends ResponseHeaders {
  readonly _tag: "Send"
}

export const sending = (headers: ResponseHeaders): Send =>
  headers === nothing ? sendingNothing : { _tag: "Send", ...headers }

const sendingNothing: Send = { _tag: "Send", ...nothing }

/** The handler's status, headers and body are discarded, and this is sent instead. */
export interface Replace extends FailureResponse {
  readonly _tag: "Replace"
}

/** Sent when making a replacement failed too: an empty 500 that closes the connection. */
export const lastResort: Replace = {
  _tag: "Replace",
  status: 500,
  headers: { "Cache-Control": "no-store", Connection: "close" },
  body: ""
}
