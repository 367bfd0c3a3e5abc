/**
 * Where the example means to answer otherwise than Django: each with both values exactly, and the paragraph that makes
 * it a choice. A run fails over any other difference, and over an entry that it never needed.
 */
import type { View } from "./compare.ts"
import type { Ask, Step } from "./requests.ts"
import type { Engine } from "./sites.ts"

export interface Intended {
  /** The rows that may answer so; `undefined`: all, since with one engine the session is a cookie. */
  readonly rows: ReadonlyArray<string> | undefined
  /** What of the answer: a field, or one number among those in the body (or in the session that is the cookie). */
  readonly field: keyof View | "number"
  /** Both values, as the comparison prints them. */
  readonly django: string
  readonly example: string
  /** Where Django's behaviour is documented, and why the example's is another. */
  readonly because: string
}

const asWritten =
  "Python, json module, Encoders and Decoders: a number becomes an int or a float and is written by its repr. " +
  "The example keeps each number as it was written, so that a session passes through it unchanged."

export const intended: ReadonlyArray<Intended> = [
  { rows: undefined, field: "number", example: "1e5", django: "100000.0", because: asWritten },
  { rows: undefined, field: "number", example: "1.50", django: "1.5", because: asWritten },
  { rows: undefined, field: "number", example: "-0", django: "0", because: asWritten }
]

/** The entry that says so, if any. */
export const intention = (
  row: string,
  field: Intended["field"],
  django: string | undefined,
  example: string,
  among: ReadonlyArray<Intended> = intended
): Intended | undefined =>
  among.find(
    (entry) =>
      (entry.rows === undefined || entry.rows.includes(row)) &&
      entry.field === field &&
      entry.example === example &&
      (django === undefined || entry.django === django)
  )

/**
 * A request that the two answer differently whatever came before. Flows leave it out, since they would part there; a
 * test of its own asks it first thing, with the first of `sessions` as its cookie.
 */
export interface IntendedAlone {
  readonly name: string
  readonly engines: ReadonlyArray<Engine>
  readonly ask: Ask
  /** The rows that are left out with these cookies; `undefined`: all. */
  readonly rows: ReadonlyArray<string> | undefined
  readonly cookies: RegExp
  readonly cookie: string
  /** Every field that differs. */
  readonly django: Partial<View>
  readonly example: Partial<View>
  readonly because: string
}

const deletion = 'sessionid=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; SameSite=Lax'

export const intendedAlone: ReadonlyArray<IntendedAlone> = [
  {
    name: "a session key with a NUL is one that does not exist",
    engines: ["db", "cached_db"],
    ask: { row: "GET /me", target: "/me" },
    rows: undefined,
    cookies: /\\000/,
    cookie: 'sessionid="\\000abcdefgh"',
    django: { status: "500", type: "text", body: "a text", cookies: "" },
    example: { status: "401", type: "JSON", body: '{"user":null}', cookies: deletion },
    because:
      "psycopg, Passing parameters to SQL queries: a text with a NUL raises, and Django answers 500 to whatever such " +
      "a cookie accompanies. PostgreSQL cannot hold such a key, so no session has it."
  },
  {
    name: "what is no session key is flushed like an unknown one",
    engines: ["file"],
    ask: { row: "POST /session/flush", target: "/session/flush", body: "{}" },
    rows: ["POST /session/flush"],
    cookies: /^sessionid="?(?=.{8})(?=.*[^a-z0-9"])/,
    cookie: "sessionid=abcdefgh-",
    django: { status: "400", type: "text", body: "a text", vary: "undefined", cookies: "" },
    example: { status: "200", type: "JSON", body: "{}", vary: "Cookie", cookies: deletion },
    because:
      "Sessions, File-based: the engine refuses characters outside a-z0-9 wherever it would touch a file; only a flush " +
      "gets there before the load has forgotten the key. No engine draws such a key, so no session has it."
  },
  {
    name: "a session cookie that was tampered with is replaced when a key is taken out of it",
    engines: ["signed_cookies"],
    ask: { row: "POST /session/delete", target: "/session/delete", body: '{"keys":["a"]}' },
    rows: ["POST /session/delete"],
    cookies: /./,
    cookie: "sessionid=abcdefgh-",
    django: { cookies: "" },
    example: { cookies: "sessionid=signed {}; expires=now + Max-Age; HttpOnly; Max-Age=1209600; Path=/; SameSite=Lax" },
    because:
      "Sessions, Cookie-based: a cookie that cannot be trusted is replaced by an empty session. Django's pop() forgets " +
      "that again, as it read `modified` before it loaded; its other methods do not."
  }
]

export const isLeftOut = (engine: Engine, { ask, session }: Step): boolean =>
  typeof session === "object" &&
  intendedAlone.some(
    ({ cookies, engines, rows }) =>
      engines.includes(engine) && cookies.test(session.header) && (rows === undefined || rows.includes(ask.row))
  )
