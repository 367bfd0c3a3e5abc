import fc from "fast-check"
import { describe, expect, it } from "vitest"
import * as Secret from "../../../src/core/csrf/csrf-secret.ts"
import corpus from "../../corpus/csrf.json" with { type: "json" }
import vectors from "../../vectors/csrf_mask.json" with { type: "json" }

const secret = "abcdefghijklmnopqrstuvwxyz012345"

const anySecret = fc.string({
  unit: fc.constantFrom(..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"),
  minLength: 32,
  maxLength: 32
})

/** The corpus without what stands in other headers or is about how a form is parsed. */
const tokens = corpus.filter(({ input }) => !/^(hdr|type):/.test(input))
const written = ({ input }: { readonly input: string }) => (input === "gen:1MB token" ? "A".repeat(1_000_000) : input)

describe("the CSRF secret", () => {
  it.each(vectors.data)("is masked as by Django: $token", (row) => {
    expect(Secret.mask(row.secret, row.mask)).toBe(row.token)
    expect(Secret.unmask(row.token)).toBe(row.secret)
    expect(Secret.parse(row.token)).toEqual({ _tag: "Secret", secret: row.secret })
  })

  it("is found under every mask, and makes a different token with each", () => {
    fc.assert(
      fc.property(anySecret, anySecret, anySecret, (kept, first, second) => {
        expect(Secret.parse(Secret.mask(kept, first))).toEqual({ _tag: "Secret", secret: kept })
        expect(Secret.mask(kept, first) === Secret.mask(kept, second)).toBe(first === second)
        expect(Secret.mask(kept, first)).toMatch(/^[a-zA-Z0-9]{64}$/)
      })
    )
  })

  it("may be bare", () => {
    expect(Secret.parse(secret)).toEqual({ _tag: "Secret", secret })
  })

  it.each([
    ["", "has incorrect length"],
    ["abc", "has incorrect length"],
    [secret.slice(1), "has incorrect length"],
    [`${secret}a`, "has incorrect length"],
    [`${secret}${secret}a`, "has incorrect length"],
    [`${secret.slice(1)}!`, "has invalid characters"],
    [`${secret.slice(1)}\n`, "has invalid characters"],
    [`\n${secret.slice(1)}`, "has invalid characters"],
    ["!".repeat(64), "has invalid characters"],
    ["é".repeat(32), "has invalid characters"],
    // Counted as Python counts them, the first is long enough and the second is not.
    ["😀".repeat(32), "has invalid characters"],
    ["😀".repeat(16), "has incorrect length"]
  ])("is not %j: it %s", (text, fault) => {
    expect(Secret.parse(text)).toEqual({ _tag: "Malformed", fault })
  })

  it.each(tokens)("is not in $id", (row) => {
    expect(Secret.parse(written(row))).not.toEqual({ _tag: "Secret", secret })
  })

  it("is the same as itself only", () => {
    expect(Secret.isSame(secret, secret)).toBe(true)
    expect(Secret.isSame(secret, secret.toUpperCase())).toBe(false)
    expect(Secret.isSame(secret, `${secret}a`)).toBe(false)
  })
})
