/** User names, passwords, stored hashes, CSRF tokens and targets after a login that no site sends. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect } from "vitest"
import csrf from "../corpus/csrf.json" with { type: "json" }
import storedTexts from "../corpus/encoded-hash.json" with { type: "json" }
import targets from "../corpus/next.json" with { type: "json" }
import passwords from "../corpus/password.json" with { type: "json" }
import { expectReason, expectStatus, type Recording } from "../corpus/recording.ts"
import { type Host, passwordOf } from "./site.ts"
import { ask, cookiesOf, type Reply, request } from "./wire.ts"

/** Not imported: Vite refuses the lone surrogate in it. */
const usernames: typeof passwords = JSON.parse(
  readFileSync(join(import.meta.dirname, "../corpus/username.json"), "utf8")
)

const generated: Readonly<Record<string, string>> = {
  B179: "A".repeat(10_000), // a longer header is refused by Node
  B321: `/${"a".repeat(2048)}`,
  B421: "a".repeat(151),
  B423: `a${"\u0301\u0316".repeat(74)}`,
  B435: "x".repeat(4097),
  B437: `${"x".repeat(72)}A`
}

const inputOf = ({ id, input }: { readonly id: string; readonly input: string }): string => generated[id] ?? input

/** Fills in the form of a page as a browser without JavaScript does, with the fields that the page hides. */
const sendForm = async (url: string, path: string, fields: Readonly<Record<string, string>>): Promise<Response> => {
  const page = await fetch(url + path)
  const [form = ""] = /<form[^>]*method="post"[\s\S]*?<\/form>/i.exec(await page.text()) ?? []
  const body = form.includes("multipart/form-data") ? new FormData() : new URLSearchParams()
  for (const [input] of form.matchAll(/<input[^>]*type="hidden"[^>]*>/g)) {
    const [name = "", value = ""] = ["name", "value"].map((part) => new RegExp(` ${part}="([^"]*)"`).exec(input)?.[1])
    body.append(
      name,
      value
        .replaceAll("&quot;", '"')
        .replaceAll("&#x27;", "'")
        .replaceAll("&lt;", "<")
        .replaceAll("&gt;", ">")
        .replaceAll("&amp;", "&")
    )
  }
  for (const [name, value] of Object.entries(fields)) body.set(name, value)
  const cookie = page.headers.getSetCookie().map((line) => line.split(";")[0])
  const headers = { cookie: cookie.join("; "), origin: url }
  return fetch(url + path, { method: "POST", headers, body, redirect: "manual" })
}

