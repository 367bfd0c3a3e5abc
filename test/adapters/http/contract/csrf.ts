/** Cross-site requests: refused before the handler runs, unless they show a token or the handler is exempt. */
import { expect } from "vitest"
import { StoreUnavailable } from "../../../../src/adapters/errors/errors.ts"
import { ask, cookiesOf, type Reply as Received, request } from "../../../full-stack/wire.ts"
import type { ContractContext, Handler } from "./adapter.ts"
import { type Chapter, type Clause, clause } from "./clause.ts"
import { cause, outage } from "./faults.ts"
import { mine } from "./replies.ts"
import { authenticated, keyIn, type Site } from "./site.ts"
import { expectUnavailable } from "./unavailable.ts"

const json = "Content-Type: application/json"
const form = "Content-Type: application/x-www-form-urlencoded"

/** Gets a page with a token. @returns the token and the Cookie line of the browser */
const arrive = async ({ visit }: Site, ...lines: ReadonlyArray<string>) => {
  const page = await visit(async ({ getCsrfToken }) => ({ body: await getCsrfToken() }), { lines })
  const cookies = [...lines.map((line) => line.replace("Cookie: ", "")), ...cookiesOf(page)]
  return { token: page.body, line: `Cookie: ${cookies.map((cookie) => cookie.split(";", 1)[0]).join("; ")}` }
}

/** All operations that read the session or its user. */
const reads: Readonly<Record<string, (context: ContractContext) => unknown>> = {
  getUser: ({ getUser }) => getUser(),
  "session.get": ({ session }) => session.get("a"),
  "session.has": ({ session }) => session.has("a"),
  "session.keys": ({ session }) => session.keys(),
  "session.key": ({ session }) => session.key(),
  "session.isEmpty": ({ session }) => session.isEmpty(),
  "session.expiresAt": ({ session }) => session.expiresAt(),
  "session.expiryAgeSeconds": ({ session }) => session.expiryAgeSeconds(),
  "session.expiresAtBrowserClose": ({ session }) => session.expiresAtBrowserClose(),
  "session.testCookieWorked": ({ session }) => session.testCookieWorked(),
  "session.raw.get": ({ session }) => session.raw.get("a"),
  "session.raw.all": ({ session }) => session.raw.all(),
  requireUser: ({ requireUser }) => requireUser(),
  requirePermission: ({ requirePermission }) => requirePermission("blog.edit"),
  requireUserWhere: ({ requireUserWhere }) => requireUserWhere(() => true),
  loginRequired: async ({ loginRequired }) => (await loginRequired())._tag,
  permissionRequired: async ({ permissionRequired }) => (await permissionRequired("blog.edit"))._tag,
  userPassesTest: async ({ userPassesTest }) => (await userPassesTest(() => true))._tag,
  hasPerm: ({ hasPerm }) => hasPerm("blog.edit"),
  hasPerms: ({ hasPerms }) => hasPerms(["blog.edit"]),
  hasModulePerms: ({ hasModulePerms }) => hasModulePerms("blog"),
  getAllPermissions: ({ getAllPermissions }) => getAllPermissions(),
  getUserPermissions: ({ getUserPermissions }) => getUserPermissions(),
  getGroupPermissions: ({ getGroupPermissions }) => getGroupPermissions(),
  getPerms: ({ getPerms }) => getPerms(),
  templateValues: ({ templateValues }) => templateValues()
}

/** A synchronous throw becomes a rejection, too. */
const asPromise = async (read: () => unknown): Promise<unknown> => read()

/** Writes the session, and answers with the body of the request. */
const echo: Handler = async ({ session }, { text }) => {
  await session.set("changed", true)
  return { body: `handled ${await text()}` }
}

/** Checks that the handler has not run. */
const expectRefused = (reply: Received): void => {
  expect(reply.status).toBe(403)
  expect(JSON.parse(reply.body)).toEqual({ error: "csrf", reason: expect.any(String) })
  expect(reply.headers.get("cache-control")).toEqual(["no-store"])
  expect(keyIn(reply)).toBeUndefined()
}

const isChecked = (method: string): Clause =>
  clause(
    `a ${method} with a token in the header reaches the handler with its complete body, and others are refused`,
    async (site) => {
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
    }
  )

