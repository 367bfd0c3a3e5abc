import { describe, expect, it } from "vitest"
import * as PasswordLimits from "../../../src/core/password/password-limits.ts"

describe("an offered password", () => {
  it("is hashed as UTF-8, without normalisation", () => {
    expect(PasswordLimits.bytesOf(" é😀 ")).toEqual(new Uint8Array([0x20, 0xc3, 0xa9, 0xf0, 0x9f, 0x98, 0x80, 0x20]))
    expect(PasswordLimits.bytesOf("")).toEqual(new Uint8Array())
  })

  it("may have at most 4096 bytes", () => {
    expect(PasswordLimits.isPossible("x".repeat(4096))).toBe(true)
    expect(PasswordLimits.isPossible("x".repeat(4097))).toBe(false)
    expect(PasswordLimits.isPossible("é".repeat(2048))).toBe(true)
    expect(PasswordLimits.isPossible(`${"é".repeat(2048)}x`)).toBe(false)
  })

  it("contains no lone surrogate", () => {
    expect(["\ud800", "a\udc00b", "\udc00\ud800", "\ufffd", "😀"].map(PasswordLimits.isPossible)).toEqual([
      false,
      false,
      false,
      true,
      true
    ])
  })

  it("can be hashed by every algorithm, except that plain bcrypt accepts at most 72 bytes and no NUL", () => {
    for (const algorithm of ["pbkdf2_sha256", "scrypt", "argon2", "bcrypt_sha256", "md5"]) {
      expect(PasswordLimits.isWritable("x".repeat(4096), algorithm)).toBe(true)
      expect(PasswordLimits.isWritable("p\0w", algorithm)).toBe(true)
      expect(PasswordLimits.isWritable("x".repeat(4097), algorithm)).toBe(false)
    }
    expect(["x".repeat(72), "é".repeat(36), ""].map((text) => PasswordLimits.isWritable(text, "bcrypt"))).toEqual([
      true,
      true,
      true
    ])
    expect(
      ["x".repeat(73), "é".repeat(37), "p\0", "\ud800"].map((text) => PasswordLimits.isWritable(text, "bcrypt"))
    ).toEqual([false, false, false, false])
  })
})
