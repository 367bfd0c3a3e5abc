/** What a browser sees of the applications that the docs show: pages without JavaScript, and a login form. */
import { beforeAll, expect, it } from "vitest"
import { type FormVisitor, formVisitor, type Page } from "../rig/form-visitor.ts"

/** Where a page redirects to. Some frameworks answer 303 instead of 302. */
const redirectOf = ({ location, status }: Page): string | null => ([302, 303].includes(status) ? location : null)

const alice = { username: "alice", password: "correct horse" }

/** Log in, be known, log out. @param url of the running application */
export const itLogsIn = (url: () => string): void => {
  let client: FormVisitor
  beforeAll(() => {
    client = formVisitor(url())
  })

  it("sends anonymous visitors of the account page to the login page", async () => {
    expect((await client.get("/")).text).toContain("Hello stranger.")
    const account = await client.get("/account")
    expect(redirectOf(account)).toBe("/login?next=/account")
  })

  it("refuses a form without its token, and a wrong password", async () => {
    await client.get("/login?next=/account")
    const foreign = await client.send("/login", { ...alice, csrfmiddlewaretoken: "" })
    expect(foreign.status).toBe(403)
    const wrong = await client.send("/login?next=/account", { ...alice, password: "wrong" })
    expect([wrong.status, wrong.text]).toEqual([200, expect.stringContaining("Wrong user name or password.")])
    expect(redirectOf(await client.get("/account"))).toBe("/login?next=/account")
  })

  it("logs in, and returns to the page that was asked for", async () => {
    await client.get("/login?next=/account")
    const done = await client.send("/login?next=/account", alice)
    expect(redirectOf(done)).toBe("/account")
    expect((await client.get("/account")).text).toContain("Hello alice.")
  })

  it("logs out by a form with a token", async () => {
    expect((await client.get("/")).text).toContain("Log out")
    expect((await client.send("/logout", { csrfmiddlewaretoken: "" })).status).toBe(403)
    expect((await client.get("/account")).text).toContain("Hello alice.")
    const done = await client.send("/logout", {})
    expect(redirectOf(done)).toBe("/")
    expect(redirectOf(await client.get("/account"))).toBe("/login?next=/account")
  })
}