const isSafe = (method: string): Clause =>
  clause(`no token is required for ${method}`, async ({ visit }) => {
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
  clause("a token is accepted with the site's own Origin", async (site) => {
    const { line, token } = await arrive(site)
    const lines = [line, json, `X-CSRFToken: ${token}`, "Origin: http://example.com"]
    expect((await site.visit(echo, { method: "POST", lines, body: "{}" })).body).toBe("handled {}")
  }),
  clause("verifyCsrf checks the token of a form that the handler has read", async (site) => {
    const { line, token } = await arrive(site)
    const post = (body: string) => site.visit(verifies, { method: "POST", lines: [line, form], body })
    const good = await post(`mine=1&csrfmiddlewaretoken=${token}`)
    expect([good.status, good.body]).toEqual([200, "verified 1"])
    for (const field of ["", "csrfmiddlewaretoken=", `csrfmiddlewaretoken=${"a".repeat(64)}`])
      expectRefused(await post(`mine=1&${field}`))
  }),
  clause("before the form is checked, the session cannot be changed", async (site) => {
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
  clause(
    "a form that the handler does not check is answered with 500 in development, and with 403 in production",
    async (site) => {
      const { line, token } = await arrive(site)
      const path = site.at(async () => ({ headers: [["X-Mine", "1"]], body: "unverified" }))
      const post = (rest = "") =>
        ask(site.port, request("POST", path + rest, [line, form], `csrfmiddlewaretoken=${token}`))
      const reply = await post()
      expect([reply.status, cookiesOf(reply), reply.headers.get("x-mine")]).toEqual([500, [], undefined])
      expect(reply.body).toMatch(
        /did not call verifyCsrf\. Put the body parser before latchkey.* or .*call verifyCsrf\(form\)/
      )
      expect(site.told()).toEqual([expect.objectContaining({ _tag: "CsrfFailed", isMissingVerifyCsrf: true })])
      // It is reported once per route, since otherwise clients could fill the log.
      await post("?again")
      expect(site.told()).toEqual([])
      const environment = process.env["NODE_ENV"]
      process.env["NODE_ENV"] = "production"
      try {
        const refused = await post()
        expectRefused(refused)
        expect(refused.headers.get("x-mine")).toBeUndefined()
        expect(refused.body).not.toContain("verifyCsrf")
      } finally {
        process.env["NODE_ENV"] = environment
      }
    }
  ),
  clause("before the form is checked, each read of the user and of the session is an error", async (site) => {
    const { line, token } = await arrive(site, (await site.logIn()).line)
    for (const type of [form, "Content-Type: multipart/form-data; boundary=x"]) {
      const failed: Array<unknown> = []
      const seen: Array<unknown> = []
      const reply = await site.visit(
        async (context, { text }) => {
          for (const [name, read] of Object.entries(reads))
            failed.push([
              name,
              await asPromise(() => read(context)).catch(({ isMissingVerifyCsrf, message }) => [
                isMissingVerifyCsrf,
                message
              ])
            ])
          if (type !== form) return { status: 418 }
          await context.verifyCsrf(new URLSearchParams(await text()))
          for (const read of Object.values(reads)) seen.push(await asPromise(() => read(context)).catch(String))
          return { status: 418 }
        },
        { method: "POST", lines: [line, type], body: `csrfmiddlewaretoken=${token}` }
      )
      expect(failed).toEqual(
        Object.keys(reads).map((name) => [
          name,
          [true, expect.stringMatching(/verifyCsrf.*body parser.*X-CSRFToken.*userForLog/)]
        ])
      )
      expect([reply.status, keyIn(reply)]).toEqual([418, undefined])
      if (type === form) expect(seen).not.toContainEqual(expect.stringContaining("CSRF"))
    }
  }),
  clause(
    "a handler that reads the user before it checks the form is answered with 500, and its page is not sent",
    async (site) => {
      const { line: own } = await site.logIn()
      const reply = await site.visit(async ({ getUser }) => mine(`${(await getUser())?.username}`), {
        method: "POST",
        lines: [own, form],
        body: "{}"
      })
      expect([reply.status, reply.headers.get("x-mine")]).toEqual([500, undefined])
      expect(reply.body).not.toContain("alice")
      expect(site.told()).toEqual([expect.objectContaining({ _tag: "CsrfFailed", isMissingVerifyCsrf: true })])
    }
  ),
  clause("after a wrong token, each read of the user is an error", async (site) => {
    const { line } = await arrive(site, (await site.logIn()).line)
    const reply = await site.visit(
      async ({ getUser, login, requireUser, verifyCsrf }) => {
        await verifyCsrf({ csrfmiddlewaretoken: "wrong" }).catch(() => {})
        const user = await getUser().catch(({ name }) => name)
        const required = await requireUser().catch(({ name }) => name)
        const loggedIn = await login({ id: 1 } as never).catch(({ name }) => name)
        return { status: 418, body: [user, required, loggedIn].join() }
      },
      { method: "POST", lines: [line, form], body: "csrfmiddlewaretoken=wrong" }
    )
    expect([reply.status, reply.body]).toEqual([418, "CsrfFailed,CsrfFailed,CsrfFailed"])
  }),
  clause("an empty form is refused before the handler runs, because it has no token", async (site) => {
    const { line } = await arrive(site)
    for (const type of [form, "Content-Type: multipart/form-data; boundary=x"]) {
      const reply = await site.visit(echo, { method: "POST", lines: [line, type, "Content-Length: 0"] })
      expectRefused(reply)
      expect(JSON.parse(reply.body)).toMatchObject({ reason: "CSRF token missing." })
    }
  }),
  clause("no token is required for a page that does not exist", async (site) => {
    for (const status of [400, 404, 405, 413]) {
      const reply = await site.visit(async () => ({ ...mine("not here"), status }), {
        method: "POST",
        lines: [form],
        body: "a=1"
      })
      expect([reply.status, reply.body, reply.headers.get("x-mine")]).toEqual([status, "not here", ["1"]])
    }
  }),
  clause("userForLog names the user after the response, also if the form was not checked", async (site) => {
    const { line: own } = await site.logIn()
    const [logged, answered] = [Promise.withResolvers<unknown>(), Promise.withResolvers<void>()]
    const early: Array<string> = []
    const reply = await site.visit(
      async ({ userForLog }) => {
        early.push(await userForLog().then(String, ({ message }) => message))
        void answered.promise.then(userForLog).then((user) => logged.resolve(user?.username), logged.reject)
        return { status: 404 }
      },
      { method: "POST", lines: [own, form], body: "a=1" }
    )
    answered.resolve()
    expect([reply.status, early, await logged.promise]).toEqual([404, [expect.stringContaining("getUser")], "alice"])
  }),
  clause("a login creates a new secret, and tokens from before it are refused", async (site) => {
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

export const csrf: Chapter = { title: "CSRF", clauses }

export const csrfInSession: Chapter = {
  title: "CSRF with the secret in the session",
  site: { auth: { csrfUseSessions: true } },
  clauses: [
    ...clauses,
    clause("a secret that cannot be loaded is answered with 503, not with 403", async (site) => {
      const { line, token } = await arrive(site)
      site.stores.beforeLoad = outage
      const lines = [line, json, `X-CSRFToken: ${token}`]
      expectUnavailable(await site.visit(echo, { method: "POST", lines, body: "{}" }))
      expect(site.told()).toEqual([new StoreUnavailable({ operation: "load", cause })])
    })
  ]
}

const accepted: Clause = clause(
  "a request of a page of this site needs no token, as JSON or as a form",
  async (site) => {
    const own = "Origin: http://example.com"
    for (const lines of [["Sec-Fetch-Site: same-origin", own], ["Sec-Fetch-Site: same-origin"], [own]])
      for (const type of [json, form, "Content-Type: multipart/form-data; boundary=x"]) {
        const reply = await site.visit(echo, { method: "POST", lines: [type, ...lines], body: "a=1" })
        expect([reply.status, reply.body, keyIn(reply) !== undefined]).toEqual([200, "handled a=1", true])
      }
    const form1 = await site.visit(verifies, { method: "POST", lines: [form, own], body: "mine=1" })
    expect([form1.status, form1.body]).toEqual([200, "verified 1"])
    const trusted = ["Sec-Fetch-Site: cross-site", "Origin: https://pay.example"]
    expect((await site.visit(echo, { method: "POST", lines: [json, ...trusted], body: "{}" })).status).toBe(200)
  }
)

export const csrfByMetadata: Chapter = {
  title: "CSRF by fetch metadata",
  site: { auth: { csrfMode: "fetch-metadata", csrfTrustedOrigins: ["https://pay.example"] } },
  clauses: [
    accepted,
    clause("a request of another page is refused before the handler runs, also with a token", async (site) => {
      const { line, token } = await arrive(site)
      for (const said of [
        ["Sec-Fetch-Site: same-site", "Origin: http://sub.example.com"],
        ["Sec-Fetch-Site: same-site"],
        ["Sec-Fetch-Site: cross-site", "Origin: null"],
        ["Origin: http://evil.example"]
      ])
        for (const type of [json, form])
          expectRefused(
            await site.visit(echo, {
              method: "POST",
              lines: [line, type, `X-CSRFToken: ${token}`, ...said],
              body: `csrfmiddlewaretoken=${token}`
            })
          )
    }),
    clause("no check is made for requests that must change nothing", async ({ visit }) => {
      expect((await visit(echo, { lines: ["Sec-Fetch-Site: cross-site"] })).status).toBe(200)
    }),
    ...clauses
  ]
}

export const csrfExempt: Chapter = {
  title: "csrfExempt",
  site: {
    http: {
      csrfExempt: ({ url = "" }) => {
        if (url.includes("broken")) throw new Error("a bug in csrfExempt")
        return url.includes("webhook")
      }
    }
  },
  clauses: [
    clause("the requests that csrfExempt names need no token, forms included", async ({ visit }) => {
      for (const type of [json, form]) {
        const exempt = await visit(echo, { method: "POST", rest: "?webhook", lines: [type], body: "a=1" })
        expect([exempt.status, exempt.body]).toEqual([200, "handled a=1"])
      }
      expectRefused(await visit(echo, { method: "POST", rest: "?other", lines: [json], body: "{}" }))
    }),
    clause("when csrfExempt throws, the request is not exempt", async ({ told, visit }) => {
      const reply = await visit(echo, { method: "POST", rest: "?broken", lines: [json], body: "{}" })
      expect([reply.status, keyIn(reply)]).toEqual([500, undefined])
      told()
    })
  ]
}
