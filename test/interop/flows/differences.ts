/**
 * Where the example intentionally answers differently from Django. Each entry has its rows, the field, both exact
 * values, and the paragraph that gives the reason. A run fails on any other difference, and on an entry that it did not
 * need.
 */
import type { SettingsOptions } from "../../../src/adapters/api/settings-options.ts"
import { exampleName } from "../../rig/example.ts"
import type { View } from "./compare.ts"
import { surfaceRows } from "./requests.ts"
import type { Engine } from "./sites.ts"
import type { Ask, Shown, Step } from "./step.ts"
import type { LeavesOut } from "./walk.ts"

export interface Intended {
  /** The rows whose answers may differ in this way. */
  readonly rows: ReadonlyArray<string>
  /** The part of the answer: a field, or one number in the body (or in the session, when the cookie is the session). */
  readonly field: keyof View | "number"
  /** Both values, as the comparison prints them. */
  readonly django: string
  readonly example: string
  /** The number and subject of a paragraph in the description of Django that latchkey is written from. */
  readonly paragraph: string
}

/** Rows whose bodies hold session data. */
const withData = ["GET /session", "POST /session", "POST /session/delete"]

/**
 * Rows that may send the session's cookie. With one engine this cookie holds the session itself. The last four send it
 * under another key.
 */
const withCookie = [
  ...["POST /session/expiry", "POST /session/cycle", "POST /login", "POST /password", "GET /fail", "GET /slow"],
  ...["GET /me", "GET /perms", "GET /members", "GET /editors"]
]

const asWritten = {
  rows: [...withData, ...withCookie],
  field: "number",
  paragraph: "§1.3, encode and decode"
} as const

export const intended: ReadonlyArray<Intended> = [
  { ...asWritten, example: "1e5", django: "100000.0" },
  { ...asWritten, example: "1.50", django: "1.5" },
  { ...asWritten, example: "-0", django: "0" }
]

/** The entry that describes this difference, if there is one. */
export const intention = (
  row: string,
  field: Intended["field"],
  django: string | undefined,
  example: string,
  among: ReadonlyArray<Intended> = intended
): Intended | undefined =>
  among.find(
    (entry) =>
      entry.rows.includes(row) &&
      entry.field === field &&
      entry.example === example &&
      (django === undefined || entry.django === django)
  )

/** A header that latchkey adds to answers that set a cookie. Django does not add it. */
export interface Added {
  readonly header: string
  readonly django: string
  readonly example: string
  readonly paragraph: string
  readonly because: string
}

export const added: Added = {
  header: "Cache-Control",
  django: "none",
  example: "private",
  paragraph: "§2, session middleware",
  because:
    "A shared cache that keeps such an answer hands one client's cookie to others. A handler's own `Cache-Control` stays; the setting `cacheControl` changes or ends it."
}

/** What the two answer differently on purpose with some settings, and alike with others. */
export interface IntendedWith {
  readonly name: string
  /** The settings, under Django's names. */
  readonly settings: string
  readonly field: "cookies" | "vary"
  /** Both values of one such answer, as the comparison prints them. */
  readonly django: string
  readonly example: string
  readonly paragraph: string
  readonly because: string
  /** Whether this is the difference between two answers that differ in that field. */
  readonly is: (django: View, example: View) => boolean
  /** From here on the browsers hold different cookies, so the rest of the flow is not compared. */
  readonly parts: boolean
}

const deletion = 'sessionid=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; SameSite=Lax'

/** Django reads the session before a view runs; latchkey reads it when the handler needs it. */
const isNotRead = (django: View, example: View): boolean => django.vary === "Cookie" && example.vary === "undefined"

export const intendedWith = {
  varyOnEverySave: {
    name: "a session cookie that is sent again varies on Cookie",
    settings: "SESSION_SAVE_EVERY_REQUEST",
    field: "vary",
    django: "undefined",
    example: "Cookie",
    paragraph: "§2, session middleware",
    because:
      "Django before 5.2.14 leaves Vary out where nothing but this setting makes it send the cookie, so that a cache " +
      "may hand one visitor's session to another (CVE-2026-35192).",
    is: (django, example) => django.vary === "undefined" && example.vary === "Cookie" && /^\w+=/.test(example.cookies),
    parts: false
  },
  varyWithoutReading: {
    name: "an answer that did not need the session does not vary on Cookie",
    settings: "CSRF_USE_SESSIONS",
    field: "vary",
    django: "Cookie",
    example: "undefined",
    paragraph: "§6.2, where the secret lives",
    because:
      "Django's CSRF middleware reads the secret, and with it the session, before every view. latchkey reads it when it is needed.",
    is: isNotRead,
    parts: false
  },
  deadCookieWithoutReading: {
    name: "the cookie of a session that has ended is deleted when a request needs the session",
    settings: "CSRF_USE_SESSIONS",
    field: "cookies",
    django: deletion,
    example: "",
    paragraph: "§6.2, where the secret lives",
    because: "As above: Django finds out at every request, latchkey at the first one that reads the session.",
    is: (django, example) => isNotRead(django, example) && django.cookies === deletion && example.cookies === "",
    parts: true
  }
} satisfies Readonly<Record<string, IntendedWith>>

