/**
 * The requests that flows are made of: every row of the example's JSON surface, as clients send it and as they should
 * not. A request is plain data; what it takes from the browser that sends it (cookies, tokens) is named, not given.
 */
import * as fc from "fast-check"

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

export const people = [
  { username: "alice", password: "pw-0" },
  { username: "bøb", password: "pw-0" },
  { username: "carol", password: "pw-0" },
  { username: "root", password: "pw-0" },
  { username: "ivan", password: "pw-0" }
] as const

/** UTF-8 bytes as Latin-1 text, which is what Node sends as it is. */
const bytes = (text: string): string => Buffer.from(text).toString("latin1")
const json = (value: unknown): string => bytes(JSON.stringify(value))

const get = (path: string, query = ""): Ask => ({ row: `GET ${path}`, target: path + query })
const post = (path: string, body: string): Ask => ({ row: `POST ${path}`, target: path, body })

// ---- bodies ----------------------------------------------------------------------------------------------------

/** Bodies that no row takes, whatever its shape; all but the last are malformed. */
const malformed = fc.constantFrom(
  "[]",
  "null",
  "1",
  '"text"',
  "{",
  "{}x",
  "{'a':1}",
  '{"a":1,}',
  '{"a":NaN}',
  '{"a":-Infinity}',
  '{"a":01}',
  '{"a":.5}',
  '{"a":"\n"}',
  '{"a":"\\x"}',
  "\xef\xbb\xbf{}",
  '{"a":"\xff"}',
  '{"a":"\xed\xa0\x80"}',
  '{"a":"\xc0\x80"}',
  " ",
  "\x00",
  "username=alice&password=pw-0",
  `{"a":${"[".repeat(5000)}${"]".repeat(5000)}}`,
  `{"a":"${"x".repeat(100_000)}"}`
)

const username = fc.constantFrom(...people.map((person) => person.username))
const password = fc.constantFrom("pw-0", "pw-1", "pässword 2")

const login = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ username, password: fc.constantFrom("pw-0", "pw-0", "pw-0", "pw-1") }).map(json)
  },
  { weight: 2, arbitrary: fc.record({ username, password: fc.constantFrom("", "wrong", "PW-0", "pw-0 ") }).map(json) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      json({ username: "nobody", password: "pw-0" }),
      json({ username: "", password: "" }),
      json({ username: "ALICE", password: "pw-0" }),
      json({ username: " alice", password: "pw-0" }),
      json({ username: "x".repeat(200), password: "pw-0" }),
      json({ username: "alice", password: "p".repeat(5000) }),
      json({ username: "alice", password: "pw-0", more: [1] }),
      '{"username":"nobody","password":"wrong","username":"alice","password":"pw-0"}',
      '{"\\u0075sername":"alice","password":"pw\\u002d0"}'
    )
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      "",
      "{}",
      json({ username: "alice" }),
      json({ username: "alice", password: null }),
      json({ username: ["alice"], password: "pw-0" }),
      json({ username: 1, password: 2 }),
      json({ username: "alice\u0000", password: "pw-0" }),
      json({ username: "alice", password: "\u0000" }),
      '{"username":"\\ud800","password":"pw-0"}',
      '{"username":"alice","password":"\\udc00\\ud800"}'
    )
  },
  { weight: 1, arbitrary: malformed }
)

const changePassword = fc.oneof(
  { weight: 10, arbitrary: fc.record({ old: password, new: password }).map(json) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      json({ old: "pw-0", new: "" }),
      json({ old: "", new: "pw-1" }),
      json({ old: "pw-0" }),
      json({ old: "pw-0", new: 1 }),
      json({ old: "pw-0", new: "\u0000" }),
      '{"old":"pw-0","new":"\\udfff"}',
      "{}"
    )
  },
  { weight: 1, arbitrary: malformed }
)

const keys = ["a", "b", "cart", "failed", "slow", "", "0", "1", "__proto__", "constructor", "ключ", "a.b"] as const

