/** JSON bodies, valid and invalid ones for each row of the surface. Bytes as Latin-1 text. */
import * as fc from "fast-check"

export const people = [
  { username: "alice", password: "pw-0" },
  { username: "bøb", password: "pw-0" },
  { username: "carol", password: "pw-0" },
  { username: "root", password: "pw-0" },
  { username: "ivan", password: "pw-0" }
] as const

/** UTF-8 bytes as Latin-1 text, which Node sends unchanged. */
export const bytes = (text: string): string => Buffer.from(text).toString("latin1")
const json = (value: unknown): string => bytes(JSON.stringify(value))

/** Bodies that no row accepts, of any shape; all but the last are malformed. */
export const malformed = fc.constantFrom(
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

export const login = fc.oneof(
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

export const changePassword = fc.oneof(
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

/** Values as JSON text, with numbers in the form in which Python writes them. */
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

/** Numbers that are valid JSON, but not in the form in which Python writes them. */
const foreignNumbers = ["1e5", "1.50", "-0"] as const

const member = fc
  .tuple(
    fc.constantFrom(...keys),
    fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom<string>(...values) },
      { weight: 1, arbitrary: fc.constantFrom<string>(...foreignNumbers) }
    )
  )
  // GET /fail adds 1 to this value; the sum stays an integer.
  .map(([key, value]) => `${bytes(JSON.stringify(key))}:${key === "failed" ? "5" : value}`)

export const merge = fc.oneof(
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

export const remove = fc.oneof(
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

/** Expiry dates of sessions: in winter, in summer, in hours that the clock skips or repeats, and one in the past. */
export const instants = [
  "2031-01-15T12:00:00Z",
  "2031-07-15T12:00:00Z",
  "2031-03-09T08:30:00Z",
  "2031-11-02T06:59:59Z",
  "2031-11-02T07:30:00Z",
  "2001-09-09T01:46:40Z"
] as const

/** Values of the member `until`. */
export const until = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<string>(...instants) },
  { weight: 1, arbitrary: fc.constantFrom("2031-02-30T00:00:00Z", "2031-07-15T12:00:00", "2031-07-15", "") }
)

export const expiry = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("null", "0", "60", "3600", "1209600", "315360000") },
  { weight: 2, arbitrary: fc.constantFrom("-1", "-100", "-315360000", "-0") },
  {
    weight: 2,
    arbitrary: fc.constantFrom("315360001", "-315360001", "60.0", "1.5", "1e3", '"60"', "true", "false", "[]", "{}")
  }
)

/** Bodies for rows that take no members. */
export const unshaped = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom("{}", "", '{"a":1}') },
  { weight: 1, arbitrary: malformed }
)
