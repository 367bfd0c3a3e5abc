/** Texts of 1 MiB from a client or a store cost processor time in proportion to their length. */
import { deflateSync } from "node:zlib"
import { describe, expect, it } from "vitest"
import { loginName, normalizeEmail, normalizeUsername } from "../../src/core/accounts/new-user.ts"
import { idOf, isSameAddress } from "../../src/core/accounts/reset-token.ts"
import { isUsername } from "../../src/core/accounts/usernames.ts"
import { parse as parseCsrf } from "../../src/core/csrf/csrf-secret.ts"
import { cookieValue, parseCookies } from "../../src/core/http/cookies/cookie.ts"
import { addVary } from "../../src/core/http/headers/vary.ts"
import { asksForJson } from "../../src/core/http/request/accept.ts"
import { host } from "../../src/core/http/request/host.ts"
import type { RequestHead } from "../../src/core/http/request/request-head.ts"
import { parse as parseQuery } from "../../src/core/http/urls/query.ts"
import { isSafeUrl } from "../../src/core/http/urls/safe-redirect.ts"
import { parseObject, parseValue } from "../../src/core/json/json-text.ts"
import { parseMembers } from "../../src/core/json/stored-json.ts"
import { makeCodec } from "../../src/core/session/text/codec.ts"
import { decode as decodeBase62 } from "../../src/core/signing/base62.ts"
import { makeSigner } from "../../src/core/signing/timestamp-signer.ts"

const KIB = 1024
const [short, long] = [256 * KIB, 1024 * KIB]

/** A text of about this length. */
const of = (part: string, length: number): string => part.repeat(Math.ceil(length / part.length))

const head = (name: string, value: string): RequestHead => ({
  method: "POST",
  target: "/",
  headers: [[name, value]],
  transport: { secure: true, serverName: "example.com", serverPort: "443" }
})
const hosts = {
  allowedHosts: ["example.com"],
  useForwardedHost: false,
  useForwardedPort: false,
  secureProxyHeader: undefined
}
const secret = "linear"
const codec = makeCodec({ secret, fallbacks: [], memoBytes: 0 })
const signer = makeSigner({ secret, fallbacks: [], salt: "django.contrib.sessions.SessionStore" })
const signed = (body: string): string => signer.sign(body, 0)
const base64url = (text: string | Buffer): string => Buffer.from(text as string).toString("base64url")

