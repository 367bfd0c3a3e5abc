/** Texts of 1 MiB from a client or a store cost processor time in proportion to their length. */
import { deflateSync } from "node:zlib"
import { describe, expect, it } from "vitest"
import { readForm } from "../../src/adapters/http/form-body.ts"
import { loginName, normalizeEmail, normalizeUsername } from "../../src/core/accounts/new-user.ts"
import { idOf, isSameAddress } from "../../src/core/accounts/reset-token.ts"
import { isUsername } from "../../src/core/accounts/usernames.ts"
import { check as checkCsrf } from "../../src/core/csrf/check-request.ts"
import { parse as parseCsrf } from "../../src/core/csrf/csrf-secret.ts"
import { parse as parseOrigin } from "../../src/core/csrf/trusted-origins.ts"
import { bare, read as readProof } from "../../src/core/device-bound/device-proof.ts"
import { cookieValue, parseCookies } from "../../src/core/http/cookies/cookie.ts"
import { addVary } from "../../src/core/http/headers/vary.ts"
import { asksForJson } from "../../src/core/http/request/accept.ts"
import { host } from "../../src/core/http/request/host.ts"
import { networksOf } from "../../src/core/http/request/network.ts"
import type { RequestHead } from "../../src/core/http/request/request-head.ts"
import { parse as parseQuery } from "../../src/core/http/urls/query.ts"
import { isSafeUrl } from "../../src/core/http/urls/safe-redirect.ts"
import { parseObject, parseValue } from "../../src/core/json/json-text.ts"
import { parseMembers } from "../../src/core/json/stored-json.ts"
import * as Argon2 from "../../src/core/password/argon2-format.ts"
import * as Bcrypt from "../../src/core/password/bcrypt-format.ts"
import * as Digest from "../../src/core/password/digest-format.ts"
import * as Encoded from "../../src/core/password/encoded.ts"
import * as Pbkdf2 from "../../src/core/password/pbkdf2-format.ts"
import * as Scrypt from "../../src/core/password/scrypt-format.ts"
import { userAttributeSimilarity } from "../../src/core/password/validators.ts"
import { makeCodec } from "../../src/core/session/text/codec.ts"
import { decode as decodeBase62 } from "../../src/core/signing/base62.ts"
import { makeSigner } from "../../src/core/signing/timestamp-signer.ts"

const KIB = 1024
const [short, long] = [64 * KIB, 1024 * KIB]

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

const origins = {
  http: hosts,
  trustedOrigins: [parseOrigin("https://*.example.com") ?? expect.fail("no origin")],
  headerName: "X-CSRFToken",
  cookieDomain: ".example.com"
}
/** The whole CSRF check of a request over https with one header. */
const csrfOf =
  (name: string) =>
  (text: string): unknown =>
    checkCsrf(origins, head(name, text), "a".repeat(32), "a".repeat(32))

/** All formats read a stored text. */
const readHash = (text: string): unknown => [
  Encoded.identify(text),
  Argon2.parse(text),
  Argon2.mustUpdate(text, { memoryCost: 8, timeCost: 1, parallelism: 1, hashLength: 32 }),
  Bcrypt.parse("bcrypt", text),
  Bcrypt.parse("bcrypt_sha256", text),
  Digest.parse("md5", text),
  Pbkdf2.parse("pbkdf2_sha256", text),
  Pbkdf2.mustUpdate("pbkdf2_sha256", text, 1),
  Scrypt.parse(text)
]

const isSimilar = userAttributeSimilarity()
const similarTo =
  (value: string) =>
  (password: string): unknown =>
    isSimilar(password, { username: value, nickname: value })
