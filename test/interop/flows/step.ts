/** One request of a flow, as plain data. What it takes from the browser that sends it is named, not given. */

/** Which cookie a request shows: the browser's own, one it had before, the other browser's, or this header text. */
export type Shown = "own" | "former" | "the other's" | { readonly header: string }

/** Which CSRF token a request sends. */
export type Token = "none" | "from /csrf" | "the bare secret" | "the other's" | { readonly header: string }

export interface Ask {
  /** The row of the surface: `POST /login`. */
  readonly row: string
  /** As sent: path and query. */
  readonly target: string
  /** Bytes as Latin-1 text. */
  readonly body?: string
  /** The body is a form of this media type: where it says `{token}`, the token is put. */
  readonly form?: { readonly type: string; readonly token: Token }
  /** In the header. */
  readonly token?: Token
  readonly origin?: string
}

export interface Step {
  readonly browser: 0 | 1
  /** Who is asked where both sites serve one database. */
  readonly at: "Django" | "the example"
  readonly ask: Ask
  readonly session: Shown
  readonly csrf: Shown
}

/** What a flow shrinks its steps to. */
export const nothing = "nothing"

export type Flow = ReadonlyArray<Step | typeof nothing>

/** A session key that no site made; a request that shows it must not be given it back. */
export const UNKNOWN_KEY = "0123456789abcdefghijklmnopqrstuv"
/** A CSRF secret of the right form that no site made, and the same under a mask. */
export const FOREIGN_SECRET = "abcdefghijklmnopqrstuvwxyz012345"
export const MASKED_FOREIGN_SECRET = `${"N".repeat(32)}NOPQRSTUVWXYZ0123456789abcdEFGHI`

/** What sites call their cookies and the header of a CSRF token. Steps use the default names. */
export interface Names {
  readonly session: string
  readonly csrf: string
  readonly tokenHeader: string
}

export const defaultNames: Names = { session: "sessionid", csrf: "csrftoken", tokenHeader: "x-csrftoken" }

/** All requests name this host, so that both sites have one origin. */
export const HOST = "latchkey.test"

/** The steps of a flow that do something, one a line. */
export const printed = (flow: Flow): string =>
  flow
    .filter((one) => one !== nothing)
    .map((one, index) => `${index}. ${JSON.stringify(one).slice(0, 600)}`)
    .join("\n")
