/** Cross-site requests: refused before the handler runs, unless they show a token or the handler is exempt. */
import { expect } from "vitest"
import { StoreUnavailable } from "../../../../src/adapters/interpreter/errors.ts"
import { cookiesOf, type Reply as Received } from "../../../full-stack/wire.ts"
import type { Handler } from "./adapter.ts"
import { type Chapter, type Clause, clause } from "./clause.ts"
import { cause, outage } from "./faults.ts"
import { authenticated, keyIn, type Site } from "./site.ts"
import { expectUnavailable } from "./unavailable.ts"

const json = "Content-Type: application/json"
const form = "Content-Type: application/x-www-form-urlencoded"

/** A browser that has seen a page with a token. */
const arrive = async ({ visit }: Site) => {
  const page = await visit(async ({ getCsrfToken }) => ({ body: await getCsrfToken() }))
  const line = `Cookie: ${cookiesOf(page)
    .map((cookie) => cookie.split(";", 1)[0])
    .join("; ")}`
  return { token: page.body, line }
}

/** Says what it was sent, and that it was here. */
const echo: Handler = async ({ session }, { text }) => {
  await session.set("changed", true)
  return { body: `handled ${await text()}` }
}

/** That the handler has not run. */
const expectRefused = (reply: Received): void => {
  expect(reply.status).toBe(403)
  expect(JSON.parse(reply.body)).toEqual({ error: "csrf", reason: expect.any(String) })
  expect(reply.headers.get("cache-control")).toEqual(["no-store"])
  expect(keyIn(reply)).toBeUndefined()
}

const isChecked = (method: string): Clause =>
  clause(`lets a ${method} in by its header, and its body reaches the handler whole`, async (site) => {
    const { line, token } = await arrive(site)
    const body = JSON.stringify({ long: "é".repeat(50_000) })
    const good = await site.visit(echo, { method, lines: [line, json, `X-CSRFToken: ${token}`], body })
    expect([good.status, good.body === `handled ${body}`]).toEqual([200, true])
    const before = site.stores.sessions.rows.size
    for (const lines of [
      [],
      [line],
      [`X-CSRFToken: ${token}`],
      [line, `X-CSRFToken: ${"a".repeat(64)}`],
      [line, `X-CSRFToken: ${token}`, "Origin: http://evil.example"],
      [line, `X-CSRFToken: ${token}`, "Origin: null"]
    ])
      expectRefused(await site.visit(echo, { method, lines: [json, ...lines], body: "{}" }))
    expect(site.stores.sessions.rows.size).toBe(before)
  })

const isSafe = (method: string): Clause =>
  clause(`is not asked of ${method}`, async ({ visit }) => {
    const reply = await visit(echo, { method, lines: ["Origin: http://evil.example"] })
    expect([reply.status, keyIn(reply) !== undefined]).toEqual([200, true])
  })

const verifies: Handler = async ({ session, verifyCsrf }, { text }) => {
  const fields = new URLSearchParams(await text())
  await verifyCsrf(fields)
  await session.set("changed", true)
  return { body: `verified ${fields.get("mine")}` }
}

