import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { ConfigurationInvalid } from "../../../../src/adapters/errors/errors.ts"
import { pbkdf2Sha256 } from "../../../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import vectors from "../../../vectors/password_hashes.json" with { type: "json" }
import { Ledger } from "../ledger.ts"

const salt22 = "abcdefghijklmnopqrstuv"

describe("pbkdf2_sha256", () => {
  it.each(vectors.data.pbkdf2_sha256)("writes what Django wrote: %#", async (row) => {
    const hasher = pbkdf2Sha256({ iterations: row.iterations })
    expect(await hasher.encode(row.password, row.salt)).toBe(row.encoded)
    expect(await hasher.verify(row.password, row.encoded)).toBe(true)
  })

  it("verifies with the stored iterations, not the configured ones", async () => {
    const [row] = vectors.data.pbkdf2_sha256
    expect(await pbkdf2Sha256({ iterations: 7 }).verify(row!.password, row!.encoded)).toBe(true)
    expect(await pbkdf2Sha256({ iterations: 7 }).verify(`${row!.password} `, row!.encoded)).toBe(false)
  })

  it("writes 1,000,000 iterations by default", () => {
    expect(pbkdf2Sha256().mustUpdate(`pbkdf2_sha256$1000000$${salt22}$h`)).toBe(false)
    expect(pbkdf2Sha256().mustUpdate(`pbkdf2_sha256$600000$${salt22}$h`)).toBe(true)
  })

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 10_000_001])("cannot be given %d iterations", (count) => {
    expect(() => pbkdf2Sha256({ iterations: count })).toThrow(ConfigurationInvalid)
  })

  it("accepts exactly the password that was encoded", async () => {
    const { encode, verify } = pbkdf2Sha256({ iterations: 2 })
    const password = fc.string({ unit: "binary", maxLength: 80 })
    const nearby = password.chain((p) =>
      fc
        .oneof(
          fc.constantFrom(p, ` ${p}`, `${p} `, `${p}\n`, `${p}\0x`, p.normalize("NFC"), p.normalize("NFD")),
          fc.constantFrom(p.toUpperCase(), p.slice(1), p.slice(0, -1), `${p.slice(0, 72)}A`, `${p.slice(0, 72)}B`),
          password
        )
        .map((q) => [p, q.toWellFormed()] as const)
    )
    // HMAC pads its key with NULs: see the next test.
    const key = (text: string) => (Buffer.byteLength(text) <= 64 ? text.replace(/\0+$/, "") : text)
    await fc.assert(
      fc.asyncProperty(nearby, async ([p, q]) => {
        const encoded = await encode(p, salt22)
        expect(await verify(p, encoded)).toBe(true)
        expect(await verify(q, encoded)).toBe(key(p) === key(q))
      }),
      { numRuns: 500 }
    )
  })

  it("takes passwords for equal that differ only in trailing NULs, as HMAC and Django do", async () => {
    const { encode, verify } = pbkdf2Sha256({ iterations: 1 })
    expect(await verify("p\0", await encode("p", salt22))).toBe(true)
    expect(await verify("p\0w", await encode("p", salt22))).toBe(false)
    expect(await verify("p", await encode("p\0w", salt22))).toBe(false)
  })

  it("takes a password of which one half of a character is missing for a wrong one", async () => {
    const { encode, verify } = pbkdf2Sha256({ iterations: 1 })
    expect(await verify("\ud800", await encode("\ufffd", salt22))).toBe(false)
    await expect(encode("\ud800", salt22)).rejects.toThrow(RangeError)
  })

  it("does no work for a password of more than 4096 bytes", async () => {
    const ledger = new Ledger()
    const { encode, verify, hardenRuntime } = ledger.sha256(10)
    const encoded = await encode("p", salt22)
    ledger.take()
    expect(await verify("x".repeat(4097), encoded)).toBe(false)
    await hardenRuntime("x".repeat(4097), `pbkdf2_sha256$1$${salt22}$h`)
    await expect(encode("x".repeat(4097), salt22)).rejects.toThrow(RangeError)
    expect(ledger.take()).toEqual({})
    expect(await verify("x".repeat(4096), await encode("x".repeat(4096), salt22))).toBe(true)
  })

  it.each(["", "a$b", "$"])("does not write the salt %j", async (salt) => {
    await expect(pbkdf2Sha256({ iterations: 1 }).encode("p", salt)).rejects.toThrow(RangeError)
  })

  it("compares the whole text", async () => {
    const { encode, verify } = pbkdf2Sha256({ iterations: 1000 })
    const encoded = await encode("p", salt22)
    const [name, iterations, salt, hash] = encoded.split("$")
    for (const other of [
      `${name}$0${iterations}$${salt}$${hash}`,
      `${encoded}\n`,
      `${encoded}$`,
      `${encoded}=`,
      encoded.slice(0, -1),
      ` ${encoded}`,
      `${name}$${iterations}$${salt}$${hash?.toLowerCase()}`,
      `${name}$${iterations}$${salt}$`,
      `${name}$1001$${salt}$${hash}`
    ])
      expect(await verify("p", other)).toBe(false)
    expect(await verify("p", encoded)).toBe(true)
  })

  it("answers false for any text", async () => {
    const { verify } = pbkdf2Sha256({ iterations: 1 })
    const part = fc.oneof(fc.string({ unit: "binary" }), fc.nat({ max: 3 }).map(String))
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(part, { maxLength: 5 }).map((parts) => ["pbkdf2_sha256", ...parts].join("$"))
    )
    await fc.assert(
      fc.asyncProperty(text, async (encoded) => {
        expect(await verify("p", encoded)).toBe(false)
      }),
      { numRuns: 500 }
    )
  })

  it("leaves the event loop free while it hashes", async () => {
    let hashing = true
    const hash = pbkdf2Sha256({ iterations: 300_000 })
      .encode("p", salt22)
      .finally(() => {
        hashing = false
      })
    let turns = 0
    while (hashing) {
      await new Promise((resolve) => setTimeout(resolve, 1))
      turns += 1
    }
    await hash
    expect(turns).toBeGreaterThan(5)
  })
})
