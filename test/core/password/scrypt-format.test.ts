import fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Scrypt from "../../../src/core/password/scrypt-format.ts"

const django = { workFactor: 16_384, blockSize: 8, parallelism: 5 }
const salt22 = "abcdefghijklmnopqrstuv"
const hash = "h".repeat(88)

describe("the text of a scrypt hash", () => {
  it("is parsed to the parameters that were formatted, in the order N, salt, r, p", () => {
    expect(Scrypt.format({ ...django, salt: salt22 }, hash)).toBe(`scrypt$16384$${salt22}$8$5$${hash}`)
    expect(Scrypt.parse(`scrypt$16384$${salt22}$8$5$${hash}`)).toEqual({ ...django, salt: salt22 })
  })

  it.each([
    "",
    "scrypt",
    `scrypt$16384$${salt22}$8$5`,
    `scrypt$16384$$8$5$${hash}`,
    `Scrypt$16384$${salt22}$8$5$${hash}`,
    `scrypt$0$${salt22}$8$5$${hash}`,
    `scrypt$1$${salt22}$8$5$${hash}`,
    `scrypt$16383$${salt22}$8$5$${hash}`,
    `scrypt$-16384$${salt22}$8$5$${hash}`,
    `scrypt$16384$${salt22}$0$5$${hash}`,
    `scrypt$16384$${salt22}$8$0$${hash}`,
    `scrypt$16384$${salt22}$8$x$${hash}`,
    `scrypt$65536$${salt22}$1$1$${hash}`,
    "scrypt$salt$1048576$8$16$aGFzaA=="
  ])("%j is invalid", (encoded) => {
    expect(Scrypt.parse(encoded)).toBeUndefined()
  })

  it("may need at most 256 MiB and a parallelism of 16", () => {
    const isRead = (n: number, r: number, p: number) => Scrypt.parse(`scrypt$${n}$s$${r}$${p}$h`) !== undefined
    expect(isRead(2 ** 18, 8, 16)).toBe(true)
    expect(isRead(2 ** 19, 8, 1)).toBe(false)
    expect(isRead(2 ** 18, 9, 1)).toBe(false)
    expect(isRead(16, 1, 17)).toBe(false)
    expect(isRead(2, 1024, 16)).toBe(true)
    expect(isRead(2, 1025, 1)).toBe(false)
    expect(isRead(2 ** 60, 8, 1)).toBe(false)
  })

  it("fits Django's column with Django's numbers, and not if the text is longer", () => {
    expect(Scrypt.fitsColumn(django)).toBe(true)
    expect(Scrypt.fitsColumn({ ...django, workFactor: 65_536 })).toBe(true)
    expect(Scrypt.fitsColumn({ ...django, workFactor: 131_072 })).toBe(false)
    expect(Scrypt.fitsColumn({ ...django, parallelism: 10 })).toBe(false)
    expect(Scrypt.fitsColumn({ workFactor: 8192, blockSize: 8, parallelism: 10 })).toBe(true)
  })

  it("must be updated if a number is not as configured, and not for its salt", () => {
    const mustUpdate = (encoded: string) => Scrypt.mustUpdate(encoded, django)
    expect(mustUpdate(`scrypt$16384$s$8$5$${hash}`)).toBe(false)
    expect(mustUpdate(`scrypt$16384$${salt22}$8$1$${hash}`)).toBe(true)
    expect(mustUpdate(`scrypt$16384$${salt22}$9$5$${hash}`)).toBe(true)
    expect(mustUpdate(`scrypt$8192$${salt22}$8$5$${hash}`)).toBe(true)
    expect(mustUpdate(`scrypt$32768$${salt22}$8$5$${hash}`)).toBe(true)
    expect(mustUpdate("scrypt$nonsense")).toBe(true)
  })

  it("says how much less work checking it is than making a new hash", () => {
    const missing = (encoded: string, configured = django) => Scrypt.missingCost(encoded, configured)
    expect(missing(`scrypt$16384$s$8$1$${hash}`)).toEqual({ ...django, parallelism: 4 })
    expect(missing(`scrypt$16384$s$8$5$${hash}`)).toBeUndefined()
    expect(missing(`scrypt$16384$s$8$6$${hash}`)).toBeUndefined()
    expect(missing(`scrypt$8192$s$8$5$${hash}`)).toEqual({ ...django, workFactor: 8192, parallelism: 5 })
    expect(missing("scrypt$nonsense")).toEqual(django)
    // From Django's default to the one that OWASP recommends: five eighths of the work were done.
    const owasp = { workFactor: 131_072, blockSize: 8, parallelism: 1 }
    expect(missing(`scrypt$16384$s$8$5$${hash}`, owasp)).toEqual({ workFactor: 16_384, blockSize: 8, parallelism: 3 })
  })

  it("adds up with the missing work to a fresh hash, rounded up by less than a 32nd", () => {
    const cost = fc.record({
      workFactor: fc.integer({ min: 1, max: 12 }).map((power) => 2 ** power),
      blockSize: fc.integer({ min: 1, max: 16 }),
      parallelism: fc.integer({ min: 1, max: 16 })
    })
    const work = ({ workFactor, blockSize, parallelism }: Scrypt.Cost) => workFactor * blockSize * parallelism
    fc.assert(
      fc.property(cost, cost, (configured, stored) => {
        const encoded = Scrypt.format({ ...stored, salt: "s" }, hash)
        const missing = Scrypt.missingCost(encoded, configured)
        if (missing === undefined) {
          expect(work(stored)).toBeGreaterThanOrEqual(work(configured))
          return
        }
        expect(missing.parallelism).toBeLessThanOrEqual(64)
        const needed = work(configured) - work(stored)
        expect(work(missing)).toBeGreaterThanOrEqual(needed)
        // The smallest unit has two iterations.
        expect(work(missing)).toBeLessThan(needed + Math.max(needed / 32, 2 * configured.blockSize))
      })
    )
  })
})
