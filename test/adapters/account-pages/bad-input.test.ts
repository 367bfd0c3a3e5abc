/** Hostile values in each field of each form: a clear problem at the field's place, no failure, nothing is written. */
import { once } from "node:events"
import { createServer, type IncomingMessage, request } from "node:http"
import { describe, expect, it } from "vitest"
import type { Browser } from "../../../src/testing/browser/browser.ts"
import { type AccountSite, accountSite, asJson, codesOf } from "./site.ts"

const strings: Readonly<Record<string, string>> = {
  "a NUL": "a\0b@example.com",
  "only a NUL": "\0",
  "only white space": " \u2003\t\n",
  "10,000 letters": "a".repeat(10_000),
  "10,000 combining marks": `a${"\u0301".repeat(10_000)}`,
  "a long address": `${"a".repeat(400)}@example.com`,
  "a line break in an address": "carol@example.com\nBcc: dora@example.com",
  "two addresses": "carol@example.com, dora@example.com",
  "an address with a display name": "Carol <carol@example.com>",
  "a fraction, which NFKC changes": "½@¾",
  "invisible characters": "al\u200bice",
  "the name of a property": "__proto__",
  "a path": "../../etc/passwd",
  markup: "</script><img src=x onerror=alert(1)>",
  "a template": "{{7*7}}<%= 7*7 %>",
  "a statement": "' OR 1=1; DROP TABLE auth_user; --"
}

/** Only JSON can send these. */
const values: Readonly<Record<string, unknown>> = {
  ...strings,
  "a lone surrogate": "a\ud800b@example.com",
  "a number": 1,
  true: true,
  null: null,
  "an empty array": [],
  "an array of texts": ["x", "alice"],
  "an object": { toString: "alice" },
  "a nested array": [["alice"]]
}

interface FormCase {
  readonly path: string
  /** Makes the page reachable. @returns the path that the form is sent to. Default: `path` */
  readonly open?: (at: AccountSite, browser: Browser) => Promise<string>
  readonly good: Readonly<Record<string, string>>
  /** A field whose hostile text is no problem of the field, because it is only compared with stored texts. */
  readonly compared?: ReadonlyArray<string>
}

const twice = (password: string) => ({ new_password1: password, new_password2: password })
const own = "alice's password"

const forms: ReadonlyArray<FormCase> = [
  { path: "/accounts/login", good: { username: "nemo", password: "x" }, compared: ["username", "password"] },
  {
    path: "/accounts/signup",
    good: { username: "carol", email: "c@example.com", password1: "a horse", password2: "a horse" }
  },
  { path: "/accounts/password_change", good: { old_password: own, ...twice("a horse") } },
  { path: "/accounts/password_reset", good: { email: "c@example.com" } },
  { path: "/accounts/email_change", good: { email: "c@example.com", password: own } },
  {
    path: "/accounts/reset/<uid>/set-password",
    open: (at, browser) => opened(at, browser, "/accounts/password_reset", { email: "alice@example.com" }),
    good: twice("a horse")
  },
  {
    path: "/accounts/verify/<uid>/set-password",
    open: (at, browser) =>
      opened(at, browser, "/accounts/signup", {
        ...{ username: "carol", email: "c@example.com" },
        ...{ password1: "a horse", password2: "a horse" }
      }),
    good: { password: "a horse" }
  },
  { path: "/accounts/reauthenticate", good: { password: own } },
  { path: "/accounts/deactivate", good: { password: own } },
  { path: "/accounts/delete", good: { password: own } }
]

/** Sends a form whose mail has a link, and opens the link. */
const opened = async (
  at: AccountSite,
  browser: Browser,
  path: string,
  form: Readonly<Record<string, string>>
): Promise<string> => {
  await at.post(browser, path, form)
  const link = await at.linkOf()
  at.mails.length = 0
  return (await at.get(browser, link)).headers.get("location") ?? expect.fail("the link is refused")
}

const site = () =>
  accountSite(
    { signUp: true, deactivation: true, deletion: true },
    { auth: { reauthentication: {} }, userSessions: true }
  )

/** The stored users, with their passwords as far as a login shows them. */
const storedIn = (at: AccountSite) =>
  ["alice", "bob", "ghost", "carol"].map((name) => {
    const user = at.stored(name)
    return user && { ...user, lastLoginAt: undefined }
  })

const fields = forms.flatMap((form) => Object.keys(form.good).map((field) => [form.path, field, form] as const))

describe.each(fields)("%s, %s", (path, field, { compared = [], good, open }) => {
  const start = async () => {
    const at = site()
    const browser = await at.browserOf("alice")
    return { at, browser, path: (await open?.(at, browser)) ?? path }
  }
  const check = async (send: (at: AccountSite, browser: Browser, path: string) => Promise<Response>) => {
    const { at, browser, path } = await start()
    const [before, rows] = [storedIn(at), at.stores.sessions.rows.size]
    const response = await send(at, browser, path)
    expect(response.status).toBe(400)
    expect(at.stores.sessions.rows.size).toBe(rows)
    const { errors } = Object(JSON.parse(await response.text()))
    const places = Object.keys(errors)
    // Of two passwords, the second one has the problem that they differ.
    const twin = field.replace(/1$/, "2")
    expect(
      places.filter((place) => place !== field && place !== twin && !(compared.includes(field) && place === "__all__"))
    ).toEqual([])
    for (const { code, message } of Object.values(errors).flat().map(Object))
      expect([typeof code, typeof message, message === ""]).toEqual(["string", "string", false])
    expect(storedIn(at)).toEqual(before)
    expect(at.mails).toEqual([])
  }

  it.each(Object.entries(values))("refuses %s", async (_, value) => {
    // Names may have letters of any script, and anything may be a password.
    const isPossible = typeof value === "string" && field === "username" && path.endsWith("signup")
    if (isPossible && ["__proto__"].includes(value)) return
    await check((at, browser, path) =>
      browser.fetch(at.target, path, { json: { ...good, [field]: value }, headers: asJson })
    )
  })

  it("refuses an empty or a missing one", async () => {
    await check((at, browser, path) => at.post(browser, path, { ...good, [field]: "" }, asJson))
    const { [field]: _, ...others } = good
    await check((at, browser, path) => at.post(browser, path, others, asJson))
  })

  it("takes the last one of two", async () => {
    await check((at, browser, path) => {
      const form = new URLSearchParams([...Object.entries(good), [field, ""]])
      return browser.fetch(at.target, path, { form, headers: asJson })
    })
  })
})

