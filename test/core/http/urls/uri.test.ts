import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { escapePath, iriToUri } from "../../../../src/core/http/urls/uri.ts"
import vectors from "../../../vectors/encoding_helpers.json" with { type: "json" }

describe("percent-encoding", () => {
  it.each(vectors.data.iri_to_uri)("escapes the IRI $in as Django does", (row) => {
    expect(iriToUri(row.in)).toBe(row.out)
  })

  it.each(vectors.data.escape_uri_path)("escapes the path $in as Django does", (row) => {
    expect(escapePath(row.in)).toBe(row.out)
  })

  it("gives printable ASCII, and a path that decodes to the original", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(iriToUri(text)).toMatch(/^[!-~]*$/)
        expect(iriToUri(iriToUri(text))).toBe(iriToUri(text))
        expect(decodeURIComponent(escapePath(text))).toBe(text.toWellFormed())
      })
    )
  })

  it("replaces a lone surrogate by U+FFFD", () => {
    expect(iriToUri("\ud800")).toBe("%EF%BF%BD")
  })
})
