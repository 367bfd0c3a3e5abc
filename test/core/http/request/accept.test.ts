import { describe, expect, it } from "vitest"
import { asksForJson } from "../../../../src/core/http/request/accept.ts"

const asks = (...accept: ReadonlyArray<string>): boolean =>
  asksForJson({
    method: "GET",
    target: "/",
    headers: accept.map((value) => ["Accept", value]),
    transport: { secure: false, serverName: "", serverPort: "80" }
  })

describe("a client asks for JSON", () => {
  it.each([
    "application/json",
    "APPLICATION/JSON; charset=utf-8",
    "application/json, text/plain, */*",
    "*/*;q=0.1,application/problem+json;q=0.5",
    "application/json, text/html;q=0",
    "application/json, text/html ; q=0.000"
  ])("by %s", (accept) => expect(asks(accept)).toBe(true))
  it("by a second header", () => expect(asks("text/plain", "application/json")).toBe(true))
})

describe("a client asks for a page, or does not say what it asks for", () => {
  it.each([
    "",
    "*/*",
    "application/*",
    "text/html",
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "application/json, text/html",
    "application/json, application/xhtml+xml;q=0.1",
    "application/json;q=0",
    "application/json;q=0.0",
    "application/jsonp",
    "text/json",
    "x-application/json"
  ])("by %j", (accept) => expect(asks(accept)).toBe(false))
  it("by no header", () => expect(asks()).toBe(false))
  it("by two headers, one of which names HTML", () => expect(asks("application/json", "text/html")).toBe(false))
})
