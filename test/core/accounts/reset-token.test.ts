import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { normalizeEmail, normalizeUsername } from "../../../src/core/accounts/new-user.ts"
import {
  idOf,
  isRecipient,
  isSameAddress,
  type LocalTime,
  localTimeOf,
  makeResetTokens,
  type ResetUser,
  uidOf
} from "../../../src/core/accounts/reset-token.ts"
import { saltedHmac } from "../../../src/core/signing/hmac.ts"
import { recordCases } from "../../corpus/recording.ts"
import corpus from "../../corpus/reset-token.json" with { type: "json" }
import base36 from "../../vectors/base36.json" with { type: "json" }
import names from "../../vectors/names.json" with { type: "json" }
import vectors from "../../vectors/password_reset_tokens.json" with { type: "json" }

const secret = "test-secret-key-0123456789-0123456789-0123456789"
const olderSecret = "older-secret-key-abcdefghij-abcdefghij-abcdefghij"
const tokens = makeResetTokens({ secret, fallbacks: [] })

/** Rows with a user, and the one that tells of a token made with the older secret. */
const rows = vectors.data.filter((row) => "pk" in row)
const underOlder = vectors.data.find((row) => "valid_with_fallbacks" in row)!

type Row = (typeof rows)[number]

const userOf = (row: Row): ResetUser => ({
  id: String(row.pk),
  password: row.password!,
  lastLoginAt: row.last_login == null ? null : Date.parse(row.last_login),
  email: row.email!
})

/** That Django ran in UTC; the offset of `last_login` is taken from its text. */
const timeOf = (row: Row, laterSeconds = 0): LocalTime => ({
  now: Date.parse(`${row.now_naive_local}Z`) + laterSeconds * 1000,
  offsetSeconds: 0,
  lastLoginOffsetSeconds: row.last_login?.endsWith("+02:00") ? 7200 : 0
})

describe("a reset token", () => {
  it.each(rows)("for $pk is what Django made", (row) => {
    expect(tokens.make(userOf(row), timeOf(row))).toBe(row.token)
  })

  /** What each check does to the user, the clock or the token. */
  const changes: Readonly<Record<string, { readonly user?: Partial<ResetUser>; readonly later?: number }>> = {
    "same second": {},
    "at timeout": { later: 259_200 },
    "timeout + 1s": { later: 259_201 },
    "issued in the future": { later: -86_400 },
    "password changed": { user: { password: "new" } },
    "logged in since": { user: { lastLoginAt: Date.UTC(2024, 4, 6) } },
    "email changed": { user: { email: "other@example.com" } },
    "other user": { user: { id: "1000" } }
  }
  const checks = rows.flatMap((row) => row.checks!.map((check) => [row.pk, check.label, row, check] as const))

  it.each(checks)("for %s, %s", (_, label, row, check) => {
    const { user, later } = changes[label] ?? {}
    expect(label in changes).toBe(!("token" in check))
    const token = "token" in check ? check.token : row.token!
    expect(tokens.check({ ...userOf(row), ...user }, token, timeOf(row, later))).toBe(check.valid)
  })

  it("made with an older secret is valid while that secret is a fallback", () => {
    const row = rows[underOlder.user!]!
    const withFallback = makeResetTokens({ secret, fallbacks: ["another", olderSecret] })
    expect(withFallback.check(userOf(row), underOlder.token!, timeOf(row))).toBe(underOlder.valid_with_fallbacks)
    expect(tokens.check(userOf(row), underOlder.token!, timeOf(row))).toBe(false)
    expect(withFallback.make(userOf(row), timeOf(row))).toBe(row.token)
  })

  it("made with an older secret is not valid beside Django 3.2, which has no fallbacks", () => {
    const row = rows[underOlder.user!]!
    const [known] = vectors.older.map((older) => older.rows["4"])
    const beside32 = makeResetTokens({ secret, fallbacks: [], readsSha1: true })
    expect(beside32.check(userOf(row), known!.token, timeOf(row))).toBe(known!.valid_with_fallbacks)
  })

  it("signed with SHA-1 is accepted only with `readsSha1`, and is never made", () => {
    const [row] = rows
    const salt = "django.contrib.auth.tokens.PasswordResetTokenGenerator"
    const sha1 = (key: string) => {
      const hash = saltedHmac(salt, row!.hash_input!, key, "sha1")
      return `c6lftl-${Array.from(hash)
        .filter((_, at) => at % 2 === 0)
        .join("")}`
    }
    const beside32 = makeResetTokens({ secret, fallbacks: [olderSecret], readsSha1: true })
    const good = (token: string) => beside32.check(userOf(row!), token, timeOf(row!))
    expect([sha1(secret), sha1(olderSecret), sha1("another"), row!.token!].map(good)).toEqual([true, true, false, true])
    expect(beside32.make(userOf(row!), timeOf(row!))).toBe(row!.token)
    expect(tokens.check(userOf(row!), sha1(secret), timeOf(row!))).toBe(false)
  })

  it("moves with the zone that Django runs in", () => {
    const [row] = rows
    const east = { now: timeOf(row!).now - 3600_000, offsetSeconds: 3600 }
    expect(tokens.make(userOf(row!), east)).toBe(row!.token)
  })

  it("is valid for the configured time", () => {
    const [row] = rows
    const short = makeResetTokens({ secret, fallbacks: [], timeoutSeconds: 60 })
    expect([60, 61].map((later) => short.check(userOf(row!), row!.token!, timeOf(row!, later)))).toEqual([true, false])
  })

  it("is valid only for the values that it was made for", () => {
    const user = fc.record({
      id: fc.nat().map(String),
      password: fc.string(),
      lastLoginAt: fc.option(fc.integer({ min: 0, max: 4e12 })),
      email: fc.option(fc.string())
    })
    const time = fc.record({
      now: fc.integer({ min: Date.UTC(2001, 0, 2), max: 4e12 }),
      offsetSeconds: fc.integer({ min: -50_400, max: 50_400 })
    })
    fc.assert(
      fc.property(
        user,
        time,
        fc.nat({ max: 37 }),
        fc.constantFrom(..."0123456789abcdef-Z"),
        (someone, at, place, digit) => {
          const token = tokens.make(someone, at)
          expect(token).toMatch(/^[0-9a-z]{1,7}-[0-9a-f]{32}$/)
          expect(tokens.check(someone, token, at)).toBe(true)
          const forged = token.slice(0, place) + digit + token.slice(place + 1)
          expect(tokens.check(someone, forged, at)).toBe(forged === token)
          expect(tokens.check({ ...someone, password: `${someone.password}x` }, token, at)).toBe(false)
        }
      )
    )
  })

  it("is refused in every other spelling", () => {
    const [row] = rows
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.tuple(fc.string(), fc.string()).map((parts) => parts.join("-"))
        ),
        (text) => {
          expect(tokens.check(userOf(row!), text, timeOf(row!))).toBe(false)
        }
      )
    )
  })
})

