/** The credentials of a request: cookies, CSRF tokens and an Origin, valid and invalid ones. */
import * as fc from "fast-check"
import { bytes } from "./bodies.ts"
import { type Ask, FOREIGN_SECRET, HOST, MASKED_FOREIGN_SECRET, type Shown, type Token, UNKNOWN_KEY } from "./step.ts"

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

export const csrfCookies = [
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

export const shown = (hostile: ReadonlyArray<string>, own = 40): fc.Arbitrary<Shown> =>
  fc.oneof(
    { weight: own, arbitrary: fc.constant<Shown>("own") },
    { weight: 4, arbitrary: fc.constantFrom<Shown>("former", "former", "former", "the other's") },
    { weight: 3, arbitrary: fc.constantFrom(...hostile).map((header) => ({ header })) }
  )

/**
 * A cookie that is not a session key is deleted even when the handler does not read the session. Random flows rarely
 * contain that case, so rows whose handler does not read the session send such cookies more often.
 */
export const sessionFor = ({ row }: Ask): fc.Arbitrary<Shown> =>
  row === "elsewhere" || row === "GET /anon"
    ? shown([...sessionCookies.slice(0, 2), ...sessionCookies], 4)
    : shown(sessionCookies)

export const token = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom<Token>("from /csrf", "the bare secret") },
  { weight: 2, arbitrary: fc.constantFrom<Token>("none", "the other's") },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom("", "short", FOREIGN_SECRET, MASKED_FOREIGN_SECRET, "!".repeat(32), "!".repeat(64), "a".repeat(65))
      .map((header) => ({ header }))
  }
)

export const origin = fc.constantFrom(
  `http://${HOST}`,
  `https://${HOST}`,
  `http://${HOST}:80`,
  `http://LATCHKEY.test`,
  "http://evil.test",
  "http://www.evil.test",
  "http://shop.test",
  "http://shop.test:8080",
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

export const form = fc.record({
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
  /** The token in the header counts when the form has none. */
  token: fc.oneof({ weight: 4, arbitrary: fc.constant<Token>("none") }, { weight: 1, arbitrary: token })
})
