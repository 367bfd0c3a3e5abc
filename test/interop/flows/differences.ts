/**
 * Where the example intentionally answers differently from Django. Each entry has its rows, the field, both exact
 * values, and Django's rule. A run fails on any other difference, and on an entry that it did not
 * need.
 */
import type { SettingsOptions } from "../../../src/adapters/api/options/settings-options.ts"
import { exampleName } from "../../rig/example.ts"
import type { View } from "./compare.ts"
import { surfaceRows } from "./requests.ts"
import type { Engine } from "./sites.ts"
import type { Ask, Shown, Step } from "./step.ts"
import type { LeavesOut } from "./walk.ts"

/** Sections of Django's documentation that several entries are about. */
const rules = {
  serialization:
    "[Session serialization](https://docs.djangoproject.com/en/stable/topics/http/sessions/#session-serialization)",
  middleware:
    "[SessionMiddleware](https://docs.djangoproject.com/en/stable/ref/middleware/#django.contrib.sessions.middleware.SessionMiddleware)",
  files:
    "[Using file-based sessions](https://docs.djangoproject.com/en/stable/topics/http/sessions/#using-file-based-sessions)",
  csrfInSessions: "[CSRF_USE_SESSIONS](https://docs.djangoproject.com/en/stable/ref/settings/#csrf-use-sessions)"
} as const

export interface Intended {
  /** The rows whose answers may differ in this way. */
  readonly rows: ReadonlyArray<string>
  /** The part of the answer: a field, or one number in the body (or in the session, when the cookie is the session). */
  readonly field: keyof View | "number"
  /** Both values, as the comparison prints them. */
  readonly django: string
  readonly example: string
  /** A Markdown link to the section of Django's documentation that the answer is about. */
  readonly rule: string
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
  rule: rules.serialization
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
  readonly rule: string
  readonly because: string
}

export const added: Added = {
  header: "Cache-Control",
  django: "none",
  example: "private",
  rule: rules.middleware,
  because:
    "A shared cache that stores such an answer sends one client's cookie to other clients. A `Cache-Control` that the handler sets is kept; the setting `cacheControl` changes the added header or turns it off."
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
  readonly rule: string
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
    rule: rules.middleware,
    because:
      "Django before 5.2.14 sends no Vary if only this setting makes it send the cookie, so a cache may give one visitor's session to another (CVE-2026-35192).",
    is: (django, example) => django.vary === "undefined" && example.vary === "Cookie" && /^\w+=/.test(example.cookies),
    parts: false
  },
  varyWithoutReading: {
    name: "an answer that did not need the session does not vary on Cookie",
    settings: "CSRF_USE_SESSIONS",
    field: "vary",
    django: "Cookie",
    example: "undefined",
    rule: rules.csrfInSessions,
    because:
      "Django's CSRF middleware reads the secret, and with it the session, before every view. latchkey reads the session when the handler needs it.",
    is: isNotRead,
    parts: false
  },
  deadCookieWithoutReading: {
    name: "the cookie of an ended session is deleted only by a request that needs the session",
    settings: "CSRF_USE_SESSIONS",
    field: "cookies",
    django: deletion,
    example: "",
    rule: rules.csrfInSessions,
    because: "As above: Django loads the session at every request, latchkey only when the handler needs it.",
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
    because: "Browsers delete such a cookie when they get it, so no user stays logged in."
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
  readonly rule: string
  readonly because: string
  /** What the example must answer, byte for byte, where Django answers this. */
  readonly instead: (django: string) => string
}

const ownOfNext = "rsc, next-router-state-tree, next-router-prefetch, next-router-segment-prefetch"