describe("the time in a reset token", () => {
  const user = { ...userOf(rows[0]!), lastLoginAt: null }
  const start = Date.UTC(2001, 0, 1)
  const at = (seconds: number): LocalTime => ({ now: start + seconds * 1000, offsetSeconds: 0 })

  it.each(base36.data.encode)("of $int seconds is $b36", ({ int, b36 }) => {
    const token = tokens.make(user, at(int))
    expect(token.split("-")[0]).toBe(b36)
    expect(tokens.check(user, token, at(int))).toBe(true)
  })

  /** What Django reads, and would write so itself: what it would write otherwise is no token to it either. */
  const good = ["0", "z", "10", "bxok9c"]
  /** It would be good in Django, in a year of thirteen digits. */
  const beyond = "zzzzzzzzzzzzz"

  it.each(base36.data.decode)("is $in: $out", ({ in: text, out }) => {
    // A token that only the holder of the secret can make.
    const salt = "django.contrib.auth.tokens.PasswordResetTokenGenerator"
    const hash = saltedHmac(salt, `${user.id}${user.password}${out}${user.email}`, secret)
    const token = `${text}-${hash.replace(/(.)./g, "$1")}`
    const seconds = out === "ValueError" ? 0 : Math.min(Math.max(0, Number(out)), 1e9)
    expect(tokens.check(user, token, at(seconds))).toBe(good.includes(text))
    if ([...good, beyond].includes(text)) expect(BigInt(out).toString(36)).toBe(text)
  })
})

