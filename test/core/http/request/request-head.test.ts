import { expect, it } from "vitest"
import { header, type RequestHead } from "../../../../src/core/http/request/request-head.ts"

const head = (...headers: ReadonlyArray<readonly [string, string]>): RequestHead => ({
  method: "GET",
  target: "/",
  headers,
  transport: { secure: false, serverName: "localhost", serverPort: "80" }
})

it("finds a header in any case, and distinguishes an empty one from an absent one", () => {
  const sent = head(["HOST", "a.example"], ["x-empty", ""])
  expect(header(sent, "Host")).toBe("a.example")
  expect(header(sent, "X-Empty")).toBe("")
  expect(header(sent, "Cookie")).toBeUndefined()
})

it("joins repeated headers in order, with semicolons between cookies", () => {
  const sent = head(["Cookie", "a=1"], ["Accept", "x"], ["cookie", "a=2"], ["ACCEPT", "y"])
  expect(header(sent, "cookie")).toBe("a=1; a=2")
  expect(header(sent, "accept")).toBe("x,y")
})