export const reshaped: ReadonlyArray<Reshaped> = [
  {
    name: "Vary begins with names that Next.js adds",
    by: "next",
    rows: [...surfaceRows, "GET of a POST row", "elsewhere"],
    field: "vary",
    django: "Cookie",
    example: `${ownOfNext}, Cookie`,
    rule: "[patch_vary_headers()](https://docs.djangoproject.com/en/stable/ref/utils/#django.utils.cache.patch_vary_headers)",
    because: "Next.js puts these names into every answer, before the names that a handler adds.",
    instead: (vary) => (vary === "undefined" ? ownOfNext : `${ownOfNext}, ${vary}`)
  },
  {
    name: "`next` contains the query in another encoding",
    by: "next",
    rows: ["GET /members", "GET /editors"],
    field: "location",
    django: "/accounts/login/?next=/members%3Fa%3D%27%28%2A%29~%21%2522",
    example: "/accounts/login/?next=/members%3Fa%3D%2527%2528%2A%2529%257E%2521%2522",
    rule: "[login_required()](https://docs.djangoproject.com/en/stable/topics/auth/default/#django.contrib.auth.decorators.login_required)",
    because:
      "Next.js parses the query and writes it again before the handler gets it. Both texts decode to the same query.",
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
  readonly rule: string
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
    name: "a session key with a NUL counts as unknown",
    engines: ["db", "cached_db"],
    before: [],
    ask: { row: "GET /me", target: "/me" },
    session: { header: 'sessionid="\\000abcdefgh"' },
    leavesOut: (_, { header = "" }) => header.includes("\\000"),
    django: { status: "500", type: "text", body: "a text", cookies: "" },
    example: { status: "401", type: "JSON", body: '{"user":null}', cookies: deletion },
    rule: "[Using database-backed sessions](https://docs.djangoproject.com/en/stable/topics/http/sessions/#using-database-backed-sessions)",
    because:
      "psycopg raises an error for a text with a NUL, so Django answers 500 to every request with such a cookie. PostgreSQL cannot store such a key, so no session has it."
  },
  {
    name: "a flush with an invalid session key answers like a flush with an unknown one",
    engines: ["file"],
    before: [],
    ask: { row: "POST /session/flush", target: "/session/flush", body: "{}" },
    session: { header: "sessionid=abcdefgh-" },
    leavesOut: ({ row }, { header = "" }) =>
      row === "POST /session/flush" && /^sessionid="?(?=.{8})(?=.*[^a-z0-9"])/.test(header),
    django: { status: "400", type: "text", body: "a text", vary: "undefined", cookies: "" },
    example: { status: "200", type: "JSON", body: "{}", vary: "Cookie", cookies: deletion },
    rule: rules.files,
    because:
      "Django's engine raises an error before it opens a file whose name has characters outside a-z0-9. A load catches the error and drops the key; a flush does not. No engine creates such a key, so no session has it."
  },
  {
    name: "a request that pops a key from an expired session gets a new session key",
    engines: ["file"],
    before: expired,
    ask: removal,
    session: "former",
    leavesOut: ({ row }, { hasEnded }) => row === removal.row && hasEnded,
    django: { cookies: "" },
    example: { cookies: another("session 2") },
    rule: rules.files,
    because:
      "Loading an expired session replaces it by an empty one under a new key, and the response sends the key to the browser. Django's pop() reads `modified` before it loads and then restores that value, so the response sends no cookie; its other methods do not do that."
  },
  {
    name: "the request after a failed one replaces an expired session",
    engines: ["file"],
    before: [...expired, step({ row: "GET /fail", target: "/fail?status=500" }, "former")],
    ask: { row: "GET /me", target: "/me" },
    session: "former",
    leavesOut: ({ row, target }, { hasEnded }) => row === "GET /fail" && !/=[234]/.test(target) && hasEnded,
    django: { cookies: deletion },
    example: { cookies: another("session 2") },
    rule: rules.middleware,
    because:
      "Django replaces the file before the view fails, and does not send the new key to the browser with the 500. In latchkey a response of 500 and above changes nothing, so the next request replaces the session."
  },
  {
    name: "a request that pops a key replaces a session cookie that was tampered with",
    engines: ["signed_cookies"],
    before: [],
    ask: removal,
    session: { header: "sessionid=abcdefgh-" },
    leavesOut: ({ row }, { isForeign }) => row === removal.row && isForeign,
    django: { cookies: "" },
    example: { cookies: another("signed {}") },
    rule: "[Using cookie-based sessions](https://docs.djangoproject.com/en/stable/topics/http/sessions/#using-cookie-based-sessions)",
    because:
      "A cookie whose signature is wrong is replaced by an empty session. Django's pop() reads `modified` before it loads and then restores that value, so the response sends no cookie; its other methods do not do that."
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
    rule: "[logout()](https://docs.djangoproject.com/en/stable/topics/auth/default/#django.contrib.auth.logout)",
    because:
      "Django deletes the session whose key the request sent. If another request renews the session before the logout arrives, the user stays logged in at Django. In latchkey, for one minute after a renewal, a logout with the old key ends the renewed session."
  }
]

/** Whether flows leave a request out with this engine. */
export const leftOut =
  (engine: Engine): LeavesOut =>
  (ask, session) =>
    intendedAlone.some(({ engines, leavesOut }) => engines.includes(engine) && leavesOut(ask, session))
