import { expect } from "vitest"
import { cookiesOf, type Reply } from "../../../full-stack/wire.ts"

/** Checks for the answer to an outage: nothing of it comes from the handler (whose header is `X-Mine`). */
export const expectUnavailable = (reply: Reply, retryAfter = "1"): void => {
  expect([reply.status, reply.body]).toEqual([503, '{"error":"unavailable"}'])
  expect(reply.headers.get("content-type")?.join()).toMatch(/^application\/json/)
  expect([reply.headers.get("retry-after"), reply.headers.get("cache-control")]).toEqual([[retryAfter], ["no-store"]])
  expect([cookiesOf(reply), reply.headers.get("x-mine")]).toEqual([[], undefined])
}