/** Settings that latchkey refuses at the start, and Django accepts. */
export interface Refused {
  /** The settings, under Django's names. */
  readonly settings: string
  readonly options: Partial<SettingsOptions>
  /** The name that the error contains. */
  readonly names: string
  readonly because: string
}

export const refused: ReadonlyArray<Refused> = [
  {
    settings: "SESSION_COOKIE_AGE = 0, or less",
    options: { sessionCookie: { ageSeconds: 0 } },
    names: "sessionCookie.ageSeconds",
    because: "Browsers delete such a cookie when they get it, so nobody stays logged in."
  },
  {
    settings: "CSRF_COOKIE_AGE = 0, or less",
    options: { csrfCookie: { ageSeconds: 0 } },
    names: "csrfCookie.ageSeconds",
    because: "Browsers delete such a cookie when they get it, so every form is refused."
  },
  {
    settings: 'SESSION_COOKIE_SAMESITE = "None" without SESSION_COOKIE_SECURE',
    options: { sessionCookie: { sameSite: "None" } },
    names: "sessionCookie.sameSite",
    because: "Browsers refuse such a cookie."
  },
  {
    settings: 'CSRF_COOKIE_SAMESITE = "None" without CSRF_COOKIE_SECURE',
    options: { csrfCookie: { sameSite: "None" } },
    names: "csrfCookie.sameSite",
    because: "Browsers refuse such a cookie."
  }
]

/** An intended difference of any kind. */
export type Meant = Intended | IntendedWith | Added | Reshaped

/** What a framework changes in all answers of the example. */
export interface Reshaped {
  readonly name: string
  /** The example that uses the framework. */
  readonly by: string
  readonly rows: ReadonlyArray<string>
  readonly field: "location" | "vary"
  /** Both values of one such answer. */
  readonly django: string
  readonly example: string
  readonly paragraph: string
  readonly because: string
  /** What the example must answer, byte for byte, where Django answers this. */
  readonly instead: (django: string) => string
}

const ownOfNext = "rsc, next-router-state-tree, next-router-prefetch, next-router-segment-prefetch"

export const reshaped: ReadonlyArray<Reshaped> = [
  {
    name: "Vary begins with names of the framework's own",
    by: "next",
    rows: [...surfaceRows, "GET of a POST row", "elsewhere"],
    field: "vary",
    django: "Cookie",
    example: `${ownOfNext}, Cookie`,
    paragraph: "§0.4, Vary",
    because: "Next.js puts them into every answer, ahead of what a handler adds.",
    instead: (vary) => (vary === "undefined" ? ownOfNext : `${ownOfNext}, ${vary}`)
  },
  {
    name: "the login page is told the query that was asked for in another encoding",
    by: "next",
    rows: ["GET /members", "GET /editors"],
    field: "location",
    django: "/accounts/login/?next=/members%3Fa%3D%27%28%2A%29~%21%2522",
    example: "/accounts/login/?next=/members%3Fa%3D%2527%2528%2A%2529%257E%2521%2522",
    paragraph: "§7.5, guards",
    because: "Next.js hands a handler its query taken apart and put together again. It says the same.",
    instead: (location) => {
      const [page, next = ""] = location.split("?next=")
      const [path = "", query = ""] = decodeURIComponent(next).split(/\?(.*)/s)
      return query === "" ? location : `${page}?next=${quoted(`${path}?${new URLSearchParams(query)}`)}`
    }
  }
]

