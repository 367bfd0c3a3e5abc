/**
 * Grammars of hostile input: each makes a text by the rules of the field, with mistakes. A text has one character per
 * byte, as it goes over the wire.
 */
import { deflateSync } from "node:zlib"
import type { Dice } from "../dice.ts"

export type Grammar = (dice: Dice) => string

type Parts = readonly [Grammar | string, ...ReadonlyArray<Grammar | string>]
const made = (part: Grammar | string, dice: Dice): string => (typeof part === "string" ? part : part(dice))

export const one =
  (...parts: Parts): Grammar =>
  (dice) =>
    made(dice.pick(parts), dice)
export const all =
  (...parts: Parts): Grammar =>
  (dice) =>
    parts.map((part) => made(part, dice)).join("")
/** Mostly few, sometimes many. */
export const many =
  (part: Grammar | string, between = ""): Grammar =>
  (dice) =>
    Array.from({ length: dice.below(dice.below(30) === 0 ? 300 : 5) }, () => made(part, dice)).join(between)

const byte: Grammar = (dice) => String.fromCharCode(dice.below(256))
export const letter: Grammar = (dice) => "abcdefghijklmnopqrstuvwxyz0123456789".charAt(dice.below(36))
const word = many(letter)
export const nasty = one(
  ...('\0 \t \r\n \n % %00 %0d%0a %zz %ff %25 ; , = " \' \\ \\" \\073 \\377 \\400 : . .. / // \\\\ ? # & @ [ ] { } < > + -'.split(
    " "
  ) as [string, ...Array<string>]),
  "\u00e9\u00ff",
  "\u00c3\u00a9",
  "\u00ed\u00a0\u0080",
  "__proto__",
  "constructor",
  "toString",
  "javascript:",
  "http://evil.example",
  "-1",
  "1e400",
  "99999999999999999999",
  byte
)

/** Changes a text in a few places: removes, repeats, swaps, inserts, cuts off. */
export const mutated =
  (grammar: Grammar): Grammar =>
  (dice) => {
    let text = grammar(dice)
    for (let left = dice.below(4); left > 0; left--) {
      const at = dice.below(text.length + 1)
      const end = at + dice.below(8)
      const parts = [text.slice(0, at), text.slice(at, end), text.slice(end)] as const
      text = dice.pick([
        () => parts[0] + parts[2],
        () => parts[0] + parts[1].repeat(1 + dice.below(40)) + parts[2],
        () => parts[2] + parts[1] + parts[0],
        () => parts[0] + nasty(dice) + parts[1] + parts[2],
        () => parts[0] + parts[1]
      ])()
    }
    return text
  }

/** @param keys session keys that exist, and a CSRF secret */
export const cookieHeader = (...keys: readonly [string, ...ReadonlyArray<string>]): Grammar => {
  const key = one(...keys, word, (dice) => Array.from({ length: 32 }, () => letter(dice)).join(""))
  const quoted = all('"', one(key, many(one(letter, '\\"', "\\\\", "\\141", "\\000", "\\"))), '"')
  const value = one(key, key, key, quoted, word, nasty, mutated(key), all(key, nasty))
  const name = one("sessionid", "sessionid", "sessionid", "csrftoken", "messages", "Sessionid", word, nasty)
  const pair = one(all(name, "=", value), all(name, "=", value), name, all(" ", name, " = ", value), nasty)
  return mutated(all(pair, many(all(one("; ", ";", ", ", " ;"), pair))))
}

const jsonText = all('"', many(one(letter, "\\u0000", "\\ud800", "\\n", "\\\\", "\\", "\u00e9", byte)), '"')
const number = one("0", "-0", "1", "1e400", "-1", "01", "1.", "NaN", "Infinity", "12345678901234567890", "1E-999")
const name = one(
  '"_auth_user_id"',
  '"_auth_user_backend"',
  '"_auth_user_hash"',
  '"a"',
  '"__proto__"',
  '"_session_expiry"',
  '"_latchkey_device"',
  '"_latchkey_login"',
  jsonText
)
const json: Grammar = (dice) =>
  one(
    jsonText,
    number,
    one("true", "false", "null", ""),
    all("[", many(one(number, jsonText), ","), "]"),
    all("{", many(all(name, ":", one(number, jsonText)), ","), "}"),
    (inner) => "[".repeat(inner.below(200)) + "]".repeat(inner.below(200))
  )(dice)
export const jsonObject: Grammar = mutated(all("{", many(all(name, one(":", " : "), json), ","), "}"))

/** The text of a stored session. @param sign appends a valid time and signature */
export const sessionText = (sign: (body: string) => string): Grammar => {
  const base64 = (text: string | Buffer): string =>
    (typeof text === "string" ? Buffer.from(text, "latin1") : text).toString("base64url")
  const deflated: Grammar = (dice) => {
    const bytes = deflateSync(Buffer.from(jsonObject(dice), "latin1"))
    const cut = dice.below(6) === 0 ? bytes.subarray(0, dice.below(bytes.length + 1)) : bytes
    return `.${base64(dice.below(6) === 0 ? Buffer.concat([cut, Buffer.from("more")]) : cut)}`
  }
  const body = one(
    (dice) => base64(jsonObject(dice)),
    deflated,
    mutated((dice) => base64(jsonObject(dice))),
    mutated(deflated)
  )
  return one(
    (dice) => sign(body(dice)),
    (dice) => sign(body(dice)),
    mutated((dice) => sign(body(dice))),
    body,
    nasty
  )
}