/** Values as JSON text, numbers in the form in which Python writes them. */
const values = [
  "null",
  "true",
  "0",
  "-7",
  "12345678901234567890123",
  "1.0",
  "-0.0",
  "0.1",
  "1e-07",
  "1e+16",
  "1.7976931348623157e+308",
  '""',
  '"text"',
  '"Gr\\u00fc\\u00dfe \\ud83d\\udddd"',
  bytes('"Grüße 🗝 \u2028 \u007f"'),
  '"\\u0000\\u001f\\/\\b\\f\\"\\\\"',
  '"\\ud800"',
  "[]",
  "{}",
  '[1, 2.5, {"x": []}]',
  '{"b":{"":null},"a":[false],"2":0,"1":0,"__proto__":{"x":1}}',
  '{"x":1,"x":2}',
  `"${"long ".repeat(60)}"`,
  `${"[".repeat(200)}${"]".repeat(200)}`
] as const

/** Numbers that are JSON, but not as Python writes them. */
const foreignNumbers = ["1e5", "1.50", "-0"] as const

const member = fc
  .tuple(
    fc.constantFrom(...keys),
    fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom<string>(...values) },
      { weight: 1, arbitrary: fc.constantFrom<string>(...foreignNumbers) }
    )
  )
  // What GET /fail adds one to stays a whole number.
  .map(([key, value]) => `${bytes(JSON.stringify(key))}:${key === "failed" ? "5" : value}`)

const merge = fc.oneof(
  {
    weight: 12,
    arbitrary: fc
      .tuple(fc.array(member, { maxLength: 3 }), fc.constantFrom(",", " ,\n\t"))
      .map(([members, comma]) => `{${members.join(comma)}}`)
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      "",
      '{"_auth_user_id":"1"}',
      '{"_session_expiry":0}',
      '{"_":1}',
      '{"a":1,"_csrftoken":"x"}',
      '{"\\u005fauth_user_id":"4"}'
    )
  },
  { weight: 1, arbitrary: malformed }
)

const remove = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.array(fc.constantFrom<string>(...keys), { maxLength: 4 }).map((some) => json({ keys: some }))
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      json({ keys: ["_session_expiry"] }),
      json({ keys: ["_auth_user_hash"] }),
      json({ keys: ["_auth_user_id"] }),
      json({ keys: ["_auth_user_backend"] }),
      json({ keys: ["\u0000", "a", "a"] }),
      '{"keys":["\\ud800"]}'
    )
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom("", "{}", '{"keys":"a"}', '{"keys":[1]}', '{"keys":[null]}', '{"keys":{"0":"a"}}')
  },
  { weight: 1, arbitrary: malformed }
)

const expiry = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("null", "0", "60", "3600", "1209600", "315360000") },
  { weight: 2, arbitrary: fc.constantFrom("-1", "-100", "-315360000", "-0") },
  {
    weight: 2,
    arbitrary: fc.constantFrom("315360001", "-315360001", "60.0", "1.5", "1e3", '"60"', "true", "false", "[]", "{}")
  }
)

/** What is sent to rows that take no members. */
const unshaped = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom("{}", "", '{"a":1}') },
  { weight: 1, arbitrary: malformed }
)

// ---- cookies and tokens ----------------------------------------------------------------------------------------

const sessionCookies = [
  "sessionid=",
  "sessionid=short77",
  "sessionid=eight888",
  `sessionid=${UNKNOWN_KEY}`,
  `sessionid="${UNKNOWN_KEY}"`,
  `sessionid=${UNKNOWN_KEY.toUpperCase()}`,
  `sessionid=${"k".repeat(40)}`,
  `sessionid=${"k".repeat(41)}`,
  `sessionid=${"k".repeat(500)}`,
  "sessionid=../../../../etc/passwd",
  "sessionid=%00%00%00%00%00%00%00%00",
  `sessionid="\\001\\177\\342\\200\\250abcdefgh"`,
  'sessionid="\\000abcdefgh"',
  bytes("sessionid=ключ-от-двери"),
  "sessionid=\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8",
  `sessionid=' OR 1=1; sessionid=${UNKNOWN_KEY}`,
  "sessionid",
  "sessionid=e30:1r31eq:Kn7Pk616spb9YFsQYkMYVObqO7_T2Hysn3OQaOhpJLA",
  "SessionId=0123456789abcdefghijklmnopqrstuv",
  ";;=;=;sessionid = short77 ;"
] as const

