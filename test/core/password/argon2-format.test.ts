import fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Argon2 from "../../../src/core/password/argon2-format.ts"
import vectors from "../../vectors/password_hashes.json" with { type: "json" }

const django = { memoryCost: 102_400, timeCost: 2, parallelism: 8, hashLength: 32 }
const [{ encoded } = { encoded: "" }] = vectors.data.argon2
const [older = { encoded: "" }] = vectors.older.argon2

describe("the text of an Argon2 hash", () => {
  it("is parsed to the parameters that were formatted", () => {
    const parameters = Argon2.parse(encoded)!
    expect(parameters).toEqual({
      ...django,
      variety: "argon2id",
      version: 19,
      salt: Buffer.from("abcdefghijklmnopqrstuv")
    })
    expect(Argon2.format(parameters, Buffer.from(encoded.split("$").at(-1) ?? "", "base64"))).toBe(encoded)
    expect(Argon2.parse(older.encoded)).toEqual({ ...parameters, hashLength: 16 })
  })

  it.each([
    "",
    "argon2",
    "argon2$argon2id",
    encoded.replace("argon2id", "argon2d"),
    encoded.replace("argon2$", "Argon2$"),
    encoded.replace("v=19", "v=18"),
    encoded.replace("v=19", "v=16"),
    encoded.replace("t=2", "t=0"),
    encoded.replace("t=2", "t=17"),
    encoded.replace("t=2", "t=-2"),
    encoded.replace("p=8", "p=0"),
    encoded.replace("p=8", "p=256"),
    encoded.replace("m=102400", "m=63"),
    encoded.replace("m=102400", "m=262145"),
    encoded.replace("m=102400,t=2", "t=2,m=102400"),
    encoded.replace(",p=8", ",p=8,data=x"),
    encoded.replace("YWJjZGVmZ2hpamtsbW5vcHFyc3R1dg", "YWJj"),
    encoded.replace("YWJjZGVmZ2hpamtsbW5vcHFyc3R1dg", "Y".repeat(100)),
    encoded.replace("YWJjZGVmZ2hpamtsbW5vcHFyc3R1dg", ""),
    encoded.slice(0, -1),
    `${encoded}\n`,
    `${encoded}=`,
    `${encoded}AAAA`
  ])("%j is invalid", (text) => {
    expect(Argon2.parse(text)).toBeUndefined()
  })

  it("may need 256 MiB and 16 passes", () => {
    expect(Argon2.parse(encoded.replace("m=102400,t=2", "m=262144,t=16"))).toBeDefined()
    expect(Argon2.parse(encoded.replace("m=102400", "m=64"))).toBeDefined()
  })

  it("must be updated if a parameter is not as configured", () => {
    const mustUpdate = (text: string) => Argon2.mustUpdate(text, django)
    expect(mustUpdate(encoded)).toBe(false)
    for (const text of [
      encoded.replace("argon2id", "argon2i"),
      encoded.replace("v=19$", ""),
      encoded.replace("m=102400", "m=102401"),
      encoded.replace("t=2", "t=3"),
      encoded.replace("p=8", "p=4"),
      encoded.replace("YWJjZGVmZ2hpamtsbW5vcHFyc3R1dg", "YWJjZGVmZ2hpamtsbW5vcHFyc3R1"),
      older.encoded,
      "argon2$nonsense"
    ])
      expect(mustUpdate(text)).toBe(true)
    expect(Argon2.mustUpdate(older.encoded, { ...django, hashLength: 16 })).toBe(false)
  })

  it("says how much less work checking it is than making a new hash", () => {
    const missing = (text: string) => Argon2.missingCost(text, django)
    expect(missing(encoded)).toBeUndefined()
    expect(missing(encoded.replace("t=2", "t=1"))).toEqual({ ...django, timeCost: 1 })
    expect(missing(encoded.replace("t=2", "t=3"))).toBeUndefined()
    expect(missing(encoded.replace("m=102400", "m=512"))).toEqual({ ...django, memoryCost: 101_888, timeCost: 2 })
    expect(missing(encoded.replace("m=102400", "m=102399"))).toEqual({ ...django, memoryCost: 64, timeCost: 1 })
    expect(missing("argon2$nonsense")).toEqual(django)
  })

  it("adds up with the missing work to a fresh hash, rounded up by less than the least hash", () => {
    const cost = fc.record({
      memoryCost: fc.integer({ min: 64, max: 4096 }),
      timeCost: fc.integer({ min: 1, max: 16 })
    })
    const work = ({ memoryCost, timeCost }: Pick<Argon2.Cost, "memoryCost" | "timeCost">) => memoryCost * timeCost
    fc.assert(
      fc.property(cost, cost, (configured, stored) => {
        const text = encoded.replace("m=102400,t=2", `m=${stored.memoryCost},t=${stored.timeCost}`)
        const needed = work(configured) - work(stored)
        const missing = Argon2.missingCost(text, { ...django, ...configured })
        if (missing === undefined) {
          expect(needed).toBeLessThanOrEqual(0)
          return
        }
        expect(work(missing)).toBeGreaterThanOrEqual(needed)
        expect(work(missing)).toBeLessThan(needed + 8 * django.parallelism)
      })
    )
  })
})
