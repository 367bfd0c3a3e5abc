/** The example page in the documentation of `koaAuth`, used as a browser uses it. */
import { text } from "node:stream/consumers"
import Koa from "koa"
import { describe, expect, it } from "vitest"
import { koaAuth } from "../../../../src/adapters/http/koa.ts"
import { cookiesOf } from "../../../full-stack/wire.ts"
import type { ContractAuth } from "../contract/adapter.ts"
import { onKoa, password } from "./koa-site.ts"

const documented = (auth: ContractAuth) => {
  const app = new Koa().use(koaAuth(auth))

  app.use(async (ctx) => {
    const { authenticate, getCsrfToken, login, verifyCsrf } = ctx.auth
    if (ctx.method === "POST") {
      const form = new URLSearchParams(await text(ctx.req))
      await verifyCsrf(form)
      const user = await authenticate({ username: form.get("username"), password: form.get("password") })
      if (user) await login(user)
    }
    const user = await ctx.auth.getUser()
    ctx.body = `<p>${user ? "Welcome back" : "Who are you?"}</p>
      <form method="post"><input type="hidden" name="csrfmiddlewaretoken" value="${await getCsrfToken()}">
      <input name="username"><input name="password" type="password"><button>Log in</button></form>`
  })
  return app
}

describe("the page in the documentation", () => {
  it(
    "logs a user in, but not without the form's token or with a wrong password",
    onKoa(documented, async ({ ask, errors }) => {
      const jar = new Map<string, string>()
      const visit = async (fields?: Readonly<Record<string, string>>) => {
        const cookie = `Cookie: ${Array.from(jar, ([name, value]) => `${name}=${value}`).join("; ")}`
        const reply = await ask("/", {
          lines: [...(jar.size > 0 ? [cookie] : []), "Content-Type: application/x-www-form-urlencoded"],
          ...(fields === undefined ? {} : { method: "POST", body: String(new URLSearchParams(fields)) })
        })
        for (const line of cookiesOf(reply)) {
          const [, name = "", value = ""] = /^([^=]*)=([^;]*)/.exec(line) ?? []
          jar.set(name, value)
        }
        const [, csrfmiddlewaretoken = ""] = /value="([^"]*)"/.exec(reply.body) ?? []
        return { status: reply.status, csrfmiddlewaretoken, isKnown: reply.body.includes("Welcome back") }
      }
      const page = await visit()
      expect(page).toMatchObject({ status: 200, isKnown: false })
      const { csrfmiddlewaretoken } = page
      expect((await visit({ username: "alice", password })).status).toBe(403)
      expect(await visit({ csrfmiddlewaretoken, username: "alice", password: "x" })).toMatchObject({ isKnown: false })
      expect(jar.has("sessionid")).toBe(false)
      expect(await visit({ csrfmiddlewaretoken, username: "alice", password })).toMatchObject({ isKnown: true })
      expect(await visit()).toMatchObject({ status: 200, isKnown: true })
      expect(errors).toEqual([])
    })
  )
})