describe.each(forms.filter((form) => form.compared === undefined))("$path", ({ good, open, path: name }) => {
  it.each(Object.keys(good))("shows the form again with status 200, and the problem at the field %s", async (field) => {
    const at = site()
    const browser = await at.browserOf("alice")
    const path = (await open?.(at, browser)) ?? name
    const html = await at.post(browser, path, { ...good, [field]: "" })
    expect(html.status).toBe(200)
    const text = await html.text()
    expect(text).toMatch(new RegExp(`<input[^>]*name="${field}"[^>]*aria-invalid="true"`))
    expect(text).toContain("This field is required.")
  })
})

describe("/accounts/sessions, session", () => {
  const start = async () => {
    const at = site()
    const browser = await at.browserOf("alice")
    await at.browserOf("alice")
    await at.browserOf("bob")
    const send = (session: object, headers = {}) =>
      browser.fetch(at.target, "/accounts/sessions", { json: session, headers })
    return { at, send }
  }

  it.each(
    Object.entries(strings).filter(([, text]) => text.trim() !== "")
  )("ends no session for %s", async (_, text) => {
    const { at, send } = await start()
    expect((await send({ session: text }, asJson)).status).toBeOneOf([200, 400])
    expect(at.stores.sessions.rows.size).toBe(3)
  })

  it.each([
    ["a number", { session: 1 }, "not_text"],
    ["a nested array", { session: [["a"]] }, "not_text"],
    ["an object", { session: { a: "b" } }, "not_text"],
    ["a lone surrogate", { session: "a\ud800" }, "surrogate_characters_not_allowed"],
    ["a NUL", { session: "a\0" }, "null_characters_not_allowed"],
    ["a form without the field", {}, "required"]
  ])("refuses %s, and still lists the sessions", async (_, form, code) => {
    const { at, send } = await start()
    expect(await codesOf(await send(form, asJson))).toEqual({ session: [code] })
    const html = await send(form, { accept: "text/html" })
    expect(html.status).toBe(200)
    const text = await html.text()
    expect(text).toContain('role="alert"')
    expect(text.match(/<li>\n<h2>/g)).toHaveLength(2)
    expect(at.stores.sessions.rows.size).toBe(3)
  })
})

describe("a page with a hostile text", () => {
  it.each(Object.entries(strings))("shows %s as text", async (_, text) => {
    const at = site()
    const html = await (await at.post(at.browser(), "/accounts/signup", { username: text, email: text })).text()
    expect(html).not.toContain("<img")
    expect(html).not.toContain("</script>")
    expect(html.length).toBeLessThan(20_000)
  })
})

describe("a hostile body", () => {
  const send = async (type: string, body: string | Uint8Array<ArrayBuffer>) => {
    const at = site()
    const browser = at.browser()
    await at.get(browser, "/accounts/login")
    const headers = { "content-type": type, "x-csrftoken": browser.cookie("csrftoken") ?? "" }
    return (await browser.fetch(at.target, "/accounts/login", { method: "POST", body, headers })).status
  }
  const form = "application/x-www-form-urlencoded"

  it.each([
    ["bytes that are not UTF-8", form, new Uint8Array([0x75, 0x3d, 0xff, 0xfe]), 200],
    ["broken escapes", form, "username=%zz&password=%", 200],
    ["1,000 fields", form, "a=1&".repeat(1000), 200],
    ["an empty body", form, "", 200],
    ["JSON with the wrong encoding", "application/json", new Uint8Array([0x7b, 0xff, 0x7d]), 400],
    ["JSON that is no object", "application/json", '"username"', 400],
    ["JSON with 50,000 arrays in each other", "application/json", "[".repeat(50_000), 400],
    ["JSON that sets the prototype", "application/json", '{"__proto__":{"username":"alice","password":"x"}}', 200],
    ["more than 100,000 bytes", "application/json", `{"username":"${"a".repeat(100_000)}"}`, 413],
    ["another type", "text/xml", "<a/>", 415]
  ])("of %s is answered", async (_, type, body, status) => {
    expect(await send(type, body)).toBe(status)
  })

  it("that is too large is read to its end, so that the connection is free for the next request", async () => {
    const received: Array<IncomingMessage> = []
    const { app } = site()
    const server = createServer((req, res) => {
      received.push(req)
      app(req, res)
    }).listen(0, "127.0.0.1")
    try {
      await once(server, "listening")
      const address = server.address()
      const port = typeof address === "object" ? address?.port : undefined
      const token = "a".repeat(32)
      const headers = { cookie: `csrftoken=${token}`, "x-csrftoken": token, "content-type": form }
      const sent = request({ host: "127.0.0.1", port, path: "/accounts/login", method: "POST", headers })
      sent.end("a".repeat(5_000_000))
      const [response] = await once(sent, "response")
      expect(response.statusCode).toBe(413)
      await expect.poll(() => received[0]?.complete).toBe(true)
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })
})
