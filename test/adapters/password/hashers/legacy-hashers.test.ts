import { describe, expect, it } from "vitest"
import { ConfigurationInvalid } from "../../../../src/adapters/errors/errors.ts"
import { sha1, unsaltedMd5, unsaltedSha1 } from "../../../../src/adapters/password/hashers/legacy-hashers.ts"
import { md5 } from "../../../../src/adapters/password/hashers/md5-hasher.ts"
import { makePasswords } from "../../../../src/adapters/password/make-passwords.ts"
import vectors from "../../../vectors/password_hashes.json" with { type: "json" }
import { keepsTheContract } from "./contract.ts"

const makers = {
  SHA1PasswordHasher: sha1,
  UnsaltedSHA1PasswordHasher: unsaltedSha1,
  UnsaltedMD5PasswordHasher: unsaltedMd5
}
const makerOf = (name: string) => Object.entries(makers).find(([key]) => key === name)![1]

describe("a hash from before PBKDF2", () => {
  it.each(vectors.data.legacy)("of $hasher is read", async ({ hasher, password, encoded }) => {
    const { verify } = makerOf(hasher)()
    expect(await verify(password, encoded)).toBe(true)
    for (const other of ["", ` ${password}`, "letmein"]) expect(await verify(other, encoded)).toBe(false)
    for (const other of [encoded.toUpperCase(), `${encoded}\n`, encoded.slice(1)])
      expect(await verify(password, other)).toBe(false)
  })

  it("of MD5 without a salt is read with and without its prefix", async () => {
    const bare = vectors.data.legacy.find((row) => row.hasher === "UnsaltedMD5PasswordHasher")!
    expect(await unsaltedMd5().verify(bare.password, `md5$$${bare.encoded}`)).toBe(true)
    expect(await unsaltedMd5().verify(bare.password, `md5$$${bare.encoded}0`)).toBe(false)
  })

  it.each([sha1, unsaltedSha1, unsaltedMd5])("is never written: %O cannot be preferred", (make) => {
    expect(() => makePasswords({ hashers: [make(), md5()] })).toThrow(ConfigurationInvalid)
    expect(() => makePasswords({ hashers: [md5(), make()] })).not.toThrow()
  })
})

describe("md5", () => {
  it.each(vectors.data.md5)("writes what Django wrote: %#", async ({ password, salt, encoded }) => {
    expect(await md5().encode(password, salt)).toBe(encoded)
    expect(await md5().verify(password, encoded)).toBe(true)
  })

  it("must be updated if its salt is short", async () => {
    expect(md5().mustUpdate(await md5().encode("p", "seasalt"))).toBe(true)
  })
})

keepsTheContract({ hasher: md5() })
keepsTheContract({ hasher: sha1() })
