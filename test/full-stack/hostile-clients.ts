/** Clients that send slowly, that ask for a part of a page, or that come from another site over https. */
import { once } from "node:events"
import { connect } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import { describe, expect, it } from "vitest"
import csrf from "../corpus/csrf.json" with { type: "json" }
import forms from "../corpus/form.json" with { type: "json" }
import headers from "../corpus/header.json" with { type: "json" }
import { expectReason, type Recording } from "../corpus/recording.ts"
import { type Host, loggedIn } from "./site.ts"
import { ask, request } from "./wire.ts"

/** The settings that the requests over https need: a proxy in front says what the browser used. */
export const httpsBehindProxy = { AUTH_OPTIONS: '{"secureProxyHeader":["X-Forwarded-Proto","https"]}' }

/** The forms from another page of the same site. */
export const sameSite = csrf.filter(({ id }) => id === "B201")

/** The statuses of a form with its token, from a page of the same site, and from one of the same origin. */
export const sameSiteStatuses = async (port: number): Promise<ReadonlyArray<number>> => {
  const [, line = "none"] = /^hdr:(Sec-Fetch-Site: same-site) /.exec(sameSite[0]?.input ?? "") ?? []
  const secret = "b".repeat(32)
  const lines = [`Cookie: csrftoken=${secret}`, `X-CSRFToken: ${secret}`]
  const post = async (site: string) => (await ask(port, request("POST", "/protected", [...lines, site], "{}"))).status
  return [await post(line), await post("Sec-Fetch-Site: same-origin")]
}

export const hostileClients = (host: () => Host, cases: Recording): void => {
  cases.each(
    "site",
    forms.filter(({ id }) => id === "B355")
  )("a body that arrives slowly holds nothing that others need: $input ($id)", async () => {
    const head = request("POST", "/login", ["Content-Type: application/json", "Content-Length: 100"], "{")
    const sockets = Array.from({ length: 60 }, () => connect(host().port, "127.0.0.1"))
    const received: Array<Buffer> = []
    await Promise.all(sockets.map((socket) => once(socket, "connect")))
    for (const socket of sockets) socket.on("data", (data) => received.push(data)).write(head)
    await sleep(300)
    const sessions = () => host().query("SELECT session_key FROM django_session")
    const busy =
      "SELECT 1 FROM pg_stat_activity WHERE backend_type = 'client backend' AND state <> 'idle' AND pid <> pg_backend_pid()"
    const before = await sessions()
    expect(await host().query(busy)).toEqual([])
    for (const socket of sockets) socket.write('"')
    // More of them than there are places for password hashes and connections to the database.
    await loggedIn(host(), "alice")
    expect((await sessions()).length).toBe(before.length + 1)
    // Node closes such a connection after its `requestTimeout`, 5 minutes by default.
    expect(received).toEqual([])
    for (const socket of sockets) socket.destroy()
  })

  cases.each(
    "site",
    headers.filter(({ id }) => id === "B383")
  )("a page of a user is sent whole, and to that user only: $input ($id)", async () => {
    const [alice, bob] = [await loggedIn(host(), "alice"), await loggedIn(host(), "bob")]
    const get = (path: string, key: string | undefined, ...lines: ReadonlyArray<string>) =>
      ask(host().port, request("GET", path, [`Cookie: sessionid=${key}`, ...lines]))
    for (const path of ["/me", "/accounts/profile/"]) {
      const first = await get(path, alice.jar.get("sessionid"))
      expect([path, first.status, first.body.includes("alice")]).toEqual([path, 200, true])
      const tag = first.headers.get("etag")?.[0] ?? '"none"'
      const conditions = [
        `If-None-Match: ${tag}`,
        "If-None-Match: *",
        "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT"
      ]
      for (const condition of conditions) {
        const { body, headers, status } = await get(path, bob.jar.get("sessionid"), condition, "Range: bytes=0-3")
        expect([path, condition, status, body.includes("bob"), body.includes("alice")]).toEqual([
          path,
          condition,
          200,
          true,
          false
        ])
        // A page that no cache stores needs no Vary, and pages of Next.js cannot set one.
        if (path === "/me") expect(headers.get("vary")?.join()).toMatch(/\bcookie\b/i)
        else expect(headers.get("cache-control")?.join()).toMatch(/no-store/)
      }
    }
  })

  it("no page allows another origin to read it", async () => {
    const alice = await loggedIn(host(), "alice")
    const lines = [`Cookie: sessionid=${alice.jar.get("sessionid")}`, "Origin: https://evil.example"]
    const asked = "Access-Control-Request-Method: POST"
    for (const [method, path] of [
      ["GET", "/me"],
      ["GET", "/account/login"],
      ["OPTIONS", "/me"],
      ["OPTIONS", "/session"]
    ] as const) {
      const { headers } = await ask(host().port, request(method, path, [...lines, asked]))
      const allowed = [...headers.keys()].filter((name) => name.startsWith("access-control-"))
      expect([method, path, allowed]).toEqual([method, path, []])
    }
  })

  cases.each("site", sameSite)("a form from another page of the same site needs only its token ($id)", async (row) => {
    expect(await sameSiteStatuses(host().port)).toEqual([200, 200])
    expectReason("site", row, true)
  })

  describe("a form over https", () => {
    const rows = csrf.filter(({ id, input }) => input.startsWith("hdr:Referer:") || id === "B199")
    const secret = "b".repeat(32)
    const post = (...lines: ReadonlyArray<string>) =>
      ask(
        host().port,
        request(
          "POST",
          "/protected",
          ["X-Forwarded-Proto: https", `Cookie: csrftoken=${secret}`, `X-CSRFToken: ${secret}`, ...lines],
          "{}"
        )
      )

    it("is accepted from a page of the site", async () => {
      expect((await post("Referer: https://example.com/page")).status).toBe(200)
    })

    cases.each("https", rows)("is refused although its token is right: $input ($id)", async ({ input }) => {
      expect((await post(...(input.startsWith("hdr:Referer:") ? [input.slice(4)] : []))).status).toBe(403)
    })
  })
}
