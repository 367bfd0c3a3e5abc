import { describe, expect, it } from "vitest"
import { withAuth } from "../../../src/adapters/http/fetch.ts"
import { memory, memoryThrottle } from "../../../src/adapters/store/memory.ts"
import { createAuth, forwardedFor, modelBackend, pbkdf2Sha256 } from "../../../src/index.ts"

const head = (...lines: ReadonlyArray<string>) => ({
  ...{ method: "GET", target: "/", headers: lines.map((line): [string, string] => ["X-Forwarded-For", line]) },
  transport: { secure: true, serverName: "a", serverPort: "443" }
})

describe("the address that the proxies report", () => {
  it.each([
    [1, ["203.0.113.9"], "203.0.113.9"],
    [1, ["198.51.100.1, 203.0.113.9"], "203.0.113.9"],
    [2, ["198.51.100.1, 203.0.113.9, 172.16.0.1"], "203.0.113.9"],
    [2, ["198.51.100.1,203.0.113.9", "172.16.0.1"], "203.0.113.9"],
    [2, ["198.51.100.1", " 203.0.113.9 ", "172.16.0.1 "], "203.0.113.9"],
    [1, ["203.0.113.9:5678"], "203.0.113.9"],
    [1, ["2001:db8::9"], "2001:db8::9"],
    [1, ["[2001:db8::9]"], "2001:db8::9"],
    [1, ["[2001:db8::9]:443"], "2001:db8::9"],
    [1, ["203.0.113.9, unknown"], "unknown"]
  ] as const)("behind %i of them, of %j, is %s", (proxies, lines, address) => {
    expect(forwardedFor({ proxies })(head(...lines))).toBe(address)
  })

  it.each([
    [1, []],
    [1, [""]],
    [1, ["203.0.113.9,"]],
    [2, ["203.0.113.9"]],
    [3, ["203.0.113.9", "172.16.0.1"]],
    [1000, ["203.0.113.9"]]
  ] as const)("behind %i of them, of %j, is not known", (proxies, lines) => {
    expect(forwardedFor({ proxies })(head(...lines))).toBeUndefined()
  })

  it.each([0, -1, 1.5, Number.NaN, Number("one")])("cannot be told behind %d proxies", (proxies) => {
    expect(() => forwardedFor({ proxies })).toThrow("forwardedFor: write proxies: 1")
  })

  it("keeps clients apart that write addresses into the header themselves", async () => {
    const { sessions, users } = memory()
    const auth = createAuth({
      secretKey: "not a secret",
      sessions,
      backends: { "django.contrib.auth.backends.ModelBackend": modelBackend(users) },
      hashers: [pbkdf2Sha256({ iterations: 1 })],
      throttle: { store: memoryThrottle() },
      clockAndRandom: { now: () => 1e12 },
      clientAddress: forwardedFor({ proxies: 2 })
    })
    await auth.createUser({ username: "alice", password: "correct horse" })
    const site = withAuth(
      auth,
      async (request, { authenticate }) =>
        Response.json((await authenticate(Object(await request.json()))) !== undefined),
      { csrfExempt: true }
    )
    const isRight = async (forwarded: string, username: string, password: string): Promise<unknown> => {
      const headers = { "x-forwarded-for": forwarded }
      const body = JSON.stringify({ username, password })
      return (await site(new Request("http://localhost/", { method: "POST", headers, body }))).json()
    }
    for (let guess = 0; guess < 60; guess++)
      await isRight(`192.0.2.${guess}, 203.0.113.9, 172.16.0.1`, `user ${guess}`, "wrong")
    expect(await isRight("198.51.100.7, 172.16.0.1", "alice", "correct horse")).toBe(true)
    expect(await isRight("198.51.100.7, 203.0.113.9, 172.16.0.1", "alice", "correct horse")).toBe(false)
  })
})
