import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { escapePath, iriToUri } from "../../../src/core/http/uri.ts"
import vectors from "../../vectors/encoding_helpers.json" with { type: "json" }

describe("percent-encoding", () => {
  it.each(vectors.data.iri_to_uri)("makes a URI of $in", (row) => {
    expect(iriToUri(row.in)).toBe(row.out)
  })

  it.each(vectors.data.escape_uri_path)("escapes the path $in", (row) => {
    expect(escapePath(row.in)).toBe(row.out)
  })

  it("leaves nothing that ends a header, and a path that decodes to what it was", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(iriToUri(text)).toMatch(/^[!-~]*$/)
        expect(iriToUri(iriToUri(text))).toBe(iriToUri(text))
        expect(decodeURIComponent(escapePath(text))).toBe(text.toWellFormed())
      })
    )
  })

  it("replaces a lone surrogate", () => {
    expect(iriToUri("\ud800")).toBe("%EF%BF%BD")
  })
})
