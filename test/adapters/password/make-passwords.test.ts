import * as Effect from "effect/Effect"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { BadRequest, ConfigurationInvalid } from "../../../src/adapters/errors/errors.ts"
import { sha1 } from "../../../src/adapters/password/hashers/legacy-hashers.ts"
import { makePasswords } from "../../../src/adapters/password/make-passwords.ts"
import type { Hasher } from "../../../src/adapters/ports/passwords.ts"
import vectors from "../../vectors/password_check.json" with { type: "json" }
import { Ledger } from "./ledger.ts"

const run = Effect.runPromise
const salt22 = "abcdefghijklmnopqrstuv"

const ledger = new Ledger()
const preferred = ledger.sha256(1000)
const passwords = makePasswords({ hashers: [preferred, ledger.sha1(1000)] })

/** Rows of Django's table that are not tested here, and why. */
const left: Readonly<Record<string, string>> = {
  "null password": "a password is a string: without one, the caller does not verify"
}

describe("check_password", () => {
  const rows = vectors.data.filter((row) => !(row.label in left))

  it.each(rows)("$label", async ({ password, encoded, ...row }) => {
    // Django raises on a malformed text of a known algorithm; here it is a wrong password.
    const { correct, mustUpdate } = await run(passwords.verify(password!, encoded))
    expect({ ok: correct, setter_called: mustUpdate }).toEqual(
      "raises" in row ? { ok: false, setter_called: false } : { ok: row.ok, setter_called: row.setter_called }
    )
  })

  it("is tested with every row except those named here", () => {
    expect(vectors.data.filter((row) => row.label in left).map((row) => row.label)).toEqual(Object.keys(left))
  })
})

describe("encoding", () => {
  it("uses the preferred hasher and a fresh salt of 22 characters", async () => {
    const [first, second] = [await run(passwords.encode("p")), await run(passwords.encode("p"))]
    expect(first).toMatch(/^pbkdf2_sha256\$1000\$[a-zA-Z0-9]{22}\$[A-Za-z0-9+/]{43}=$/)
    expect(second).not.toBe(first)
    expect(await run(passwords.verify("p", first))).toEqual({ correct: true, mustUpdate: false })
  })

  it.each(["\ud800", "x".repeat(4097)])("refuses what cannot be a password, without work", async (password) => {
    ledger.take()
    expect(await run(Effect.flip(passwords.encode(password)))).toBeInstanceOf(BadRequest)
    expect(ledger.take()).toEqual({})
  })

  it("makes a different unusable password each time", async () => {
    expect(passwords.unusable()).toMatch(/^![a-zA-Z0-9]{40}$/)
    expect(passwords.unusable()).not.toBe(passwords.unusable())
  })
})

describe("an outdated hash", () => {
  const { sha256, sha1 } = { sha256: fc.integer({ min: 1, max: 50 }), sha1: fc.integer({ min: 1, max: 50 }) }
  const outdated = fc.record({
    hasher: fc.oneof(
      sha256.filter((n) => n !== 20).map((n) => ledger.sha256(n)),
      sha1.map((n) => ledger.sha1(n))
    ),
    salt: fc.constantFrom(salt22, "seasalt", "sält")
  })
  const preferred = ledger.sha256(20)
  const passwords = makePasswords({ hashers: [preferred, ledger.sha1(20)] })

  it("ends as a hash of the preferred hasher that verifies the same password", async () => {
    await fc.assert(
      fc.asyncProperty(outdated, fc.string({ unit: "binary" }), async ({ hasher, salt }, password) => {
        const stored = await hasher.encode(password, salt)
        expect(await run(passwords.verify(password, stored))).toEqual({ correct: true, mustUpdate: true })
        const renewed = await run(passwords.encode(password))
        expect(renewed.split("$")[0]).toBe(preferred.algorithm)
        expect(await run(passwords.verify(password, renewed))).toEqual({ correct: true, mustUpdate: false })
      })
    )
  })

  it("is not updated after a wrong password", async () => {
    await fc.assert(
      fc.asyncProperty(outdated, fc.string({ unit: "binary" }), async ({ hasher, salt }, password) => {
        const stored = await hasher.encode(`${password}x`, salt)
        expect(await run(passwords.verify(password, stored))).toEqual({ correct: false, mustUpdate: false })
      })
    )
  })
})

