import { describe, expect, it } from "vitest"
import { ConfigurationInvalid } from "../../../../src/adapters/errors/errors.ts"
import { argon2 } from "../../../../src/adapters/password/argon2.ts"
import { bcryptSha256 } from "../../../../src/adapters/password/bcrypt.ts"
import { djangoHashers } from "../../../../src/adapters/password/hashers/django-hashers.ts"
import { makePasswords } from "../../../../src/adapters/password/make-passwords.ts"
import * as DjangoVersions from "../../../../src/core/django-version.ts"
import vectors from "../../../vectors/password_defaults.json" with { type: "json" }

const salt22 = "abcdefghijklmnopqrstuv"

/** What the Djangos that were asked write: their PBKDF2 iterations, scrypt's p. */
const asked = [
  ["6.2", vectors.data.pbkdf2_iterations, vectors.data.scrypt[2]],
  ...vectors.older.map(
    (run) =>
      [
        /^django-(\d+\.\d+)/.exec(run.from)?.[1] ?? "",
        run.pbkdf2_iterations,
        run.scrypt === undefined ? vectors.data.scrypt[2] : "rows" in run.scrypt ? run.scrypt.rows["2"] : undefined
      ] as const
  )
] as const

describe("the hashers of a Django version", () => {
  it("have been compared with six Djangos", () => {
    expect(asked.map(([version]) => version)).toEqual(["6.2", "6.1", "6.0", "5.2", "4.2", "3.2"])
  })

  it.each(asked)("write and leave as they are what Django %s writes", (version, iterations, parallelism) => {
    const hashers = djangoHashers(DjangoVersions.isDjangoVersion(version) ? version : "5.2")
    const mustUpdate = (encoded: string) =>
      hashers.find((hasher) => encoded.startsWith(`${hasher.algorithm}$`))?.mustUpdate(encoded)
    expect(hashers[0].algorithm).toBe("pbkdf2_sha256")
    for (const algorithm of ["pbkdf2_sha256", "pbkdf2_sha1"]) {
      expect(mustUpdate(`${algorithm}$${iterations}$${salt22}$h`)).toBe(false)
      expect(mustUpdate(`${algorithm}$${iterations - 1}$${salt22}$h`)).toBe(true)
    }
    for (const p of [1, 5])
      expect(mustUpdate(`scrypt$16384$${salt22}$8$${p}$h`)).toBe(
        parallelism === undefined ? undefined : p !== parallelism
      )
  })

  it("are Django's own list together with the packages' hashers", () => {
    const own = [...djangoHashers("6.2"), argon2(), bcryptSha256()].map((hasher) => hasher.algorithm)
    const names: Readonly<Record<string, string>> = {
      PBKDF2PasswordHasher: "pbkdf2_sha256",
      PBKDF2SHA1PasswordHasher: "pbkdf2_sha1",
      Argon2PasswordHasher: "argon2",
      BCryptSHA256PasswordHasher: "bcrypt_sha256",
      ScryptPasswordHasher: "scrypt"
    }
    const django = vectors.data.PASSWORD_HASHERS.map((path) => names[path.split(".").at(-1) ?? ""])
    expect(own[0]).toBe(django[0])
    expect(own.toSorted()).toEqual(django.toSorted())
  })

  it("agree with Django on what argon2 and bcrypt cost", () => {
    const [timeCost, memoryCost, parallelism] = vectors.data.argon2
    const [salt, hash] = ["YWJjZGVmZ2hpamtsbW5vcHFyc3R1dg", "h".repeat(43)]
    const argon2Text = `argon2$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$${salt}$${hash}`
    expect(argon2().mustUpdate(argon2Text)).toBe(false)
    const bcryptText = `bcrypt_sha256$$2b$${vectors.data.bcrypt_rounds}$${"u".repeat(22)}${"h".repeat(31)}`
    expect(bcryptSha256().mustUpdate(bcryptText)).toBe(false)
  })

  it("agree on salts and unusable passwords", () => {
    expect(vectors.data.salt_length).toBe(22)
    const { unusable } = makePasswords({ hashers: djangoHashers("5.2") })
    expect(unusable().length).toBe(vectors.data.unusable_example_length)
  })

  it("do not exist for an unknown version", () => {
    expect(DjangoVersions.isDjangoVersion("5.3")).toBe(false)
    expect(DjangoVersions.isDjangoVersion("toString")).toBe(false)
    expect(() => djangoHashers(JSON.parse('"5.3"'))).toThrow(ConfigurationInvalid)
  })

  it("take the numbers of a row", () => {
    const [preferred, , last] = djangoHashers({ ...DjangoVersions.djangoVersions["5.2"], pbkdf2Iterations: 7 })
    expect(preferred.mustUpdate(`pbkdf2_sha256$7$${salt22}$h`)).toBe(false)
    expect(last?.algorithm).toBe("scrypt")
  })

  it("have at least as much work in each version as in the version before", () => {
    const costs = Object.values(DjangoVersions.djangoVersions)
    expect(costs.map((cost) => cost.scryptParallelism)).toEqual([undefined, 1, 1, 1, 1, 5, 5, 5, 5, 5])
    const iterations = costs.map((cost) => cost.pbkdf2Iterations)
    expect(iterations).toEqual([260_000, 320_000, 390_000, 600_000, 720_000, 870_000, 1e6, 1.2e6, 1.5e6, 1.8e6])
  })
})
