/**
 * One request of a flow, as plain data. Cookies and tokens are given by name; the browser that sends it fills in their
 * values.
 */

/**
 * Which session cookie a request sends: the browser's own, one it had before, the other browser's, or this header text.
 */
export type Shown = "own" | "former" | "the other's" | { readonly header: string }

/** Which CSRF token a request sends. */
export type Token = "none" | "from /csrf" | "the bare secret" | "the other's" | { readonly header: string }

export interface Ask {
  /** The row of the surface: `POST /login`. */
  readonly row: string
  /** Path and query, as sent. */
  readonly target: string
  /** Bytes as Latin-1 text. */
  readonly body?: string
  /** The body is a form of this media type; `{token}` in it is replaced by the token. */
  readonly form?: { readonly type: string; readonly token: Token }
  /** The token in the header. */
  readonly token?: Token
  readonly origin?: string
}

export interface Step {
  readonly browser: 0 | 1
  /** Which site gets the request when both sites use one database. */
  readonly at: "Django" | "the example"
  readonly ask: Ask
  readonly session: Shown
  readonly csrf: Shown
}

/** The step that replaces others when a failing flow is shrunk. */
export const nothing = "nothing"

export type Flow = ReadonlyArray<Step | typeof nothing>

/** A session key that no site made; an answer must never set it. */
export const UNKNOWN_KEY = "0123456789abcdefghijklmnopqrstuv"
/** A well-formed CSRF secret that no site made, and the same secret masked. */
export const FOREIGN_SECRET = "abcdefghijklmnopqrstuvwxyz012345"
export const MASKED_FOREIGN_SECRET = `${"N".repeat(32)}NOPQRSTUVWXYZ0123456789abcdEFGHI`

/** The names of a site's cookies and of its CSRF header. Steps use the default names. */
export interface Names {
  readonly session: string
  readonly csrf: string
  readonly tokenHeader: string
}

export const defaultNames: Names = { session: "sessionid", csrf: "csrftoken", tokenHeader: "x-csrftoken" }

/** All requests send this host, so that both sites have one origin. */
export const HOST = "latchkey.test"

/** The steps of a flow that do something, one per line. */
export const printed = (flow: Flow): string =>
  flow
    .filter((one) => one !== nothing)
    .map((one, index) => `${index}. ${JSON.stringify(one).slice(0, 600)}`)
    .join("\n")