/** Encodes as Python's quote() does, which leaves a slash unchanged. */
const quoted = (text: string): string =>
  encodeURIComponent(text)
    .replaceAll("%2F", "/")
    .replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`)

/** The changes of the framework of the selected example. */
export const reshapedHere: ReadonlyArray<Reshaped> = reshaped.filter(({ by }) => by === exampleName)

/**
 * A request that the two always answer differently. Flows leave it out, since the cookies would differ from there on; a
 * separate test sends it.
 */
export interface IntendedAlone {
  readonly name: string
  readonly engines: ReadonlyArray<Engine>
  /** Sent first, and answered alike. */
  readonly before: ReadonlyArray<Step>
  readonly ask: Ask
  /** The session cookie that the request sends. */
  readonly session: Shown
  readonly leavesOut: LeavesOut
  /** Every field that differs. */
  readonly django: Partial<View>
  readonly example: Partial<View>
  readonly paragraph: string
  readonly because: string
}

const another = (value: string): string =>
  `sessionid=${value}; expires=now + Max-Age; HttpOnly; Max-Age=1209600; Path=/; SameSite=Lax`

const removal = { row: "POST /session/delete", target: "/session/delete", body: '{"keys":["a"]}' } as const
const step = (ask: Ask, session: Shown = "own"): Step => ({ browser: 0, at: "the example", ask, session, csrf: "own" })

/** A session that has expired, while the browser still sends its former cookie. */
const expired: ReadonlyArray<Step> = [
  step({ row: "POST /session", target: "/session", body: '{"a":1}' }),
  step({ row: "POST /session/expiry", target: "/session/expiry", body: '{"seconds":-1}' })
]

export const intendedAlone: ReadonlyArray<IntendedAlone> = [
  {
    name: "a session key with a NUL is one that does not exist",
    engines: ["db", "cached_db"],
    before: [],
    ask: { row: "GET /me", target: "/me" },
    session: { header: 'sessionid="\\000abcdefgh"' },
    leavesOut: (_, { header = "" }) => header.includes("\\000"),
    django: { status: "500", type: "text", body: "a text", cookies: "" },
    example: { status: "401", type: "JSON", body: '{"user":null}', cookies: deletion },
    paragraph: "§1.6, engine db",
    because:
      "psycopg, Passing parameters to SQL queries: a text with a NUL raises, and Django answers 500 to whatever such " +
      "a cookie accompanies. PostgreSQL cannot hold such a key, so no session has it."
  },
  {
    name: "what is no session key is flushed like an unknown one",
    engines: ["file"],
    before: [],
    ask: { row: "POST /session/flush", target: "/session/flush", body: "{}" },
    session: { header: "sessionid=abcdefgh-" },
    leavesOut: ({ row }, { header = "" }) =>
      row === "POST /session/flush" && /^sessionid="?(?=.{8})(?=.*[^a-z0-9"])/.test(header),
    django: { status: "400", type: "text", body: "a text", vary: "undefined", cookies: "" },
    example: { status: "200", type: "JSON", body: "{}", vary: "Cookie", cookies: deletion },
    paragraph: "§1.9, engine file",
    because:
      "Sessions, File-based: the engine refuses characters outside a-z0-9 wherever it would touch a file; only a flush " +
      "gets there before the load has forgotten the key. No engine draws such a key, so no session has it."
  },
  {
    name: "an expired session is replaced when a key is taken out of it",
    engines: ["file"],
    before: expired,
    ask: removal,
    session: "former",
    leavesOut: ({ row }, { hasEnded }) => row === removal.row && hasEnded,
    django: { cookies: "" },
    example: { cookies: another("session 2") },
    paragraph: "§1.9, engine file",
    because:
      "Sessions, File-based: loading an expired session replaces it by an empty one under a new key, which the browser " +
      "is told. Django's pop() forgets to say so, as it read `modified` before it loaded; its other methods do not."
  },
  {
    name: "an expired session is still to be replaced after a request that failed",
    engines: ["file"],
    before: [...expired, step({ row: "GET /fail", target: "/fail?status=500" }, "former")],
    ask: { row: "GET /me", target: "/me" },
    session: "former",
    leavesOut: ({ row, target }, { hasEnded }) => row === "GET /fail" && !/=[234]/.test(target) && hasEnded,
    django: { cookies: deletion },
    example: { cookies: another("session 2") },
    paragraph: "§2, session middleware",
    because:
      "Sessions, File-based: Django has replaced the file by the time a view fails, and the browser never learns the " +
      "new key. A response of 500 and above changes nothing here, so the next request does it."
  },
  {
    name: "a session cookie that was tampered with is replaced when a key is taken out of it",
    engines: ["signed_cookies"],
    before: [],
    ask: removal,
    session: { header: "sessionid=abcdefgh-" },
    leavesOut: ({ row }, { isForeign }) => row === removal.row && isForeign,
    django: { cookies: "" },
    example: { cookies: another("signed {}") },
    paragraph: "§1.10, engine signed_cookies",
    because:
      "Sessions, Cookie-based: a cookie that cannot be trusted is replaced by an empty session. Django's pop() forgets " +
      "that again, as it read `modified` before it loaded; its other methods do not."
  },
  {
    name: "a logout with the key from before a renewal ends the renewed session",
    engines: ["db", "file", "cached_db", "cache"],
    before: [
      step({ row: "POST /login", target: "/login", body: '{"username":"alice","password":"pw-0"}' }),
      step({ row: "POST /session/cycle", target: "/session/cycle", body: "{}" }),
      step({ row: "POST /logout", target: "/logout", body: "{}" }, "former")
    ],
    ask: { row: "GET /me", target: "/me" },
    session: "former",
    leavesOut: ({ row }, { isRenewed }) => ["POST /logout", "POST /session/flush"].includes(row) && isRenewed,
    django: { status: "200", body: '{"user":"alice"}', cookies: "" },
    example: { status: "401", body: '{"user":null}', cookies: deletion },
    paragraph: "§3.3, logout",
    because:
      "Authentication, How to log a user out: Django removes the session of the key that was sent. A logout that was " +
      "sent while another request renewed the session would leave the user logged in, so here it ends the renewed one " +
      "for a minute after the renewal."
  }
]

/** Whether flows leave a request out with this engine. */
export const leftOut =
  (engine: Engine): LeavesOut =>
  (ask, session) =>
    intendedAlone.some(({ engines, leavesOut }) => engines.includes(engine) && leavesOut(ask, session))
