import { describe, expect, it } from "vitest"
import { thrownByNext } from "../../../../src/adapters/http/next/framework/next-control-flow.ts"
import { dynamicUsage, notFound, notFoundOfNext150, redirect, thrownBy } from "./thrown.ts"

describe("an error", () => {
  it.each([
    ["/a", 307],
    ["/a;b;c?d=e;f", 308],
    ["https://other.example/\n", 303],
    ["", 307]
  ])("is a redirect to %j", async (location, status) => {
    expect(thrownByNext(await thrownBy(() => redirect(location, status)))).toEqual({
      _tag: "Redirect",
      location,
      status
    })
  })

  it.each([401, 403, 404])("is the status %i", async (status) => {
    expect(thrownByNext(await thrownBy(() => notFound(status)))).toEqual({ _tag: "Status", status })
  })

  it("is the status 404 for notFound() of Next 15.0", async () => {
    expect(thrownByNext(await thrownBy(notFoundOfNext150))).toEqual({ _tag: "Status", status: 404 })
  })

  it("is one of Next's internal signals when it has any other digest", async () => {
    expect(thrownByNext(await thrownBy(dynamicUsage))).toEqual({ _tag: "Internal" })
    for (const digest of ["NEXT_REDIRECT;replace;/a;200;", "NEXT_REDIRECT", "NEXT_HTTP_ERROR_FALLBACK;500", ""])
      expect(thrownByNext({ digest })).toEqual({ _tag: "Internal" })
  })

  it("is not one of Next's without a digest", () => {
    for (const error of [new Error("NEXT_REDIRECT"), { digest: 404 }, "NEXT_REDIRECT", null, undefined, 404])
      expect(thrownByNext(error)).toBeUndefined()
  })
})
