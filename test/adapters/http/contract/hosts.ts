/** The host, scheme and target that the client sent. */
import { expect } from "vitest"
import headerCorpus from "../../../corpus/header.json" with { type: "json" }
import { cookiesOf } from "../../../full-stack/wire.ts"
import type { Handler } from "./adapter.ts"
import { type Chapter, type Clause, clause, sending } from "./clause.ts"
import { authenticated, keyIn } from "./site.ts"

const where: Handler = async ({ host, isSecure, session }) => {
  const body = `${isSecure() ? "https" : "http"}://${host()}`
  await session.set("a", 1)
  return { body }
}

const isServed = (host: string): Clause =>
  clause(`a host in allowedHosts is accepted: ${host}`, async ({ visit }) => {
    const reply = await visit(where, { lines: [`Host: ${host}`] })
    expect([reply.status, reply.body]).toEqual([200, `http://${host}`])
  })

const isNotServed = (line: string): Clause =>
  clause(`a host that is not in allowedHosts is answered with 400: ${line}`, async ({ visit }) => {
    const reply = await visit(where, { lines: [line] })
    expect([reply.status, cookiesOf(reply)]).toEqual([400, []])
    expect(reply.body).not.toContain("evil")
  })

/** Hosts that look like the site's host, or are invalid. */
const hostile = [
  "Host: example.com.evil.example",
  "Host: sub.example.com",
  "Host: example.com@evil.example",
  "Host: example.com\\@evil.example",
  "Host: example.com:80:80",
  "Host: example.com, evil.example"
]

export const hosts: Chapter = {
  title: "the host and the target",
  site: { auth: { allowedHosts: ["example.com", ".example.org"] } },
  clauses: [
    ...["example.com", "example.com:8000", "EXAMPLE.com", "example.org", "a.b.example.org:8443"].map(isServed),
    ...headerCorpus
      .filter(({ input }) => input.startsWith("Host:"))
      .map(({ id, input }) => sending(id, isNotServed(input))),
    ...hostile.map(isNotServed),
    clause("the 400 for a host that is not in allowedHosts is JSON, and is not cached", async ({ visit }) => {
      const reply = await visit(where, { lines: ["Host: evil.example"] })
      expect([reply.status, reply.headers.get("cache-control")]).toEqual([400, ["no-store"]])
      expect(JSON.parse(reply.body)).toEqual({ error: expect.any(String) })
    }),
    clause("the headers of a proxy set neither host nor scheme when the settings trust no proxy", async ({ visit }) => {
      const lines = [
        "X-Forwarded-Host: evil.example",
        "X-Forwarded-Proto: https",
        "X-Forwarded-Port: 443",
        "Forwarded: host=evil.example;proto=https"
      ]
      expect((await visit(where, { lines })).body).toBe("http://example.com")
    }),
    clause("redirectToNext redirects only to URLs of the host", async ({ visit }) => {
      const goes: Handler = async ({ nextUrl, redirectToNext }) => ({
        headers: [["X-Next", String(nextUrl())]],
        body: redirectToNext("/home").location
      })
      for (const [next, expected] of [
        ["/a%3Fb=1", "/a?b=1"],
        ["http://example.com/a", "http://example.com/a"],
        ["http://evil.example/", "/home"],
        ["//evil.example/", "/home"],
        ["", "/home"]
      ] as const)
        expect([next, (await visit(goes, { rest: `?next=${next}` })).body]).toEqual([next, expected])
    }),
    clause(
      "the target of the request line is used unchanged",
      async ({ visit }) => {
        const guarded: Handler = async ({ loginRequired }) => {
          const decision = await loginRequired()
          return { body: decision._tag === "Redirect" ? decision.location : decision._tag }
        }
        for (const [rest, next] of [
          ["/a/../b", "/a/../b"],
          ["//b", "//b"],
          ["/%41%2f%c3%a9", "/A/%25C3%25A9"],
          ["?a=%41&b=+%20", "%3Fa%3D%2541%26b%3D%2B%2520"]
        ] as const) {
          const { body } = await visit(guarded, { rest })
          expect(body.replace(/^\/accounts\/login\/\?next=\/\d+/, "").replaceAll("%2F", "/")).toBe(next)
        }
      },
      "rawTarget"
    )
  ]
}

const sees = (proto: ReadonlyArray<string>, scheme: string): Clause =>
  clause(
    `X-Forwarded-Proto ${JSON.stringify(proto)} sets the scheme ${scheme}`,
    async ({ visit }) => {
      const lines = [...proto.map((value) => `X-Forwarded-Proto: ${value}`), "X-Forwarded-Host: example.org"]
      const reply = await visit(where, { lines })
      expect([reply.status, reply.body]).toEqual([200, `${scheme}://example.org`])
    },
    "https"
  )

export const proxied: Chapter = {
  title: "a trusted proxy",
  site: {
    auth: {
      allowedHosts: ["example.org"],
      secureProxyHeader: ["X-Forwarded-Proto", "https"],
      useForwardedHost: true,
      csrfTrustedOrigins: ["https://app.example.org"]
    }
  },
  clauses: [
    sees([], "http"),
    sees(["http"], "http"),
    sees(["https"], "https"),
    sees(["https, http"], "https"),
    sees(["https", "http"], "https"),
    sees(["http", "https"], "http"),
    clause(
      "the CSRF check uses the rules of https behind a proxy that ends https",
      async ({ visit }) => {
        const https = ["X-Forwarded-Proto: https", "X-Forwarded-Host: example.org", "Content-Type: application/json"]
        const page = await visit(async ({ getCsrfToken }) => ({ body: await getCsrfToken() }), { lines: https })
        const [cookie = ""] = (cookiesOf(page)[0] ?? "").split(";")
        const post = async (...lines: ReadonlyArray<string>) => {
          const logIn: Handler = async (context) => {
            await authenticated(context)
            return {}
          }
          const own = [`Cookie: ${cookie}`, `X-CSRFToken: ${page.body}`]
          const reply = await visit(logIn, { method: "POST", lines: [...https, ...own, ...lines], body: "{}" })
          return [reply.status, keyIn(reply) !== undefined]
        }
        expect(await post()).toEqual([403, false])
        expect(await post("Referer: http://example.org/")).toEqual([403, false])
        expect(await post("Origin: http://example.org")).toEqual([403, false])
        expect(await post("Referer: https://example.org/")).toEqual([200, true])
        expect(await post("Origin: https://example.org")).toEqual([200, true])
        expect(await post("Origin: https://app.example.org")).toEqual([200, true])
      },
      "https"
    )
  ]
}