export const hostileAccounts = (host: () => Host, cases: Recording): void => {
  const logIn = (username: string, password: string): Promise<Reply> =>
    ask(
      host().port,
      request("POST", "/login", ["Content-Type: application/json"], JSON.stringify({ username, password }))
    )
  const expectRefused = (reply: Reply): void => {
    expect([400, 401]).toContain(reply.status)
    expect(cookiesOf(reply)).toEqual([])
  }

  cases.each("site", usernames)("a user name logs no other user in: $input ($id)", async (row) => {
    expectRefused(await logIn(inputOf(row), passwordOf("alice")))
  })

  cases.each("site", passwords)("a password is not another user's: $input ($id)", async (row) => {
    const reply = await logIn("alice", inputOf(row))
    expectRefused(reply)
    expectStatus("site", row, reply.status)
  })

  cases.each("site", storedTexts)("a stored password is not that of the user: $input ($id)", async (row) => {
    await host().query("UPDATE auth_user SET password = $1 WHERE username = 'heidi'", row.input)
    for (const password of ["password", "", row.input]) expectRefused(await logIn("heidi", password))
  })

  describe("a CSRF token", () => {
    const tokens = csrf.filter(({ input }) => !/^(hdr|type):/.test(input))
    const origins = csrf.filter(({ input }) => input.startsWith("hdr:Origin:"))

    const form = "Content-Type: application/x-www-form-urlencoded"

    cases.each("site", tokens)("is refused: $expect ($id)", async (row) => {
      const token = inputOf(row)
      const post = (lines: ReadonlyArray<string>, body: string) =>
        ask(host().port, request("POST", "/protected", [`Cookie: csrftoken=${"b".repeat(32)}`, ...lines], body))
      const field = await post([form], `csrfmiddlewaretoken=${encodeURIComponent(token)}`)
      expectStatus("site", row, field.status)
      // No header has a line break.
      if (token.includes("\n")) return
      const header = await post([`X-CSRFToken: ${Buffer.from(token).toString("latin1")}`], "{}")
      expectStatus("site", row, header.status)
    })

    cases.each(
      "site",
      csrf.filter(({ id }) => id === "B177")
    )("that a form repeats is its last one: $input ($id)", async ({ input }) => {
      const good = "b".repeat(32)
      const lines = [`Cookie: csrftoken=${good}`, form]
      const fields = input.replace("type:array ", "")
      const post = async (first: string, second: string) => {
        const body = fields.replace("<good>", first).replace("<bad>", second)
        return (await ask(host().port, request("POST", "/protected", lines, body))).status
      }
      expect([await post(good, "c".repeat(32)), await post("c".repeat(32), good)]).toEqual([403, 200])
    })

    cases.each("site", origins)(
      "is refused from another origin, although it is right: $input ($id)",
      async ({ input }) => {
        const secret = "b".repeat(32)
        const lines = [`Cookie: csrftoken=${secret}`, `X-CSRFToken: ${secret}`]
        const post = (...more: ReadonlyArray<string>) =>
          ask(host().port, request("POST", "/protected", [...lines, ...more], "{}"))
        expect((await post()).status).toBe(200)
        expect((await post(Buffer.from(input.slice(4)).toString("latin1"))).status).toBe(403)
      }
    )

    const secret = "b".repeat(32)

    cases.each(
      "site",
      csrf.filter(({ id }) => id === "B203")
    )("is needed by a body without a type ($id)", async () => {
      const post = async (...lines: ReadonlyArray<string>) =>
        (await ask(host().port, request("POST", "/protected", [`Cookie: csrftoken=${secret}`, ...lines], "a=1"))).status
      expect([await post(), await post(`X-CSRFToken: ${secret}`)]).toEqual([403, 200])
    })

    cases.each(
      "site",
      csrf.filter(({ id }) => id === "B205")
    )("is not avoided by a method: $input ($id)", async (row) => {
      const statusOf = async (method: string) => {
        const { status } = await ask(host().port, request(method, "/protected", [`Cookie: csrftoken=${secret}`], "{}"))
        return status
      }
      const status = await statusOf("get")
      expect([400, 403, 405]).toContain(status)
      expectReason("site", row, status === 400)
      // In capital letters, Node passes them on.
      for (const method of ["PROPFIND", "PURGE", "PATCH"]) expect([400, 403, 405]).toContain(await statusOf(method))
    })
  })

  cases.each("site", targets)("a login leads to this site: $input ($id)", async (row) => {
    const [inForm, inUrl = inputOf(row)] = /^both: POST next=(.*), GET next=(.*)$/.exec(row.input)?.slice(1) ?? []
    const path = `/accounts/login/?next=${encodeURIComponent(inUrl)}`
    const credentials = { username: "grace", password: passwordOf("grace") }
    const fields = inForm === undefined ? credentials : { ...credentials, next: inForm }
    const { headers, status } = await sendForm(host().url, path, fields)
    expect([302, 303]).toContain(status)
    expect(headers.getSetCookie().join()).toContain("sessionid=")
    const location = headers.get("location") ?? "none"
    expect(new URL(location, host().url).origin).toBe(host().url)
    expect(location).not.toMatch(/[\r\n\t\\]/)
    if (inForm !== undefined) expect(location).not.toContain("/ok")
  })
}
