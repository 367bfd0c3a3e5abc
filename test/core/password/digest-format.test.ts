import { describe, expect, it } from "vitest"
import * as Digest from "../../../src/core/password/digest-format.ts"

const salt22 = "abcdefghijklmnopqrstuv"

describe("the text of a single digest", () => {
  it("is parsed to the salt that was formatted", () => {
    expect(Digest.parse("md5", Digest.format("md5", "seasalt", "abc"))).toBe("seasalt")
    expect(Digest.format("sha1", "seasalt", "abc")).toBe("sha1$seasalt$abc")
  })

  it.each(["", "md5", "md5$s", "md5$$h", "MD5$s$h", "sha1$s$h"])("%j has no salt", (encoded) => {
    expect(Digest.parse("md5", encoded)).toBeUndefined()
  })

  it("must be updated if the salt is short", () => {
    expect(Digest.mustUpdate("md5", `md5$${salt22}$h`)).toBe(false)
    expect(Digest.mustUpdate("md5", `md5$${salt22.slice(1)}$h`)).toBe(true)
    expect(Digest.mustUpdate("md5", "md5$nonsense")).toBe(true)
  })
})