const attempts: Readonly<Record<string, readonly [make: (length: number) => string, read: (text: string) => unknown]>> =
  {
    "cookies: many": [(n) => of("a=1; ", n), parseCookies],
    "cookies: names without a value": [(n) => of(";", n), parseCookies],
    "cookies: escaped quotes": [(n) => `sessionid="${of('\\"', n)}"`, (text) => cookieValue(text, "sessionid")],
    "cookies: octal escapes": [(n) => `sessionid="${of("\\141", n)}"`, (text) => cookieValue(text, "sessionid")],
    "cookies: backslashes": [(n) => `sessionid="${of("\\", n)}`, (text) => cookieValue(text, "sessionid")],
    "cookies: spaces": [(n) => `sessionid=${of(" ", n)}x`, (text) => cookieValue(text, "sessionid")],
    "cookies: equals signs": [(n) => of("=", n), parseCookies],
    "a query: many fields": [(n) => of("a=1&", n), parseQuery],
    "a query: percent signs": [(n) => of("%", n), parseQuery],
    "a query: escapes that are not UTF-8": [(n) => of("%ff", n), parseQuery],
    "a target after login: slashes": [(n) => of("/", n), (text) => isSafeUrl(text, ["example.com"], true)],
    "a target after login: at signs": [
      (n) => `https://${of("@", n)}`,
      (text) => isSafeUrl(text, ["example.com"], true)
    ],
    "a target after login: spaces": [(n) => of(" ", n), (text) => isSafeUrl(text, ["example.com"], true)],
    "a CSRF token": [(n) => of("A", n), parseCsrf],
    "Accept: many types": [(n) => of("text/html;q=0.1,", n), (text) => asksForJson(head("accept", text))],
    "Accept: parameters": [(n) => `a/b${of(";q=", n)}`, (text) => asksForJson(head("accept", text))],
    "Host: colons": [(n) => of(":", n), (text) => host(hosts, head("host", text))],
    "Host: dots": [(n) => of("a.", n), (text) => host(hosts, head("host", text))],
    "Vary: many names": [(n) => of("a, ", n), (text) => addVary(text, "Cookie")],
    "a user name: marks": [(n) => `a${of("\u0301\u0316", n)}`, normalizeUsername],
    "a user name: spaces": [(n) => `a${of(" ", n)}a`, loginName],
    "a user name: at signs": [(n) => `${of("a@", n)}!`, isUsername],
    "an address: dots": [(n) => `a@${of("a.", n)}`, normalizeEmail],
    "an address: ligatures": [(n) => of("ﬃ", n), (text) => isSameAddress(text, `${text}x`)],
    "an id in a link": [(n) => of("A", n), idOf],
    "a time in base 62": [(n) => of("z", n), decodeBase62],
    "a session: colons": [(n) => of(":", n), codec.decode],
    "a session: a wrong signature": [(n) => `${of("a", n)}:1vb66i:x`, codec.decode],
    "a session: not base64": [(n) => signed(of("!", n)), codec.decode],
    "a session: nested": [(n) => signed(base64url(`{"a":${of("[", n)}`)), codec.decode],
    "a session: many members": [(n) => signed(base64url(`{${of('"a":1,', n)}"b":1}`)), codec.decode],
    "a session: deflated": [(n) => signed(`.${base64url(deflateSync(`{"a":"${of("x", n)}"}`))}`), codec.decode],
    "JSON: nested arrays": [(n) => `{"a":${of("[", n)}`, parseObject],
    "JSON: escapes": [(n) => `{"a":"${of("\\u0000", n)}"}`, parseObject],
    "JSON: digits": [(n) => of("9", n), parseValue],
    "JSON: white space": [(n) => `{${of(" ", n)}`, parseMembers],
    "JSON: backslashes in a name": [(n) => `{"${of("\\\\", n)}":1}`, parseMembers],
    "JSON: different members": [
      (n) => `{${Array.from({ length: n / 16 }, (_, index) => `"member${index}":1`).join(",")}}`,
      parseMembers
    ]
  }

/** The least processor time of several runs, in microseconds: other work of the machine only adds to it. */
const costOf = (read: (text: string) => unknown, text: string): number => {
  let least = Number.POSITIVE_INFINITY
  for (let run = 0; run < 3; run++) {
    const before = process.cpuUsage()
    read(text)
    const { system, user } = process.cpuUsage(before)
    least = Math.min(least, system + user)
  }
  return least
}

/** Four times the length may cost 10 times as much (a quadratic one costs 16), beside what a run costs at least. */
const FACTOR = 10
const FLOOR_MICROSECONDS = 4000

/** Measures up to three times: a collection of garbage in a long run looks like a cost of the reader. */
const isLinear = (make: (length: number) => string, read: (text: string) => unknown): boolean =>
  Array.from({ length: 3 }).some(() => {
    const small = costOf(read, make(short))
    return costOf(read, make(long)) <= Math.max(small, FLOOR_MICROSECONDS) * FACTOR
  })

describe("1 MiB costs at most in proportion to its length", () => {
  it.each(Object.entries(attempts))("%s", (_, [make, read]) => {
    expect(isLinear(make, read)).toBe(true)
  })

  it("and a quadratic reader would be noticed", () => {
    const quadratic = (text: string): number => {
      let sum = 0
      for (let at = 0; at < text.length; at += 256) for (let to = at; to < text.length; to += 8) sum += to & 1
      return sum
    }
    expect(isLinear((n) => of("a", n), quadratic)).toBe(false)
  })
})
