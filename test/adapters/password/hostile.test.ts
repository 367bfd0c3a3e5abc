import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { sha1, unsaltedMd5, unsaltedSha1 } from "../../../src/adapters/password/hashers/legacy-hashers.ts"
import { md5 } from "../../../src/adapters/password/hashers/md5-hasher.ts"
import { makePasswords } from "../../../src/adapters/password/make-passwords.ts"
import type { Hasher } from "../../../src/adapters/ports/passwords.ts"
import storedTexts from "../../corpus/encoded-hash.json" with { type: "json" }
import offeredTexts from "../../corpus/password.json" with { type: "json" }
import { recordCases } from "../../corpus/recording.ts"
import { Ledger } from "./ledger.ts"

const ledger = new Ledger()
const all: ReadonlyArray<Hasher> = [
  ledger.sha1(100),
  ledger.scrypt({ workFactor: 2, blockSize: 1, parallelism: 1 }),
  ledger.argon2({ memoryCost: 8, timeCost: 1, parallelism: 1 }),
  ledger.bcrypt("bcrypt_sha256", 4),
  ledger.bcrypt("bcrypt", 4)
]
const weak: ReadonlyArray<Hasher> = [md5(), sha1(), unsaltedSha1(), unsaltedMd5()]
const strong = makePasswords({ hashers: [ledger.sha256(100), ...all] })
const reading = makePasswords({ hashers: [ledger.sha256(100), ...all, ...weak] })
const run = Effect.runPromise
const wrong = { correct: false, mustUpdate: false }

const salt = "abcdefghijklmnopqrstuu"
const more = [
  "\ud800$\udc00",
  "\0",
  "pbkdf2_sha256$1\0$s$h",
  "$".repeat(100_000),
  "pbkdf2_sha256$1$s$h".repeat(1000),
  `scrypt$1048576$${salt}$8$16$aGFzaA==`,
  `scrypt$16777216$${salt}$1$1$aGFzaA==`,
  `argon2$argon2id$v=19$m=4294967295,t=4294967295,p=255$YWJjZGVmZ2g$${"h".repeat(43)}`,
  `argon2$argon2id$v=19$m=262144,t=16,p=1$YWJjZGVmZ2g$${"h".repeat(100_000)}`,
  `bcrypt_sha256$$2b$31$${salt}${"h".repeat(31)}`,
  `bcrypt$$2b$99$${salt}${"h".repeat(31)}`,
  "constructor$1$2$3",
  `md5$$${"Z".repeat(32)}`
]

describe("a hostile text in the password column", () => {
  const cases = recordCases()

  const texts = [
    ...storedTexts.map(({ id, input }) => [id, input] as const),
    ...more.map((input, at) => [`own ${at}`, input] as const)
  ]

  const isWrong = async (encoded: string): Promise<void> => {
    for (const password of ["password", "", " ", encoded.slice(0, 4000).toWellFormed()]) {
      ledger.take()
      expect(await run(strong.verify(password, encoded))).toEqual(wrong)
      expect(ledger.take()).toEqual({ sha256: 100 })
    }
  }
  cases.each("hashers", storedTexts)("$id is a wrong password and costs one fresh hash", ({ input }) => isWrong(input))
  it.each(more)("%# is a wrong password and costs one fresh hash", isWrong)
  cases.isComplete("hashers", ["encoded-hash"])

  it.each(texts)("%s costs no less where weak digests are read", async (_, encoded) => {
    for (const password of ["wrong", "", " "]) {
      ledger.take()
      expect(await run(reading.verify(password, encoded))).toEqual(wrong)
      expect(ledger.take()).toEqual({ sha256: 100 })
    }
  })

  it("is accepted, and must be updated, where a hasher reads its algorithm", async () => {
    const bare = storedTexts.find(({ id }) => id === "B455")!
    expect(await run(reading.verify("password", bare.input))).toEqual({ correct: true, mustUpdate: true })
    expect(await run(strong.verify("password", bare.input))).toEqual(wrong)
  })
})

describe("a hostile password", () => {
  const generated: Readonly<Record<string, string>> = {
    "gen:password-4097": "x".repeat(4097),
    "gen:password-73-bytes-bcrypt": `${"x".repeat(72)}A`
  }
  const neighbours = (password: string) =>
    [
      password.trim(),
      password.split("\0")[0] ?? "",
      password.normalize("NFD"),
      `${password.slice(0, 72)}B`,
      `!${password}`,
      "\ud800"
    ].filter((other) => other !== password)

  describe.each(
    [ledger.sha256(100), ...all].map((hasher) => [hasher.algorithm, hasher] as const)
  )("to %s", (_, hasher) => {
    const { encode, verify } = makePasswords({ hashers: [hasher] })
    const cases = recordCases()

    cases.each("hashers", offeredTexts)("$id verifies only itself: $expect", async ({ input }) => {
      const password = generated[input] ?? input
      const isRefused =
        password.length > 4096 || (hasher.algorithm === "bcrypt" && (password.length > 72 || password.includes("\0")))
      const encoded = await run(isRefused ? encode("x".repeat(72)) : encode(password))
      expect((await run(verify(password, encoded))).correct).toBe(!isRefused)
      const others = neighbours(password).filter((other) => !isRefused || other !== "x".repeat(72))
      for (const other of others) expect(await run(verify(other, encoded))).toEqual(wrong)
      expect(await run(verify(password, password))).toEqual(wrong)
    })
    cases.isComplete("hashers", ["password"])
  })
})
