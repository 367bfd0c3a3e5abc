import { describe, expect, it } from "vitest"
import { ConfigurationInvalid } from "../../../../src/adapters/errors/errors.ts"
import { scrypt } from "../../../../src/adapters/password/hashers/scrypt-hasher.ts"
import vectors from "../../../vectors/password_hashes.json" with { type: "json" }
import { Ledger } from "../ledger.ts"
import { hmacKey, keepsTheContract, turnsDuring } from "./contract.ts"

const salt22 = "abcdefghijklmnopqrstuv"

describe("scrypt", () => {
  it.each(vectors.data.scrypt)("writes what Django wrote: %#", async ({ password, salt, encoded, n, r, p }) => {
    expect(await scrypt({ workFactor: n, blockSize: r, parallelism: p }).encode(password, salt)).toBe(encoded)
  })

  it("verifies with the stored parameters, not the configured ones", async () => {
    const row = vectors.data.scrypt.find(({ n }) => n === 1024)!
    const { verify } = scrypt({ workFactor: 2, blockSize: 1, parallelism: 1 })
    expect(await verify(row.password, row.encoded)).toBe(true)
    expect(await verify(`${row.password} `, row.encoded)).toBe(false)
  })

  it("writes N 16384, r 8, p 5 by default, which fills Django's column exactly", async () => {
    const hash = scrypt().encode("p", salt22)
    expect(await turnsDuring(hash)).toBeGreaterThan(5)
    expect(await hash).toMatch(/^scrypt\$16384\$abcdefghijklmnopqrstuv\$8\$5\$.{88}$/)
    expect((await hash).length).toBe(128)
  })

  it("may be given more memory than Node allows by itself", async () => {
    const { encode, verify } = scrypt({ workFactor: 32_768, blockSize: 9, parallelism: 1 })
    expect(await verify("p", await encode("p", salt22))).toBe(true)
  })

  it.each([
    { workFactor: 3 },
    { workFactor: 1 },
    { workFactor: 0 },
    { workFactor: 2 ** 16, blockSize: 1 },
    { workFactor: 2 ** 18, blockSize: 9 },
    { workFactor: 2, blockSize: 1025 },
    { workFactor: Number.NaN },
    { blockSize: 0 },
    { blockSize: 1.5 },
    { parallelism: 0 },
    { parallelism: 17 },
    { workFactor: 131_072, parallelism: 1 },
    { parallelism: 10 }
  ])("cannot be made with %j", (options) => {
    expect(() => scrypt(options)).toThrow(ConfigurationInvalid)
  })

  it("does no work for a stored text above the limits", async () => {
    const ledger = new Ledger()
    const { verify } = ledger.scrypt({})
    const hash = "h".repeat(88)
    for (const encoded of [
      `scrypt$1048576$${salt22}$8$1$${hash}`,
      `scrypt$16384$${salt22}$8$17$${hash}`,
      `scrypt$2$${salt22}$1025$1$${hash}`,
      `scrypt$${2 ** 40}$${salt22}$8$1$${hash}`
    ])
      expect(await verify("p", encoded)).toBe(false)
    expect(ledger.take()).toEqual({})
  })
})

keepsTheContract({ hasher: scrypt({ workFactor: 4, blockSize: 1, parallelism: 2 }), key: hmacKey })