const csrfCookies = [
  "csrftoken=",
  "csrftoken=short",
  `csrftoken=${FOREIGN_SECRET}`,
  `csrftoken=${MASKED_FOREIGN_SECRET}`,
  `csrftoken=${FOREIGN_SECRET.slice(1)}-`,
  `csrftoken=${"é".repeat(16)}`,
  `csrftoken=${FOREIGN_SECRET}${FOREIGN_SECRET.slice(1)}!`,
  `csrftoken=${"a".repeat(65)}`,
  `csrftoken=x; csrftoken=${FOREIGN_SECRET}`,
  `csrftoken=${FOREIGN_SECRET}; csrftoken=x`
] as const

const shown = (hostile: ReadonlyArray<string>, own = 40): fc.Arbitrary<Shown> =>
  fc.oneof(
    { weight: own, arbitrary: fc.constant<Shown>("own") },
    { weight: 4, arbitrary: fc.constantFrom<Shown>("former", "former", "former", "the other's") },
    { weight: 3, arbitrary: fc.constantFrom(...hostile).map((header) => ({ header })) }
  )

/** Cookies that are deleted although nobody looked at the session are rare, and where nobody looks rarer. */
const sessionFor = ({ row }: Ask): fc.Arbitrary<Shown> =>
  row === "elsewhere" || row === "GET /anon"
    ? shown([...sessionCookies.slice(0, 2), ...sessionCookies], 4)
    : shown(sessionCookies)

const token = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom<Token>("from /csrf", "the bare secret") },
  { weight: 2, arbitrary: fc.constantFrom<Token>("none", "the other's") },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom("", "short", FOREIGN_SECRET, MASKED_FOREIGN_SECRET, "!".repeat(32), "!".repeat(64), "a".repeat(65))
      .map((header) => ({ header }))
  }
)

/** All requests name this host, so that both sites have one origin. */
export const HOST = "latchkey.test"

const origin = fc.constantFrom(
  `http://${HOST}`,
  `https://${HOST}`,
  `http://${HOST}:80`,
  `http://LATCHKEY.test`,
  "http://evil.test",
  "null",
  "",
  "http://["
)

// ---- forms -------------------------------------------------------------------------------------------------------

const formBodies = [
  "csrfmiddlewaretoken={token}",
  "a=1&csrfmiddlewaretoken={token}&b=",
  "csrfmiddlewaretoken={token}&csrfmiddlewaretoken=",
  "csrfmiddlewaretoken=&csrfmiddlewaretoken={token}",
  "csrfmiddlewaretoken=x&csrfmiddlewaretoken={token}",
  "csrf%6Diddlewaretoken={token}",
  "csrfmiddlewaretoken=+{token}",
  "csrfmiddlewaretoken={token}%00",
  "csrfmiddlewaretoken={token};a=1",
  "a=\xff%FF&csrfmiddlewaretoken={token}",
  "&&=&csrfmiddlewaretoken={token}",
  "CSRFMIDDLEWARETOKEN={token}",
  "csrfmiddlewaretoken",
  "{token}",
  '{"csrfmiddlewaretoken":"{token}"}',
  ""
] as const

const form = fc.record({
  body: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...formBodies.slice(0, 2)) },
    { weight: 1, arbitrary: fc.constantFrom(...formBodies) }
  ),
  form: fc.record({
    type: fc.constantFrom(
      "application/x-www-form-urlencoded",
      "application/x-www-form-urlencoded",
      "application/x-www-form-urlencoded; charset=utf-8",
      "text/plain"
    ),
    token
  }),
  /** A token in the header counts where the form has none. */
  token: fc.oneof({ weight: 4, arbitrary: fc.constant<Token>("none") }, { weight: 1, arbitrary: token })
})

// ---- rows ------------------------------------------------------------------------------------------------------

const perms = fc.constantFrom(
  "?perm=auth.change_user",
  "?perm=auth.add_group",
  "?perm=auth.view_user",
  "?perm=sessions.delete_session",
  "?perm=no.such",
  "?perm=auth",
  "?perm=.",
  "?perm=",
  "",
  "?perm=auth%2Echange_user",
  "?perm=AUTH.change_user",
  "?perm=auth.change_user+",
  "?perm=%FF",
  "?other=1&perm=auth.change_user",
  "?perm=auth.view_user&other=1",
  "?perm=no.such&perm=auth.change_user",
  "?perm=auth.change_user&perm=no.such"
)

/** Queries that a redirect to the login page must carry along. */
const carried = fc.constantFrom(
  "",
  "",
  "",
  "?",
  "?a=1&b=%2F",
  "?q=%C3%BC+x",
  "?next=/x&next=//evil.test",
  "?a='(*)~!\""
)