const similarOwner = userAttributeSimilarity({ attributes: { nickname: "nickname" }, maximumSimilarity: 0.1 })

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
    "a CSRF check, Origin: dots": [(n) => `https://${of("a.", n)}`, csrfOf("origin")],
    "a CSRF check, Origin: commas": [(n) => of("https://example.com, ", n), csrfOf("origin")],
    "a CSRF check, Referer: slashes": [(n) => `https:${of("/", n)}`, csrfOf("referer")],
    "a CSRF check, Referer: at signs": [(n) => `https://${of("@", n)}/`, csrfOf("referer")],
    "a CSRF check, Referer: brackets": [(n) => `https://${of("[", n)}/`, csrfOf("referer")],
    "a CSRF check, Referer: colons": [(n) => `https://a${of(":", n)}`, csrfOf("referer")],
    "X-Forwarded-For: many addresses": [(n) => of("1.2.3.4, ", n), networksOf],
    "X-Forwarded-For: digits and dots": [(n) => of("1.", n), networksOf],
    "X-Forwarded-For: colons": [(n) => of(":", n), networksOf],
    "X-Forwarded-For: spaces": [(n) => `1.2.3.4${of(" ", n)}x`, networksOf],
    "X-Forwarded-For: brackets": [(n) => of("[", n), networksOf],
    "a device's proof: dots": [(n) => of(".", n), readProof],
    "a device's proof: quotes": [(n) => of('"', n), readProof],
    "a device's proof: spaces": [(n) => `"${of(" ", n)}x`, bare],
    "a device's proof: a long payload": [
      (n) => `${base64url('{"alg":"ES256","typ":"dbsc+jwt"}')}.${base64url(`{"jti":"${of("a", n)}"}`)}.a`,
      readProof
    ],
    "a stored hash: dollar signs": [(n) => of("$", n), readHash],
    "a stored hash: a long salt": [(n) => `pbkdf2_sha256$1$${of("a", n)}$aaaa`, readHash],
    "a stored hash: a long hash": [(n) => `pbkdf2_sha256$1$a$${of("a", n)}`, readHash],
    "a stored hash: digits": [(n) => `pbkdf2_sha256$${of("9", n)}$a$b`, readHash],
    "a stored hash: argon2": [(n) => `argon2$argon2id$v=19$m=8,t=1,p=1$${of("a", n)}$${of("a", n)}`, readHash],
    "a stored hash: argon2, many costs": [(n) => `argon2$argon2id$v=19$${of("m=8,", n)}$a$a`, readHash],
    "a stored hash: scrypt": [(n) => `scrypt$2$${of("a", n)}$8$1$${of("a", n)}`, readHash],
    "a stored hash: bcrypt": [(n) => `bcrypt$$2b$04$${of("a", n)}`, readHash],
    "a similar password: letters": [(n) => of("alice", n), similarTo("alice")],
    "a similar password: a field as long": [
      (n) => of("ab.", n),
      (text) => similarOwner("ab".repeat(100), { nickname: text })
    ],
    "a similar password: marks": [(n) => of("\u0130", n), similarTo("\u0130".repeat(150))],
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

/** The least processor time of several runs of this thread, in microseconds: other work of the machine only adds to it. */
const costOf = async (read: (text: string) => unknown, text: string): Promise<number> => {
  let least = Number.POSITIVE_INFINITY
  for (let run = 0; run < 3; run++) {
    const before = process.threadCpuUsage()
    await read(text)
    const { system, user } = process.threadCpuUsage(before)
    least = Math.min(least, system + user)
  }
  return least
}

/** The bodies of forms, which are read in pieces. Only what the limit keeps is parsed. */
const bodies: Readonly<Record<string, readonly [type: string, part: string]>> = {
  fields: ["application/x-www-form-urlencoded", "a=1&"],
  "percent signs": ["application/x-www-form-urlencoded", "%"],
  "plus signs": ["application/x-www-form-urlencoded", "+"],
  "characters outside the basic plane": ["application/x-www-form-urlencoded", "a\u{1f600}&b\u{1f600}"],
  "characters of two bytes": ["application/x-www-form-urlencoded", "\u4e2d&"],
  "nested JSON": ["application/json", "["],
  "a multipart form": [
    "multipart/form-data; boundary=b",
    '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
  ],
  "a boundary": ["multipart/form-data; boundary=----", "----\r\n"]
}

async function* piecesOf(text: string) {
  for (let at = 0; at < text.length; at += KIB) yield text.slice(at, at + KIB)
}

/** How many short texts are as long as the long one. */
const PARTS = long / short
/** The long text may cost 2.5 times as much as its parts (a quadratic reader: 16 times), or 40 ms. */
const FACTOR = 2.5
const FLOOR_MICROSECONDS = 16_000

/** Measures up to three times: a collection of garbage in a long run looks like a cost of the reader. */
const isLinear = async (make: (length: number) => string, read: (text: string) => unknown): Promise<boolean> => {
  const readParts = async (text: string): Promise<void> => {
    for (let part = 0; part < PARTS; part++) await read(text)
  }
  for (let time = 0; time < 3; time++) {
    const parts = await costOf(readParts, make(short))
    if ((await costOf(read, make(long))) <= Math.max(parts, FLOOR_MICROSECONDS) * FACTOR) return true
  }
  return false
}

describe("1 MiB costs at most in proportion to its length", () => {
  it.each(Object.entries(attempts))("%s", async (_, [make, read]) => {
    expect(await isLinear(make, read)).toBe(true)
  })

  it.each(Object.entries(bodies))("the body of a form: %s", async (_, [type, part]) => {
    const read = (text: string) => readForm(head("content-type", type), piecesOf(text))
    expect(await isLinear((n) => of(part, n), read)).toBe(true)
    // The longest texts that are not too large, however their characters are encoded.
    expect(await isLinear((n) => of(part, (n / long) * 48_000), read)).toBe(true)
  })

  it("and a quadratic reader would be noticed", async () => {
    const quadratic = (text: string): number => {
      let sum = 0
      for (let at = 0; at < text.length; at += 256) for (let to = at; to < text.length; to += 8) sum += to & 1
      return sum
    }
    expect(await isLinear((n) => of("a", n), quadratic)).toBe(false)
  })
})