const clauses: ReadonlyArray<Clause> = [
  ...["POST", "PUT", "PATCH", "DELETE"].map(isChecked),
  ...["GET", "OPTIONS"].map(isSafe),
  clause("passes with the site's own Origin", async (site) => {
    const { line, token } = await arrive(site)
    const lines = [line, json, `X-CSRFToken: ${token}`, "Origin: http://example.com"]
    expect((await site.visit(echo, { method: "POST", lines, body: "{}" })).body).toBe("handled {}")
  }),
  clause("is checked in a form that the handler has read", async (site) => {
    const { line, token } = await arrive(site)
    const post = (body: string) => site.visit(verifies, { method: "POST", lines: [line, form], body })
    const good = await post(`mine=1&csrfmiddlewaretoken=${token}`)
    expect([good.status, good.body]).toEqual([200, "verified 1"])
    for (const field of ["", "csrfmiddlewaretoken=", `csrfmiddlewaretoken=${"a".repeat(64)}`])
      expectRefused(await post(`mine=1&${field}`))
  }),
  clause("lets nothing change before the form is checked", async (site) => {
    const { line, token } = await arrive(site)
    const refused: Array<unknown> = []
    const reply = await site.visit(
      async (context, { text }) => {
        for (const change of [() => context.session.set("a", 1), () => context.logout(), () => authenticated(context)])
          refused.push(await change().then(String, ({ name }: Error) => name))
        await context.verifyCsrf(new URLSearchParams(await text()))
        await context.session.set("a", 1)
        return { body: "done" }
      },
      { method: "POST", lines: [line, form], body: `csrfmiddlewaretoken=${token}` }
    )
    expect([reply.status, reply.body, refused]).toEqual([200, "done", ["CsrfFailed", "CsrfFailed", "CsrfFailed"]])
    expect(await site.dataOf(keyIn(reply) ?? /sessionid=(\w+)/.exec(line)?.[1])).toMatchObject({ a: 1 })
  }),
  clause("that nobody checked in a form is an error in development, and 403 in production", async (site) => {
    const { line, token } = await arrive(site)
    const post = () =>
      site.visit(async () => ({ headers: [["X-Mine", "1"]], body: "unverified" }), {
        method: "POST",
        lines: [line, form],
        body: `csrfmiddlewaretoken=${token}`
      })
    const reply = await post()
    expect([reply.status, cookiesOf(reply), reply.headers.get("x-mine")]).toEqual([500, [], undefined])
    expect(site.told()).toEqual([expect.objectContaining({ _tag: "CsrfFailed", isOversight: true })])
    const environment = process.env["NODE_ENV"]
    process.env["NODE_ENV"] = "production"
    try {
      const refused = await post()
      expectRefused(refused)
      expect(refused.headers.get("x-mine")).toBeUndefined()
      expect(site.told()).toHaveLength(1)
    } finally {
      process.env["NODE_ENV"] = environment
    }
  }),
  clause("is needed again after a login, which draws another", async (site) => {
    const { line, token } = await arrive(site)
    const login: Handler = async (context) => {
      await authenticated(context)
      return {}
    }
    const reply = await site.visit(login, { method: "POST", lines: [line, json, `X-CSRFToken: ${token}`], body: "{}" })
    const after = `Cookie: ${cookiesOf(reply)
      .map((cookie) => cookie.split(";", 1)[0])
      .join("; ")}`
    expect(reply.status).toBe(200)
    expectRefused(await site.visit(echo, { method: "POST", lines: [after, json, `X-CSRFToken: ${token}`], body: "{}" }))
  })
]

export const csrf: Chapter = { title: "a CSRF token", clauses }

export const csrfInSession: Chapter = {
  title: "a CSRF token whose secret is in the session",
  site: { auth: { csrfUseSessions: true } },
  clauses: [
    ...clauses,
    clause("that cannot be looked up is an outage, not a refusal", async (site) => {
      const { line, token } = await arrive(site)
      site.stores.beforeLoad = outage
      const lines = [line, json, `X-CSRFToken: ${token}`]
      expectUnavailable(await site.visit(echo, { method: "POST", lines, body: "{}" }))
      expect(site.told()).toEqual([new StoreUnavailable({ operation: "load", cause })])
    })
  ]
}

export const csrfExempt: Chapter = {
  title: "an exemption from CSRF",
  site: {
    http: {
      csrfExempt: ({ url = "" }) => {
        if (url.includes("broken")) throw new Error("a bug in csrfExempt")
        return url.includes("webhook")
      }
    }
  },
  clauses: [
    clause("is for the requests that the application names, forms too", async ({ visit }) => {
      for (const type of [json, form]) {
        const exempt = await visit(echo, { method: "POST", rest: "?webhook", lines: [type], body: "a=1" })
        expect([exempt.status, exempt.body]).toEqual([200, "handled a=1"])
      }
      expectRefused(await visit(echo, { method: "POST", rest: "?other", lines: [json], body: "{}" }))
    }),
    clause("that throws lets nobody in", async ({ told, visit }) => {
      const reply = await visit(echo, { method: "POST", rest: "?broken", lines: [json], body: "{}" })
      expect([reply.status, keyIn(reply)]).toEqual([500, undefined])
      told()
    })
  ]
}