const status = fc
  .constantFrom("?status=200", "?status=302", "?status=400", "?status=404", "?status=499")
  .chain((low) => fc.constantFrom(low, low, "?status=500", "?status=503", ""))

const rows: ReadonlyArray<{ readonly weight: number; readonly arbitrary: fc.Arbitrary<Ask> }> = [
  { weight: 3, arbitrary: fc.constantFrom("", "?a=1").map((query) => get("/anon", query)) },
  { weight: 7, arbitrary: fc.constant(get("/me")) },
  { weight: 12, arbitrary: login.map((body) => post("/login", body)) },
  { weight: 4, arbitrary: unshaped.map((body) => post("/logout", body)) },
  { weight: 9, arbitrary: merge.map((body) => post("/session", body)) },
  { weight: 5, arbitrary: remove.map((body) => post("/session/delete", body)) },
  { weight: 7, arbitrary: fc.constant(get("/session")) },
  {
    weight: 5,
    arbitrary: fc.oneof(
      { weight: 9, arbitrary: expiry.map((seconds) => post("/session/expiry", `{"seconds":${seconds}}`)) },
      { weight: 1, arbitrary: fc.oneof(malformed, fc.constant("{}")).map((body) => post("/session/expiry", body)) }
    )
  },
  { weight: 5, arbitrary: unshaped.map((body) => post("/session/cycle", body)) },
  { weight: 4, arbitrary: unshaped.map((body) => post("/session/flush", body)) },
  { weight: 6, arbitrary: fc.constant(get("/csrf")) },
  {
    weight: 9,
    arbitrary: fc
      .tuple(
        fc.oneof(
          token.map((sent) => ({ body: "{}", token: sent })),
          form
        ),
        fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: origin })
      )
      .map(([sent, from]) => ({
        ...post("/protected", ""),
        ...sent,
        ...(from === undefined ? {} : { origin: from })
      }))
  },
  { weight: 8, arbitrary: changePassword.map((body) => post("/password", body)) },
  { weight: 5, arbitrary: perms.map((query) => get("/perms", query)) },
  { weight: 5, arbitrary: carried.map((query) => get("/members", query)) },
  { weight: 5, arbitrary: carried.map((query) => get("/editors", query)) },
  { weight: 6, arbitrary: status.map((query) => get("/fail", query)) },
  { weight: 4, arbitrary: fc.constantFrom("?ms=0", "?ms=3&n=7", "?n=", "").map((query) => get("/slow", query)) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(
        ...["/login", "/logout", "/session/delete", "/session/expiry", "/session/cycle", "/password", "/protected"]
      )
      .map((path) => ({ row: "GET of a POST row", target: path }))
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom("/nowhere", "/me/", "/session/", "/SESSION", "/memb%65rs", "/accounts/", "/%FF")
      .map((path) => ({ row: "elsewhere", target: path }))
  }
]

/** The rows that every run has to use: those of the surface. */
export const surfaceRows: ReadonlyArray<string> = [
  ...["/anon", "/me", "/session", "/csrf", "/perms", "/members", "/editors", "/fail", "/slow"].map((p) => `GET ${p}`),
  ...["/login", "/logout", "/session", "/protected", "/password"].map((path) => `POST ${path}`),
  ...["delete", "expiry", "cycle", "flush"].map((name) => `POST /session/${name}`)
]

const step: fc.Arbitrary<Step> = fc.oneof(...rows).chain((ask) =>
  fc.record({
    browser: fc.constantFrom(0 as const, 1 as const),
    at: fc.constantFrom("Django" as const, "the example" as const),
    ask: fc.constant(ask),
    session: sessionFor(ask),
    csrf: shown(csrfCookies)
  })
)

/** At least 25 steps of two browsers. A failing flow shrinks by doing nothing in more and more of its steps. */
export const flows: fc.Arbitrary<Flow> = fc.array(
  fc.oneof({ withCrossShrink: true }, { weight: 1, arbitrary: fc.constant(nothing) }, { weight: 500, arbitrary: step }),
  { minLength: 26, maxLength: 36, size: "max" }
)

/** The steps of a flow that do something, one a line. */
export const printed = (flow: Flow): string =>
  flow
    .filter((one) => one !== nothing)
    .map((one, index) => `${index}. ${JSON.stringify(one).slice(0, 600)}`)
    .join("\n")
