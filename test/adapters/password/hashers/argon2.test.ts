import { describe, expect, it } from "vitest"
import { ConfigurationInvalid } from "../../../../src/adapters/errors/errors.ts"
import { argon2 } from "../../../../src/adapters/password/argon2.ts"
import vectors from "../../../vectors/password_hashes.json" with { type: "json" }
import { Ledger } from "../ledger.ts"
import { keepsTheContract, turnsDuring } from "./contract.ts"

const salt22 = "abcdefghijklmnopqrstuv"

describe("argon2", () => {
  it.each(vectors.data.argon2)("writes what Django wrote: %#", async ({ password, salt, encoded }) => {
    expect(await argon2().encode(password, salt)).toBe(encoded)
  })

  // One hash takes 100 MiB: two rows tell as much as six.
  it.each(vectors.older.argon2.slice(1, 3))("writes the shorter hash of older libraries: %#", async (row) => {
    expect(await argon2({ hashLength: 16 }).encode(row.password, row.salt)).toBe(row.encoded)
  })

  it("reads hashes of either length", async () => {
    for (const [row] of [vectors.data.argon2, vectors.older.argon2]) {
      expect(await argon2().verify(row!.password, row!.encoded)).toBe(true)
      expect(await argon2().verify(`${row!.password} `, row!.encoded)).toBe(false)
    }
    expect(argon2().mustUpdate(vectors.older.argon2[0]!.encoded)).toBe(true)
    expect(argon2({ hashLength: 16 }).mustUpdate(vectors.older.argon2[0]!.encoded)).toBe(false)
  })

  it("reads argon2i, which Django wrote before 3.2, in both versions", async () => {
    // From the tests of the reference implementation: before version 19 the text did not name it.
    for (const encoded of [
      "argon2$argon2i$m=256,t=2,p=1$c29tZXNhbHQ$/U3YPXYsSb3q9XxHvc0MLxur+GP960kN9j7emXX8zwY",
      "argon2$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8"
    ]) {
      expect(await argon2().verify("password", encoded)).toBe(true)
      expect(await argon2().verify("Password", encoded)).toBe(false)
      expect(argon2().mustUpdate(encoded)).toBe(true)
    }
  })

  it("leaves the event loop free while it hashes", async () => {
    expect(await turnsDuring(argon2().encode("p", salt22))).toBeGreaterThan(5)
  })

  it.each([
    { memoryCost: 63 },
    { memoryCost: 262_145 },
    { memoryCost: 100.5 },
    { timeCost: 0 },
    { timeCost: 17 },
    { parallelism: 0 },
    { parallelism: 256 },
    { parallelism: Number.NaN }
  ])("cannot be made with %j", (options) => {
    expect(() => argon2(options)).toThrow(ConfigurationInvalid)
  })

  it("does not write a salt of fewer than 8 bytes", async () => {
    await expect(argon2({ memoryCost: 8, parallelism: 1 }).encode("p", "seasalt")).rejects.toThrow(RangeError)
  })

  it("does no work for a stored text above the limits", async () => {
    const ledger = new Ledger()
    const { verify } = ledger.argon2({})
    const [salt, hash] = ["YWJjZGVmZ2hpamtsbW5vcHFyc3R1dg", "h".repeat(43)]
    for (const cost of ["m=262145,t=1,p=1", "m=8,t=17,p=1", "m=8,t=1,p=2", "m=4294967295,t=1,p=1", "m=4096,t=1,p=256"])
      expect(await verify("p", `argon2$argon2id$v=19$${cost}$${salt}$${hash}`)).toBe(false)
    expect(ledger.take()).toEqual({})
  })
})

keepsTheContract({ hasher: argon2({ memoryCost: 8, timeCost: 1, parallelism: 1 }) })