describe("the work of a failed attempt", () => {
  const work = async (attempt: Effect.Effect<unknown, unknown>) => {
    ledger.take()
    await run(attempt)
    return ledger.take()
  }
  const oneHash = { sha256: 1000 }

  it.each([
    ["a wrong password", () => preferred.encode("right", salt22)],
    ["a short salt", () => preferred.encode("right", "seasalt")],
    ["lower iterations", () => ledger.sha256(10).encode("right", salt22)],
    ["an unusable password", () => passwords.unusable()],
    ["an empty text", () => ""],
    ["gibberish", () => "nonsense"],
    ["an unknown algorithm", () => "md5$salt$5f4dcc3b5aa765d61d8327deb882cf99"],
    ["gibberish of the preferred algorithm", () => "pbkdf2_sha256$x$y$z"],
    ["gibberish of another algorithm", () => "pbkdf2_sha1$x$y$z"],
    ["iterations above the cap", () => `pbkdf2_sha256$999999999999$${salt22}$aGFzaA==`]
  ])("is one fresh hash for %s", async (_, stored) => {
    const encoded = await stored()
    expect(await work(passwords.verify("wrong", encoded))).toEqual(oneHash)
  })

  it("is one fresh hash for an unknown user", async () => {
    expect(await work(passwords.hashAndDiscard("wrong"))).toEqual(oneHash)
  })

  it("is one fresh hash besides the stored one, where that is of another algorithm", async () => {
    const encoded = await ledger.sha1(7).encode("right", salt22)
    expect(await work(passwords.verify("wrong", encoded))).toEqual({ ...oneHash, sha1: 7 })
  })

  it("is the stored work where that is more than a fresh hash takes", async () => {
    const encoded = await ledger.sha256(2000).encode("right", salt22)
    expect(await work(passwords.verify("wrong", encoded))).toEqual({ sha256: 2000 })
  })

  it.each([
    "\ud800",
    "x".repeat(4097)
  ])("is none, for every stored text, when the text cannot be a password", async (password) => {
    const stored = [await preferred.encode("right", salt22), await ledger.sha256(10).encode("right", salt22), "!", "x"]
    for (const encoded of stored) expect(await work(passwords.verify(password, encoded))).toEqual({})
    expect(await work(passwords.hashAndDiscard(password))).toEqual({})
  })
})

describe("the hashers", () => {
  it("are not called for a text that cannot be a password", async () => {
    const asked: string[] = []
    const credulous: Hasher = {
      ...preferred,
      encode: async (password) => {
        asked.push(password)
        return ""
      },
      verify: async (password) => {
        asked.push(password)
        return true
      }
    }
    const { encode, hashAndDiscard: spend, verify } = makePasswords({ hashers: [credulous] })
    const encoded = await preferred.encode("right", salt22)
    for (const password of ["\ud800", "x".repeat(4097)]) {
      expect(await run(verify(password, encoded))).toEqual({ correct: false, mustUpdate: false })
      await run(spend(password))
      await run(Effect.flip(encode(password)))
    }
    expect(asked).toEqual([])
  })

  it("cannot be two of one algorithm", () => {
    expect(() => makePasswords({ hashers: [preferred, ledger.sha256(5)] })).toThrow(ConfigurationInvalid)
  })
})

describe("the options", () => {
  const problemsOf = (wrongPasswordHashers: ReadonlyArray<Hasher>): ReadonlyArray<string> => {
    try {
      makePasswords({ hashers: [preferred], wrongPasswordHashers })
      return []
    } catch (error) {
      if (error instanceof ConfigurationInvalid) return error.problems
      throw error
    }
  }

  it("take one hasher of each algorithm whose work a wrong password costs, and none that only reads", () => {
    expect(problemsOf([])).toEqual([])
    expect(problemsOf([ledger.sha256(2000), ledger.sha1(10)])).toEqual([])
    expect(problemsOf([ledger.sha1(10), ledger.sha1(20)])).toEqual([
      "wrongPasswordHashers: two have the same algorithm (pbkdf2_sha1, pbkdf2_sha1); remove one of them"
    ])
    expect(problemsOf([sha1()])).toEqual([
      "wrongPasswordHashers: sha1 can only read hashes, and costs nothing; remove it"
    ])
    expect(problemsOf(JSON.parse('["pbkdf2_sha256"]'))).toEqual([
      "wrongPasswordHashers: write an array of hashers, as in [pbkdf2Sha256()]"
    ])
  })
})