export const redirectTarget = mutated(
  all(
    one("", "/", "//", "///", "/\\", "http:", "https:", "javascript:", "\t", " "),
    one("", "example.com", "evil.example", "example.com@evil.example", "[::1]", "\\evil", word),
    one("", "/", "/a", "?a=b", "#x", ":80", "/%2e%2e/", nasty)
  )
)

const field = one(
  "username",
  "password",
  "csrfmiddlewaretoken",
  "next",
  "email",
  "old_password",
  "password1",
  "new_password1",
  "__proto__",
  word,
  nasty
)
const escaped = one(
  word,
  nasty,
  "%C3%A9",
  "%",
  "%0",
  "%u0041",
  "+",
  redirectTarget,
  many(one("%cc%81", "%cc%96", letter))
)
const urlencoded = mutated(all(all(field, "=", escaped), many(all(one("&", "&", ";"), field, one("=", ""), escaped))))
const multipart = mutated(
  all(
    "--b\r\n",
    many(
      all(
        'Content-Disposition: form-data; name="',
        field,
        one('"', '"; filename="x"', ""),
        "\r\n\r\n",
        escaped,
        "\r\n--b\r\n"
      ),
      ""
    ),
    one("--b--\r\n", "--b--", "")
  )
)
export const contentType = one(
  "application/x-www-form-urlencoded",
  "application/x-www-form-urlencoded; charset=utf-16",
  "multipart/form-data; boundary=b",
  "multipart/form-data",
  "application/json",
  "text/plain",
  nasty
)
const body = one(urlencoded, multipart, jsonObject, nasty, all('{"username":', json, ',"password":', json, "}"))

const path = one(
  "/me",
  "/login",
  "/logout",
  "/session",
  "/session/delete",
  "/session/expiry",
  "/session/cycle",
  "/password",
  "/perms",
  "/members",
  "/editors",
  "/csrf",
  "/protected",
  "/cart/",
  "/accounts/login/",
  "/accounts/login/",
  "/accounts/logout/",
  "/accounts/password_change/",
  "/anon",
  "/dbsc/register",
  "/dbsc/refresh",
  "/reauthenticate",
  "/account/login",
  "/account/signup",
  "/account/password_reset/",
  "/account/password_change",
  "/account/logout",
  "/account/reset/MQ/set-password",
  "/"
)
const query = all("?", many(all(one("next", "perm", "n", word), "=", one(escaped, redirectTarget)), "&"))
const target = one(path, path, all(path, query), mutated(all(path, query)), all("http://", word, path))

export const headerLine = one(
  all("Host: ", one("example.com", "evil.example", "[::1]:80", word, nasty)),
  all("Origin: ", one("null", "http://example.com", "http://evil.example", nasty)),
  all("Referer: ", one("http://example.com/", redirectTarget)),
  all("Accept: ", one("text/html", "application/json", many(one("*/*;q=", nasty, ","), ","))),
  all("X-CSRFToken: ", mutated(many(letter))),
  all("X-Forwarded-", one("Proto: https", "Host: evil.example", "For: 1.2.3.4, ,")),
  all("Secure-Session-Response: ", one(many(letter, "."), mutated(all(word, ".", word, ".", word)))),
  all("Sec-Secure-Session-Id: ", mutated(many(letter))),
  all("Sec-Fetch-Site: ", one("cross-site", "same-origin", "none", nasty)),
  all("User-Agent: ", nasty),
  all(word, ": ", nasty)
)

/** A line break, or NUL, would end the header line: then Node refuses the request, and latchkey never sees it. */
export const inLine = (text: string): string => text.replace(/[\r\n\0]/g, "").slice(0, 12_000)

export interface HostileRequest {
  readonly method: string
  readonly target: string
  readonly lines: ReadonlyArray<string>
  readonly cookie: string
  readonly body: string
}

/** @param cookies the grammar of the Cookie header */
export const hostileRequest =
  (cookies: Grammar) =>
  (dice: Dice): HostileRequest => {
    const hasBody = dice.below(2) === 0
    const cookie = dice.below(5) === 0 ? "" : inLine(cookies(dice))
    const lines = Array.from({ length: dice.below(4) }, () => inLine(headerLine(dice)))
    const host = lines.some((line) => /^host:/i.test(line)) ? [] : ["Host: example.com"]
    return {
      method: hasBody ? "POST" : dice.pick(["GET", "GET", "GET", "HEAD", "OPTIONS", "DELETE"]),
      target: inLine(target(dice)).replace(/ /g, "%20") || "/",
      lines: [...host, ...lines, ...(hasBody ? [`Content-Type: ${inLine(contentType(dice))}`] : [])],
      cookie,
      body: hasBody ? body(dice) : ""
    }
  }
