import { describe, expect, it } from "vitest"
import { ConfigurationInvalid } from "../../../../src/adapters/errors/errors.ts"
import { bcrypt, bcryptSha256 } from "../../../../src/adapters/password/bcrypt.ts"
import vectors from "../../../vectors/password_hashes.json" with { type: "json" }
import { Ledger } from "../ledger.ts"
import { keepsTheContract, turnsDuring } from "./contract.ts"

const salt22 = "abcdefghijklmnopqrstuu"

describe.each([
  ["bcrypt", bcrypt, vectors.data.bcrypt] as const,
  ["bcrypt_sha256", bcryptSha256, vectors.data.bcrypt_sha256] as const
])("%s", (name, make, rows) => {
  const hasher = make({ rounds: 4 })

  it.each(rows)("writes what Django wrote: %#", async ({ password, salt, encoded }) => {
    expect(await hasher.encode(password, salt.slice(-22))).toBe(encoded)
    expect(await hasher.verify(password, encoded)).toBe(true)
  })

  it("verifies with the stored rounds, not the configured ones", async () => {
    const encoded = await make({ rounds: 5 }).encode("p", salt22)
    expect(await hasher.verify("p", encoded)).toBe(true)
    expect(await hasher.verify("P", encoded)).toBe(false)
    expect(hasher.mustUpdate(encoded)).toBe(true)
  })

  it.each(["2a", "2y"])("reads what older libraries called %s", async (version) => {
    const encoded = (await hasher.encode("p", salt22)).replace("2b", version)
    expect(await hasher.verify("p", encoded)).toBe(true)
    expect(await hasher.verify("q", encoded)).toBe(false)
    expect(await hasher.verify("p", encoded.replace(version, "2x"))).toBe(false)
  })

  it("writes 12 rounds by default, and does not block the event loop", async () => {
    const hash = make().encode("p", salt22)
    expect(await turnsDuring(hash)).toBeGreaterThan(5)
    expect((await hash).startsWith(`${name}$$2b$12$${salt22}`)).toBe(true)
  })

  it("makes a salt of any 22 letters and digits", async () => {
    for (const last of "azAZ09") {
      const encoded = await hasher.encode("p", `abcdefghijklmnopqrstu${last}`)
      expect(encoded).toMatch(/^bcrypt(_sha256)?\$\$2b\$04\$abcdefghijklmnopqrstu[.Oeu]/)
      expect(await hasher.verify("p", encoded)).toBe(true)
    }
    await expect(hasher.encode("p", "seasalt")).rejects.toThrow(RangeError)
    await expect(hasher.encode("p", `${salt22.slice(1)}é`)).rejects.toThrow(RangeError)
  })

  it.each([3, 17, 4.5, Number.NaN])("cannot be given %d rounds", (rounds) => {
    expect(() => make({ rounds })).toThrow(ConfigurationInvalid)
  })

  it("does no work for a stored text above the limits", async () => {
    const ledger = new Ledger()
    for (const rounds of ["17", "31", "99", "03", "00"])
      expect(await ledger.bcrypt(name, 4).verify("p", `${name}$$2b$${rounds}$${salt22}${"h".repeat(31)}`)).toBe(false)
    expect(ledger.take()).toEqual({})
  })
})

describe("plain bcrypt", () => {
  const { encode, verify } = bcrypt({ rounds: 4 })

  it("takes 72 bytes, and no password that it would cut", async () => {
    const x72 = "x".repeat(72)
    const encoded = await encode(x72, salt22)
    expect(await verify(x72, encoded)).toBe(true)
    for (const longer of [`${x72}A`, `${x72}B`, `${x72}\0`]) {
      expect(await verify(longer, encoded)).toBe(false)
      await expect(encode(longer, salt22)).rejects.toThrow(RangeError)
    }
    expect(await verify("é".repeat(37), await encode("é".repeat(36), salt22))).toBe(false)
  })

  it("takes no NUL, with which bcrypt repeats its key", async () => {
    expect(await verify("p\0p", await encode("p", salt22))).toBe(false)
    await expect(encode("p\0w", salt22)).rejects.toThrow(RangeError)
  })
})

describe("bcrypt_sha256", () => {
  it("distinguishes passwords that differ after 72 bytes", async () => {
    const { encode, verify } = bcryptSha256({ rounds: 4 })
    const encoded = await encode(`${"x".repeat(72)}A`, salt22)
    expect(await verify(`${"x".repeat(72)}A`, encoded)).toBe(true)
    expect(await verify(`${"x".repeat(72)}B`, encoded)).toBe(false)
  })
})

const isShort = (password: string) => Buffer.byteLength(password) <= 72 && !password.includes("\0")

keepsTheContract({ hasher: bcrypt({ rounds: 4 }), isWritable: isShort, runs: 60 })
keepsTheContract({ hasher: bcryptSha256({ rounds: 4 }), runs: 60 })
