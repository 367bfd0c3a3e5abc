import { describe, expect, it } from "vitest"
import { bare, read } from "../../../src/core/device-bound/device-proof.ts"
import { jwk } from "./device-scene.ts"

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url")
const head = { alg: "ES256", typ: "dbsc+jwt" }
const tokenOf = (header: unknown, payload: unknown = { jti: "c" }, signature = "s"): string =>
  `${part(header)}.${part(payload)}.${signature}`

describe("a proof", () => {
  it("is read, bare or in quotes, with the members of its key that belong to the algorithm", () => {
    const jws = tokenOf({ ...head, jwk: { ...jwk, d: "private", kid: "1" } })
    const proof = { jws, alg: "ES256", jwk, challenge: "c" }
    expect(read(jws)).toEqual(proof)
    expect(read(` "${jws}" `)).toEqual(proof)
    expect(read(tokenOf(head))).toMatchObject({ jwk: undefined })
  })

  it.each<[string, unknown]>([
    ["another kind", { kty: "RSA", n: "AQAB", e: "AQAB" }],
    ["another curve", { ...jwk, crv: "P-384" }],
    ["a short coordinate", { ...jwk, x: "x" }],
    ["a coordinate that is no text", { ...jwk, y: 1 }],
    ["null", null],
    ["a list", [jwk]]
  ])("has no fit key if its key has %s", (_, key) => {
    expect(read(tokenOf({ ...head, jwk: key }))).toMatchObject({ jwk: "Unfit" })
  })

  it("has no fit RSA key of more than 4096 bits", () => {
    const rsa = (length: number) =>
      read(tokenOf({ ...head, alg: "RS256", jwk: { kty: "RSA", n: "n".repeat(length), e: "AQAB" } }))
    expect(rsa(683)).toMatchObject({ jwk: { kty: "RSA" } })
    expect(rsa(684)).toMatchObject({ jwk: "Unfit" })
  })

  it("has at most 4096 characters", () => {
    const longest = tokenOf(head, { jti: "c" }, "s".repeat(4096 - tokenOf(head, { jti: "c" }, "").length))
    expect(longest.length).toBe(4096)
    expect(read(longest)).toBeDefined()
    expect(read(`${longest}s`)).toBeUndefined()
  })

  it.each<[string, string]>([
    ["the algorithm none", tokenOf({ ...head, alg: "none" })],
    ["a shared secret", tokenOf({ ...head, alg: "HS256" })],
    ["an algorithm that no offer names", tokenOf({ ...head, alg: "ES384" })],
    ["an algorithm in a list", tokenOf({ ...head, alg: ["ES256"] })],
    ["no algorithm", tokenOf({ typ: "dbsc+jwt" })],
    ["another type", tokenOf({ ...head, typ: "JWT" })],
    ["another case of the type", tokenOf({ ...head, typ: "DBSC+JWT" })],
    ["no type", tokenOf({ alg: "ES256" })],
    ["an extension that has to be understood", tokenOf({ ...head, crit: ["exp"] })],
    ["a payload that is not encoded", tokenOf({ ...head, b64: false })],
    ["no challenge", tokenOf(head, {})],
    ["a challenge that is a number", tokenOf(head, { jti: 1 })],
    ["a payload that is a list", tokenOf(head, ["c"])],
    ["a payload that is null", tokenOf(head, null)],
    ["a header that is a text", tokenOf("ES256")],
    ["no signature", tokenOf(head, { jti: "c" }, "")],
    ["two parts", tokenOf(head).split(".").slice(0, 2).join(".")],
    ["four parts", `${tokenOf(head)}.s`],
    ["five parts, as an encrypted token has", `${tokenOf(head)}.s.s`],
    ["a header with padding", tokenOf(head).replace(".", "=.")],
    ["a header that is not JSON", `e30x.${part({ jti: "c" })}.s`],
    ["an empty text", ""],
    ["dots", ".."]
  ])("is not one with %s", (_, sent) => {
    expect(read(sent)).toBeUndefined()
  })
})

describe("a header's value", () => {
  it.each([
    ["id", "id"],
    ['"id"', "id"],
    [' "id" ', "id"],
    ['"id', '"id'],
    ['""', ""]
  ])("%j is %j without quotes", (sent, text) => {
    expect(bare(sent)).toBe(text)
  })
})
