import { describe, expect, it } from "vitest"
import { FetchRequestHead } from "../../../../src/adapters/http/fetch/fetch-head.ts"
import { header } from "../../../../src/core/http/request/request-head.ts"

const head = (url: string, init: RequestInit = {}) => new FetchRequestHead(new Request(url, init))

describe("the head of a Request", () => {
  it.each([
    ["http://a.example", "/"],
    ["http://a.example/", "/"],
    ["http://a.example?b=1", "/?b=1"],
    ["http://a.example/b/c?d=e&f=%20#g", "/b/c?d=e&f=%20"],
    ["http://a.example:8000//b", "//b"],
    ["http://[::1]:8000/b?c=http://d/#?", "/b?c=http://d/"],
    ["http://a.example/b?", "/b?"]
  ])("%s has the target %s", (url, target) => {
    expect(head(url).target).toBe(target)
  })

  it.each([
    ["http://a.example/b/../c/./d", "/c/d"],
    ["http://a.example/é\\b", "/%C3%A9/b"],
    ["http://a.example/%2e%2E/b%2fc", "/b%2fc"]
  ])("%s has been tidied before: %s", (url, target) => {
    expect(head(url).target).toBe(target)
  })

  it("has the method as it was sent", () => {
    expect(["get", "POST", "PATCH", "Purge"].map((method) => head("http://a.example", { method }).method)).toEqual([
      "GET",
      "POST",
      "PATCH",
      "Purge"
    ])
  })

  it("has headers by names in any case, several cookie lines as one, bytes as Latin-1", () => {
    const headers = new Headers([
      ["Cookie", "a=1"],
      ["X-Bytes", "\xff\xe9"],
      ["cookie", "b=2"],
      ["X-Forwarded-Proto", "https"],
      ["x-forwarded-proto", "http"]
    ])
    const sent = head("http://a.example", { headers })
    expect(["COOKIE", "x-bytes", "X-Forwarded-Proto", "host"].map((name) => header(sent, name))).toEqual([
      "a=1; b=2",
      "\xff\xe9",
      "https, http",
      undefined
    ])
  })

  it.each([
    ["http://a.example", { secure: false, serverName: "a.example", serverPort: "80" }],
    ["https://a.example", { secure: true, serverName: "a.example", serverPort: "443" }],
    ["https://a.example:80", { secure: true, serverName: "a.example", serverPort: "80" }],
    ["http://[::1]:8000", { secure: false, serverName: "[::1]", serverPort: "8000" }]
  ])("takes the transport from the URL %s", (url, transport) => {
    expect(head(url).transport).toEqual(transport)
  })

  it("does not take the scheme from the URL when the options forbid it", () => {
    expect(new FetchRequestHead(new Request("https://a.example"), false).transport).toEqual({
      secure: false,
      serverName: "a.example",
      serverPort: "80"
    })
  })
})