describe("a hostile reset link", () => {
  const cases = recordCases()
  const [row] = rows
  const inputs = (prefix: RegExp) => corpus.filter(({ input }) => prefix.test(input))

  const texts = corpus.filter(({ input }) => !/^(uidb64|replay):|deactivated/.test(input))
  cases.each("core", texts)("$id: $expect", ({ input }) => {
    expect(tokens.check(userOf(row!), input, timeOf(row!))).toBe(false)
  })

  cases.each("core", inputs(/^uidb64:/))("$id: $expect", ({ id, input }) => {
    expect(idOf(input.slice("uidb64:".length))).toBe(id === "B465" ? "1" : undefined)
  })

  cases.each("core", inputs(/^replay:/))("$id: $expect", ({ input }) => {
    const user = userOf(row!)
    const after = input.includes("login") ? { ...user, lastLoginAt: timeOf(row!).now } : { ...user, password: "p$new" }
    expect(tokens.check(after, row!.token!, timeOf(row!))).toBe(false)
  })

  cases.each("core", inputs(/deactivated/))(
    "$id: gets no link (a token from before is refused where the user is looked up)",
    () => {
      const user = { isActive: false, password: "p$x", email: "a@example.com" }
      expect(isRecipient(user, "a@example.com")).toBe(false)
      expect(isRecipient({ ...user, isActive: true }, "A@EXAMPLE.com")).toBe(true)
    }
  )

  cases.isComplete("core", ["reset-token"])
})

describe("a uid", () => {
  it.each(rows)("for $pk is what Django wrote", ({ pk, uidb64 }) => {
    expect(uidOf(String(pk))).toBe(uidb64)
    expect(idOf(uidb64!)).toBe(String(pk))
  })

  it("gives back every id", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1 }), (id) => {
        expect(idOf(uidOf(id))).toBe(id.includes("\0") ? undefined : id)
      })
    )
  })

  it.each(["", "!!!", "=", "gA", "7aCA", "AA", "MQ MQ", "M"])("%j is none", (uid) => {
    expect(idOf(uid)).toBeUndefined()
  })
})

describe("a recipient", () => {
  const user = { isActive: true, password: "pbkdf2_sha256$1$s$h", email: "Mike@example.org" }

  it("is active, has a password, and has exactly the given address", () => {
    expect(isRecipient(user, "mike@EXAMPLE.org")).toBe(true)
    expect(isRecipient({ ...user, isActive: false }, user.email)).toBe(false)
    expect(isRecipient({ ...user, password: "!unusable" }, user.email)).toBe(false)
    expect(isRecipient(user, "mıke@example.org")).toBe(false)
    for (const none of ["", null]) expect(isRecipient({ ...user, email: none }, "")).toBe(false)
  })

  it.each(names.data.unicode_ci_compare)("address $a is $b: $equal", ({ a, b, equal }) => {
    expect(isSameAddress(a, b)).toBe(equal)
    expect(isSameAddress(b, a)).toBe(equal)
  })

  it("is found by an address in upper or lower case, in every script with cases", () => {
    for (const [a, b] of [
      ["ẞ", "ss"],
      ["ΌΣΟΣ", "όσος"],
      ["ǅ", "ǆ"],
      ["ſ", "S"],
      ["Ꭰ", "ꭰ"],
      ["ａ", "A"]
    ] as const)
      expect(isSameAddress(a, b)).toBe(true)
    for (const [a, b] of [
      ["ı", "I"],
      ["ı", "i"],
      ["İ", "i"],
      ["é", "e"]
    ] as const)
      expect(isSameAddress(a, b)).toBe(false)
  })

  it("is not found by an address longer than the column, which is not normalised", () => {
    const long = "\u0301".repeat(100_000)
    const before = process.threadCpuUsage()
    expect(isSameAddress(long, long)).toBe(false)
    const { system, user } = process.threadCpuUsage(before)
    expect((system + user) / 1000).toBeLessThan(100)
  })
})

describe("what a new user is called", () => {
  it.each(names.data.normalize_email)("e-mail address $in is stored as $out", ({ in: given, out }) => {
    expect(normalizeEmail(given ?? "")).toBe(out)
  })

  it.each(names.data.normalize_username)("name $in is stored as $out", ({ in: given, out }) => {
    expect(normalizeUsername(given)).toBe(out)
  })
})

describe("the clock of a Django", () => {
  const now = Date.UTC(2024, 6, 15, 12)
  const inWinter = { lastLoginAt: Date.UTC(2024, 0, 15, 12) }

  it("is that of its zone, and loads the last login in UTC", () => {
    const clock = { timeZone: "America/Chicago", useTimeZones: true }
    expect(localTimeOf(clock, now, inWinter)).toEqual({ now, offsetSeconds: -18_000, lastLoginOffsetSeconds: 0 })
  })

  it("loads it in its zone without USE_TZ, in the time of that season", () => {
    const clock = { timeZone: "America/Chicago", useTimeZones: false }
    expect(localTimeOf(clock, now, inWinter)).toEqual({ now, offsetSeconds: -18_000, lastLoginOffsetSeconds: -21_600 })
    expect(localTimeOf(clock, now, { lastLoginAt: null }).lastLoginOffsetSeconds).toBe(0)
  })
})
