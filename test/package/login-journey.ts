/** What a browser sees of the applications that the docs show: pages without JavaScript, and a login form. */
import { beforeAll, expect, it } from "vitest"
import { parseSetCookie } from "../rig/browser.ts"

interface Page {
  readonly status: number
  readonly location: string | null
  readonly text: string
}

export interface Visitor {
  readonly get: (path: string) => Promise<Page>
  /** Sends a form. The token of the last page is one of its fields, unless `fields` has another one. */
  readonly send: (path: string, fields: Readonly<Record<string, string>>) => Promise<Page>
}

/** A browser on one site: it keeps cookies and the CSRF token of the last page with a form. */
export const visitor = (url: string): Visitor => {
  const jar = new Map<string, string>()
  let csrfmiddlewaretoken = ""
  const ask = async (path: string, init: RequestInit): Promise<Page> => {
    const cookie = Array.from(jar, ([name, value]) => `${name}=${value}`).join("; ")
    const headers = { cookie, origin: url }
    const response = await fetch(url + path, {
      ...init,
      headers,
      redirect: "manual",
      signal: AbortSignal.timeout(20_000)
    })
    for (const { attributes, name, value } of response.headers.getSetCookie().map(parseSetCookie)) {
      if (attributes.some(([attribute, given]) => attribute === "Max-Age" && given === "0")) jar.delete(name)
      else jar.set(name, value)
    }
    const text = await response.text()
    csrfmiddlewaretoken = /name="csrfmiddlewaretoken" value="(\w+)"/.exec(text)?.[1] ?? csrfmiddlewaretoken
    return { status: response.status, location: response.headers.get("location"), text }
  }
  return {
    get: (path) => ask(path, {}),
    send: (path, fields) => ask(path, { method: "POST", body: new URLSearchParams({ csrfmiddlewaretoken, ...fields }) })
  }
}

const alice = { username: "alice", password: "correct horse" }

/** Log in, be known, log out. @param url of the running application */
export const itLogsIn = (url: () => string): void => {
  let client: Visitor
  beforeAll(() => {
    client = visitor(url())
  })

  it("sends anonymous visitors of the account page to the login page", async () => {
    expect((await client.get("/")).text).toContain("Hello stranger.")
    const account = await client.get("/account")
    expect([account.status, account.location]).toEqual([302, "/login?next=/account"])
  })

  it("refuses a form without its token, and a wrong password", async () => {
    await client.get("/login?next=/account")
    const foreign = await client.send("/login", { ...alice, csrfmiddlewaretoken: "" })
    expect(foreign.status).toBe(403)
    const wrong = await client.send("/login?next=/account", { ...alice, password: "wrong" })
    expect([wrong.status, wrong.text]).toEqual([200, expect.stringContaining("Wrong user name or password.")])
    expect((await client.get("/account")).status).toBe(302)
  })

  it("logs in, and returns to the page that was asked for", async () => {
    await client.get("/login?next=/account")
    const done = await client.send("/login?next=/account", alice)
    expect([done.status, done.location]).toEqual([302, "/account"])
    expect((await client.get("/account")).text).toBe("Hello alice.")
  })

  it("logs out by a form with a token", async () => {
    expect((await client.get("/")).text).toContain("Log out")
    expect((await client.send("/logout", { csrfmiddlewaretoken: "" })).status).toBe(403)
    expect((await client.get("/account")).text).toBe("Hello alice.")
    const done = await client.send("/logout", {})
    expect([done.status, done.location]).toEqual([302, "/"])
    expect((await client.get("/account")).status).toBe(302)
  })
}
