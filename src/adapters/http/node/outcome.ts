import type { ResponseHeaders } from "../../interpreter/respond.ts"
import type { FailureResponse } from "../failure.ts"

/** What is decided about a response when its head is about to leave. */
export type Outcome = Send | Replace

/** The handler's own response leaves, with these added to its headers. */
export interface Send extends ResponseHeaders {
  readonly _tag: "Send"
}

export const sending = (headers: ResponseHeaders): Send => ({ _tag: "Send", ...headers })

/** The handler's status, headers and body are discarded; this leaves in their place. */
export interface Replace extends FailureResponse {
  readonly _tag: "Replace"
}

/** When even the making of a replacement failed: an empty 500, and the connection ends with it. */
export const lastResort: Replace = {
  _tag: "Replace",
  status: 500,
  headers: { "Cache-Control": "no-store", Connection: "close" },
  body: ""
}
