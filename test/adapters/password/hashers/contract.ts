/** The tests that every hasher must pass. */
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { Hasher } from "../../../../src/adapters/ports/passwords.ts"

export interface Kind {
  /** One that is quick. */
  readonly hasher: Hasher
  /** What the algorithm makes of a password: two that are equal here are one to it. */
  readonly key?: (password: string) => string
  readonly isWritable?: (password: string) => boolean
  readonly runs?: number
}

const salt22 = "abcdefghijklmnopqrstuu"

export const keepsTheContract = ({ hasher, key = (text) => text, isWritable = () => true, runs = 100 }: Kind): void => {
  const { algorithm, encode, verify, mustUpdate, hardenRuntime } = hasher

  describe(`${algorithm}, as every hasher,`, () => {
    it("accepts exactly the password that was encoded", async () => {
      const password = fc.string({ unit: "binary", maxLength: 90 }).filter(isWritable)
      const nearby = password.chain((p) =>
        fc
          .oneof(
            fc.constantFrom(p, ` ${p}`, `${p} `, `${p}\n`, `${p}\0x`, `${p}\0${p}`, p.normalize("NFC")),
            fc.constantFrom(p.normalize("NFD"), p.toUpperCase(), p.slice(1), `${p.slice(0, 72)}A`, `!${p}`),
            password
          )
          .map((q) => [p, q.toWellFormed()] as const)
      )
      await fc.assert(
        fc.asyncProperty(nearby, async ([p, q]) => {
          const encoded = await encode(p, salt22)
          expect(await verify(p, encoded)).toBe(true)
          expect(await verify(q, encoded)).toBe(key(p) === key(q))
        }),
        { numRuns: runs }
      )
    })

    it("never updates a hash that it wrote", async () => {
      expect(mustUpdate(await encode("p", salt22))).toBe(false)
    })

    it("returns false for every other text", async () => {
      const part = fc.oneof(fc.string({ unit: "binary" }), fc.nat({ max: 20 }).map(String), fc.constant(""))
      const text = fc.oneof(
        fc.string({ unit: "binary" }),
        fc.array(part, { maxLength: 6 }).map((parts) => [algorithm, ...parts].join("$"))
      )
      await fc.assert(
        fc.asyncProperty(text, async (encoded) => {
          expect(await verify("p", encoded)).toBe(false)
          expect(typeof mustUpdate(encoded)).toBe("boolean")
        }),
        { numRuns: 200 }
      )
    })

    it("compares the whole text", async () => {
      const encoded = await encode("p", salt22)
      for (const other of [`${encoded}\n`, `${encoded}$`, `${encoded}=`, encoded.slice(0, -1), ` ${encoded}`])
        expect(await verify("p", other)).toBe(false)
      const [head = "", ...rest] = encoded.split(/(?=[1-9])/)
      if (rest.length > 0) expect(await verify("p", `${head}0${rest.join("")}`)).toBe(false)
      expect(await verify("p", encoded)).toBe(true)
    })

    it("does not accept a lone surrogate, or more than 4096 bytes, as a password", async () => {
      for (const password of ["\ud800", "x".repeat(4097)]) {
        expect(await verify(password, await encode("\ufffd", salt22))).toBe(false)
        await expect(encode(password, salt22)).rejects.toThrow(RangeError)
        await hardenRuntime(password, "")
      }
    })

    it.each(["", "a$b", "$"])("does not write the salt %j", async (salt) => {
      await expect(encode("p", salt)).rejects.toThrow(RangeError)
    })
  })
}

/**
 * The password without NULs at its end. PBKDF2 uses the password as an HMAC key, and so does scrypt, which begins with
 * PBKDF2. HMAC pads its key with NULs (RFC 2104, section 2), so a password with NULs at its end has the same hash.
 */
export const hmacKey = (text: string): string => (Buffer.byteLength(text) <= 64 ? text.replace(/\0+$/, "") : text)

/** The number of event loop turns while a promise was awaited. */
export const turnsDuring = async (work: Promise<unknown>): Promise<number> => {
  let isWorking = true
  const done = work.finally(() => {
    isWorking = false
  })
  let turns = 0
  while (isWorking) {
    await new Promise((resolve) => setTimeout(resolve, 1))
    turns += 1
  }
  await done
  return turns
}
