import * as Effect from "effect/Effect"
import { describe, expect, it } from "vitest"
import { makePasswords } from "../../../src/adapters/hasher/passwords.ts"
import storedTexts from "../../corpus/encoded-hash.json" with { type: "json" }
import offeredTexts from "../../corpus/password.json" with { type: "json" }
import { Ledger } from "./ledger.ts"

const ledger = new Ledger()
const { encode, verify } = makePasswords({ hashers: [ledger.sha256(100), ledger.sha1(100)] })
const run = Effect.runPromise
const wrong = { correct: false, mustUpdate: false }

const more = ["\ud800$\udc00", "\0", "pbkdf2_sha256$1\0$s$h", "$".repeat(100_000), "pbkdf2_sha256$1$s$h".repeat(1000)]

describe("a hostile text in the password column", () => {
  it.each([
    ...storedTexts.map(({ id, input }) => [id, input] as const),
    ...more.map((input, at) => [`own ${at}`, input] as const)
  ])("%s is a wrong password and costs one fresh hash", async (_, encoded) => {
    for (const password of ["password", "", " ", encoded.slice(0, 4000).toWellFormed()]) {
      ledger.take()
      expect(await run(verify(password, encoded))).toEqual(wrong)
      expect(ledger.take()).toEqual({ sha256: 100 })
    }
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

  it.each(offeredTexts)("$id is itself and nothing else: $expect", async ({ input }) => {
    const password = generated[input] ?? input
    const impossible = password.length > 4096
    const encoded = impossible ? await run(encode("x".repeat(4096))) : await run(encode(password))
    expect((await run(verify(password, encoded))).correct).toBe(!impossible)
    for (const other of neighbours(password)) expect(await run(verify(other, encoded))).toEqual(wrong)
    expect(await run(verify(password, password))).toEqual(wrong)
  })
})
