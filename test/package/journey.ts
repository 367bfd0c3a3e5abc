/** What a browser sees of the applications that serve `apps/shared/pages.ts`. */
import { expect, it } from "vitest"
import { type Answer, type Browser, browser } from "../rig/browser.ts"

const alice = { username: "alice", password: "correct horse" }

export interface Journey {
  readonly url: () => string
  /** The prefix of each path. */
  readonly prefix?: string
  /** A text on the page with which the framework answers an error that is not latchkey's. */
  readonly ownWords: string
  /** The text on the page for what the framework throws as an answer when no cookie has to be sent. */
  readonly rendered: string
}

/** These headers are sent with every request, as a browser names the origin of its page. */
const visitor = (site: { readonly url: string }): Browser & { readonly send: Send } => {
  const { get, jar, post } = browser()
  return {
    get,
    post,
    jar,
    send: async (path, init) => {
      const cookie = Array.from(jar, ([name, value]) => `${name}=${value}`).join("; ")
      const headers = { cookie, origin: site.url, ...init.headers }
      const response = await fetch(site.url + path, { ...init, headers, redirect: "manual" })
      for (const line of response.headers.getSetCookie()) {
        const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? []
        if (line.includes("Max-Age=0")) jar.delete(name)
        else jar.set(name, value)
      }
      return { status: response.status, headers: response.headers, text: await response.text() }
    }
  }
}

type Send = (
  path: string,
  init: { readonly method: string; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
) => Promise<Pick<Answer, "status" | "headers" | "text">>

export const itServes = ({ ownWords, prefix = "", rendered, url }: Journey): void => {
  const site = () => ({ url: url() + prefix })

  const tokenOf = async ({ get }: Browser): Promise<string> => JSON.parse((await get(site(), "/csrf")).text).token
  const postJson = async (by: ReturnType<typeof visitor>, path: string, body: unknown) =>
    by.send(prefix + path, {
      method: "POST",
      headers: { "content-type": "application/json", "x-csrftoken": await tokenOf(by) },
      body: JSON.stringify(body)
    })
  const arrive = () => visitor({ url: url() })

  it("creates no session for a visitor who only reads", async () => {
    const page = await arrive().get(site(), "/me")
    expect([page.text, page.cookies]).toEqual(['{"user":null,"visits":null}', []])
    expect(page.headers.get("vary")).toContain("Cookie")
  })

  it("logs a user in, keeps the session, and logs out", async () => {
    const by = arrive()
    expect((await postJson(by, "/login", { ...alice, password: "wrong" })).status).toBe(401)
    expect(by.jar.has("sessionid")).toBe(false)
    expect((await postJson(by, "/login", alice)).text).toBe('{"user":"alice"}')
    expect((await by.get(site(), "/me")).text).toBe('{"user":"alice","visits":1}')
    expect((await by.get(site(), "/me")).text).toBe('{"user":"alice","visits":2}')
    expect((await by.get(site(), "/guarded")).text).toBe('{"user":"alice"}')
    expect((await arrive().get(site(), "/me")).text).toBe('{"user":null,"visits":null}')
    expect((await postJson(by, "/logout", {})).status).toBe(204)
    expect(by.jar.has("sessionid")).toBe(false)
    expect((await by.get(site(), "/me")).text).toBe('{"user":null,"visits":null}')
  })

  it("refuses a request without a CSRF token, and accepts the token in a form", async () => {
    const by = arrive()
    const token = await tokenOf(by)
    const json = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(alice) }
    expect((await by.send(`${prefix}/login`, json)).status).toBe(403)
    const post = (csrfmiddlewaretoken: string) =>
      by.send(`${prefix}/form`, {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: String(new URLSearchParams({ mark: "made", csrfmiddlewaretoken }))
      })
    expect((await post("a".repeat(64))).status).toBe(403)
    expect((await post(token)).text).toBe('{"mark":"made"}')
    expect((await by.get(site(), "/mark")).text).toBe('{"mark":"made"}')
  })

  it("ends an anonymous request for users only: 401 for scripts, a redirect to the login page for browsers", async () => {
    const { send } = arrive()
    const asking = (accept: string) => send(`${prefix}/guarded`, { method: "GET", headers: { accept } })
    expect((await asking("application/json")).status).toBe(401)
    const page = await asking("text/html")
    expect([page.status, page.headers.get("location")]).toEqual([302, `/accounts/login/?next=${prefix}/guarded`])
  })

  it("stores the session by the status of what is thrown, and sends its cookie", async () => {
    for (const [mark, status] of [
      ["redirected", 303],
      ["refused", 418]
    ] as const) {
      const by = arrive()
      const thrown = await by.get(site(), `/${mark}`)
      expect([mark, thrown.status, thrown.cookies.map(({ name }) => name)]).toEqual([mark, status, ["sessionid"]])
      if (mark === "redirected") expect(thrown.headers.get("location")).toBe("/elsewhere")
      expect((await by.get(site(), "/mark")).text).toBe(JSON.stringify({ mark }))
      // The client already has the cookie, so the framework can send its own answer without losing one.
      expect((await by.get(site(), `/${mark}`)).status).toBe(status)
    }
    expect((await arrive().get(site(), "/refused-only")).text).toContain(rendered)
  })

  it("leaves errors to the framework, and the session unchanged", async () => {
    const by = arrive()
    const heard = async (): Promise<ReadonlyArray<string>> => JSON.parse((await by.get(site(), "/heard")).text)
    const before = await heard()
    const page = await by.get(site(), "/bug")
    expect([page.status, page.cookies]).toEqual([500, []])
    expect(page.text).toContain(ownWords)
    expect((await by.get(site(), "/mark")).text).toBe('{"mark":null}')
    expect(await heard()).toEqual([...before, "a bug of the application's"])
  })
}
