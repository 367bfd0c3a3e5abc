/**
 * Unusual request targets and methods. Paths are matched as Django matches them: decoded, but dots are not resolved.
 */
import { describe, expect, it } from "vitest"
import type { Host } from "./site.ts"
import { ask, cookiesOf, exchange, type Reply, request } from "./wire.ts"

const nobody = [401, '{"user":null}'] as const
const notFound = [404, "not found"] as const
const refusedByNode = [400, ""] as const

const targets: ReadonlyArray<readonly [target: string, answer: readonly [status: number, body: string]]> = [
  ["/me", nobody],
  ["/me?", nobody],
  ["/me?a=%", nobody],
  ["/me?a=%ff&a[]=1&__proto__[x]=1", nobody],
  ["/me#fragment", nobody],
  ["/m%65", nobody],
  ["http://evil.example/me", nobody],
  ["/me/", notFound],
  ["/ME", notFound],
  ["/me%00", notFound],
  ["/me%20", notFound],
  ["/me;a=b", notFound],
  ["/me%3f", notFound],
  ["/%6De/", notFound],
  ["//", notFound],
  ["//me", notFound],
  ["///me", notFound],
  ["/\\me", notFound],
  ["/%2e", notFound],
  ["/%2e/me", notFound],
  ["/./me", notFound],
  ["/x/../me", notFound],
  ["/x/%2e%2e/me", notFound],
  ["/..%2fme", notFound],
  ["/%", notFound],
  ["/%zz", notFound],
  ["/%ff", notFound],
  ["/%ed%a0%80", notFound],
  ["/constructor", notFound],
  ["/__proto__", notFound],
  ["http://[::1", notFound],
  ["http://a:99999/x", notFound],
  ["https://@/x", notFound],
  ["*", notFound],
  [`/${"a".repeat(15_000)}`, notFound],
  ["me", refusedByNode],
  ["\\me", refusedByNode],
  ["?a=b", refusedByNode],
  ["@evil.example/me", refusedByNode],
  [":80/me", refusedByNode],
  ["mailto:me", refusedByNode],
  ["/me\u00e9", refusedByNode],
  ["/me\u0001", refusedByNode],
  ["/me\t", refusedByNode],
  ["/a b", refusedByNode]
]

const allowed = {
  "/anon": "GET",
  "/me": "GET",
  "/members": "GET",
  "/fail": "GET",
  "/slow": "GET",
  "/session": "GET, POST",
  "/login": "POST",
  "/logout": "POST",
  "/password": "POST",
  "/session/delete": "POST",
  "/session/expiry": "POST",
  "/session/cycle": "POST",
  "/session/flush": "POST"
} as const

export const hostileTargets = (host: () => Host): void => {
  const get = (target: string): Promise<Reply> => ask(host().port, request("GET", target))

  describe("a target", () => {
    it.each(targets)("%s", async (target, answer) => {
      const reply = await get(target)
      expect([reply.status, reply.body]).toEqual(answer)
      expect(cookiesOf(reply)).toEqual([])
    })

    it("that makes the head too long is refused by Node", async () => {
      expect([(await get(`/${"a".repeat(20_000)}`)).status]).toEqual([431])
    })

    it.each([
      ["/members", "/members"],
      ["/members?a=b&c=%2F", "/members%3Fa%3Db%26c%3D%252F"],
      ["/members?next=//evil.example", "/members%3Fnext%3D//evil.example"],
      ["/members?a=\\r\\nSet-Cookie:x=1", "/members%3Fa%3D%255Cr%255CnSet-Cookie%3Ax%3D1"],
      ["/members?%0d%0aSet-Cookie:x=1", "/members%3F%250d%250aSet-Cookie%3Ax%3D1"]
    ])("the login redirect of %s leads back to the same page", async (target, next) => {
      const reply = await get(target)
      expect([reply.status, reply.headers.get("location")]).toEqual([302, [`/accounts/login/?next=${next}`]])
      expect(cookiesOf(reply)).toEqual([])
    })
  })

  describe("a method", () => {
    it.each(Object.entries(allowed))("that %s does not accept gets 405 and an Allow header", async (path, methods) => {
      const others = ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"].filter(
        (method) => !methods.split(", ").includes(method)
      )
      for (const method of others) {
        const reply = await ask(host().port, request(method, path))
        expect([method, reply.status, reply.headers.get("allow"), cookiesOf(reply)]).toEqual([
          method,
          405,
          [methods],
          []
        ])
      }
    })

    it.each(["FOO", "get", "G\u0001T", ""])("that is not an HTTP method is refused by Node: %j", async (method) => {
      const reply = await ask(host().port, request(method, "/me"))
      expect([reply.status, reply.body]).toEqual([400, ""])
    })

    it("CONNECT opens no tunnel", async () => {
      expect(await exchange(host().port, request("CONNECT", "example.com:443"))).toEqual([])
    })
  })

  describe("/fail", () => {
    it.each(["200", "204", "304", "400", "404", "418", "499", "500", "503", "599"])("answers %s", async (status) => {
      const reply = await get(`/fail?status=${status}`)
      expect(reply.status).toBe(Number(status))
      expect(cookiesOf(reply)).toHaveLength(Number(status) < 500 ? 1 : 0)
    })

    it.each([
      "abc",
      "",
      "99",
      "1000",
      "-1",
      "1e9",
      "Infinity",
      "%00"
    ])("answers something to the status %j", async (status) => {
      const reply = await get(`/fail?status=${status}`)
      expect([400, 500]).toContain(reply.status)
      expect(cookiesOf(reply)).toEqual([])
    })
  })

  it("/slow answers 200 to every value of ms, valid or not", async () => {
    for (const ms of ["abc", "-5", "1e400", "99999999999"]) {
      const { body, status } = await get(`/slow?ms=${ms}&n=%00%ff`)
      expect([ms, status, body]).toEqual([ms, 200, "{}"])
    }
  })
}
