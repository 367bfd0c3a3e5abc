/** What is decided about a response when its head is about to leave. */
export type Outcome = Send | Replace

/** The handler's own response leaves, with these additions. */
export interface Send {
  readonly _tag: "Send"
  /** Values of `Set-Cookie` lines, added to those that the handler set. */
  readonly cookies: ReadonlyArray<string>
  /** Whether `Cookie` is added to `Vary`. */
  readonly vary: boolean
}

/** The handler's status, headers and body are discarded; this leaves in their place. */
export interface Replace {
  readonly _tag: "Replace"
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** When even the making of a replacement failed: an empty 500, and the connection ends with it. */
export const lastResort: Replace = {
  _tag: "Replace",
  status: 500,
  headers: { "Cache-Control": "no-store", Connection: "close" },
  body: ""
}
