import { describe, expect, it } from "vitest"
import { ConfigurationInvalid } from "../../../../src/adapters/errors/errors.ts"
import { pbkdf2Sha1 } from "../../../../src/adapters/password/hashers/pbkdf2-sha1-hasher.ts"
import vectors from "../../../vectors/password_hashes.json" with { type: "json" }
import { hmacKey, keepsTheContract } from "./contract.ts"

describe("pbkdf2_sha1", () => {
  it.each(vectors.data.pbkdf2_sha1)("writes what Django wrote: %#", async (row) => {
    const hasher = pbkdf2Sha1({ iterations: row.iterations })
    expect(await hasher.encode(row.password, row.salt)).toBe(row.encoded)
    expect(await hasher.verify(row.password, row.encoded)).toBe(true)
  })

  it("writes 1,000,000 iterations by default", () => {
    expect(pbkdf2Sha1().mustUpdate("pbkdf2_sha1$1000000$abcdefghijklmnopqrstuv$h")).toBe(false)
    expect(pbkdf2Sha1().mustUpdate("pbkdf2_sha1$600000$abcdefghijklmnopqrstuv$h")).toBe(true)
  })

  it("cannot be given 0 iterations", () => {
    expect(() => pbkdf2Sha1({ iterations: 0 })).toThrow(ConfigurationInvalid)
  })
})

keepsTheContract({ hasher: pbkdf2Sha1({ iterations: 2 }), key: hmacKey })
