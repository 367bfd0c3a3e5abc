/**
 * Forms and links of the account pages that no visitor sends: which user they log in, and which rows and mails they leave.
 * The accounts are chosen so that a page that reads a form wrongly finds one.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { beforeAll, describe, expect, it } from "vitest"
import forms from "../corpus/form.json" with { type: "json" }
import { expectReason, expectStatus, type Recording } from "../corpus/recording.ts"
import resetTokens from "../corpus/reset-token.json" with { type: "json" }
import { type Browser, browser } from "../rig/browser.ts"
import { bodyOf, type MailServer, type ReceivedMail } from "../rig/mail-server.ts"
import { type Host, loggedIn, passwordOf } from "./site.ts"
import { ask, cookiesOf, type Reply, request } from "./wire.ts"

const urlEncoded = "application/x-www-form-urlencoded"
const json = "application/json"

/** For the name of a test. */
const rowsOf = (id: string) => [...forms, ...resetTokens].filter((row) => row.id === id)

const formOf = (id: string): string => forms.find((row) => row.id === id)?.input ?? expect.fail(`no form ${id}`)

/** Names with passwords; the addresses are `<key>@example.org`, but for `victim`. */
const accounts = {
  a: ["a", "b"],
  escapes: ["%zz", "%"],
  /** What the bytes of a form are in Latin-1. */
  latin1: ["ÿþ", "x"],
  object: ["[object Object]", "[object Object]"],
  number: ["digits", "123"],
  truth: ["truth", "true"],
  keeper: ["keeper", "the old one 7"],
  mike: ["mike", "x"],
  victim: ["victim", "x"],
  last: ["last", "x"]
} as const
const addressOf = (name: string): string => (name === "victim" ? "victim@example.com" : `${name}@example.org`)

/** Not imported: Vite refuses the lone surrogate in it. */
const usernames: typeof forms = JSON.parse(readFileSync(join(import.meta.dirname, "../corpus/username.json"), "utf8"))

/** Why a sign-up refuses a name. `unique`: it is another spelling of a name that exists. */
const refusedNames: Readonly<Record<string, string>> = {
  B387: "unique",
  B389: "unique",
  B391: "invalid",
  B393: "unique",
  B401: "unique",
  B403: "invalid",
  B405: "surrogate_characters_not_allowed",
  B407: "required",
  B413: "invalid",
  B417: "invalid",
  B419: "invalid",
  B421: "max_length",
  B423: "invalid"
}

export const hostileAccountForms = (host: () => Host, mails: () => MailServer, cases: Recording): void => {
  beforeAll(async () => {
    for (const [name, [username, password]] of Object.entries(accounts))
      expect(await host().auth.createUser({ username, password, email: addressOf(name) })).toBeDefined()
  })

  interface Sent {
    readonly accept?: string
    readonly lines?: ReadonlyArray<string>
    readonly type?: string
    readonly visitor?: Browser
  }

  /** Sends a body, unchanged, from the page with the form. The CSRF token is in a header. */
  const send = async (
    path: string,
    body: string | Uint8Array,
    { accept = json, lines = [], type = urlEncoded, visitor = browser() }: Sent = {}
  ): Promise<Reply> => {
    await visitor.get(host(), path)
    const cookie = [...visitor.jar].map((pair) => pair.join("=")).join("; ")
    const own = [`Cookie: ${cookie}`, `X-CSRFToken: ${visitor.jar.get("csrftoken")}`, `Content-Type: ${type}`]
    return ask(host().port, request("POST", path, [...own, `Accept: ${accept}`, ...lines], body))
  }

  /** The user that an answer logs in. */
  const userOf = async (reply: Reply): Promise<string | undefined> => {
    const key = cookiesOf(reply)
      .map((cookie) => /^sessionid=([a-z0-9]{32});/.exec(cookie)?.[1])
      .find((found) => found !== undefined)
    if (key === undefined) return undefined
    const { body } = await ask(host().port, request("GET", "/me", [`Cookie: sessionid=${key}`]))
    return JSON.parse(body).user ?? undefined
  }

  /** The codes of the problems, by field. */
  const codesOf = ({ body }: Reply): unknown =>
    Object.fromEntries(
      Object.entries(Object(JSON.parse(body)).errors).map(([field, problems]) => [
        field,
        [problems].flat().map((problem) => Object(problem).code)
      ])
    )

  const passwordHash = async (username: string): Promise<unknown> =>
    (await host().query("SELECT password FROM auth_user WHERE username = $1", username))[0]?.["password"]

  /** The mails that a form leads to. A mail to `last`, asked for afterwards, shows that all earlier ones have arrived. */
  const mailsOf = async (act: () => Promise<unknown>) => {
    const before = mails().received.length
    await act()
    const arrived = () => mails().received.slice(before)
    await send("/account/password_reset", `email=${addressOf("last")}`)
    await expect.poll(() => arrived().flatMap(({ to }) => to)).toContain(addressOf("last"))
    return arrived().filter(({ to }) => !to.includes(addressOf("last")))
  }

  /** The path of the link in a mail. */
  const linkIn = (mail: ReceivedMail | undefined, page: "reset" | "verify"): string =>
    new RegExp(`https?://[^/\\s]+(/account/${page}/\\S+)`).exec(mail ? bodyOf(mail) : "")?.[1] ?? expect.fail("no link")

  /** Opens a link as a new visitor. @returns whether it is followed, and the visitor */
  const open = async (path: string) => {
    const visitor = browser({ accept: json })
    const { cookies, status, text } = await visitor.get(host(), path)
    const hasSession = cookies.some(({ name }) => name === "sessionid")
    const isFollowed = status === 200 && Object(JSON.parse(text)).redirect !== undefined
    if (isFollowed !== hasSession) expect.fail(`${status} ${text} ${hasSession}`)
    if (!isFollowed) expect([400, 404]).toContain(status)
    const form = path.replace(/[^/]+(\/?)$/, "set-password$1")
    // The page with the form, whose CSRF cookie the visitor then has.
    if (isFollowed) await visitor.get(host(), form)
    return { isFollowed, visitor, form }
  }

  describe("a login form", () => {
    cases.each("account pages", [
      { id: "B327", user: "a" },
      { id: "B333", user: "%zz" },
      { id: "B337", user: "a" },
      { id: "B345", user: "a" }
    ])("is read as it is written ($id): it logs $user in", async ({ id, user }) => {
      const reply = await send("/account/login", formOf(id))
      expect([reply.status, await userOf(reply)]).toEqual([200, user])
    })

    cases.each("account pages", [
      { id: "B325", codes: { username: ["required"], password: ["required"] }, shown: "" },
      { id: "B329", codes: { __all__: ["invalid_login"] }, shown: "\ufffd\ufffd" },
      { id: "B331", codes: { __all__: ["invalid_login"] }, shown: "\ufffd\ufffd\ufffd" },
      { id: "B335", codes: { password: ["required"] }, shown: "a;password=b" }
    ])("is read as it is written ($id): it logs no user in", async ({ codes, id, shown }) => {
      const reply = await send("/account/login", formOf(id))
      expect([reply.status, codesOf(reply), await userOf(reply)]).toEqual([400, codes, undefined])
      const { body } = await send("/account/login", formOf(id), { accept: "text/html" })
      const [input = ""] = /<input[^>]* name="username"[^>]*>/.exec(body) ?? []
      expect(/ value="([^"]*)"/.exec(input)?.[1] ?? "").toBe(shown)
    })

    it.each(rowsOf("B327"))("sets no defaults for the forms of others ($id)", async () => {
      const polluting = "__proto__[username]=a&__proto__[password]=b&__proto__.username=a&__proto__.password=b"
      await send("/account/login", `${formOf("B327")}&${polluting}`)
      await send("/account/login", '{"__proto__":{"username":"a","password":"b"}}', { type: json })
      for (const [body, type] of [
        ["", urlEncoded],
        ["{}", json]
      ] as const) {
        const reply = await send("/account/login", body, { type })
        expect([codesOf(reply), await userOf(reply)]).toEqual([
          { username: ["required"], password: ["required"] },
          undefined
        ])
      }
    })

    cases.each("account pages", [
      { id: "B339", name: "object", codes: { username: ["not_text"], password: ["not_text"] } },
      { id: "B341", name: "number", codes: { password: ["not_text"] } },
      { id: "B343", name: "truth", codes: { password: ["not_text"] } }
    ] as const)("in JSON has texts only ($id)", async ({ codes, id, name }) => {
      const [username, password] = accounts[name]
      const asText = JSON.stringify({ username, password })
      expect(await userOf(await send("/account/login", asText, { type: json }))).toBe(username)
      const body = formOf(id).replace('"username":"a"', `"username":"${username}"`)
      const reply = await send("/account/login", body, { type: json })
      expect([reply.status, codesOf(reply), await userOf(reply)]).toEqual([400, codes, undefined])
      // The endpoint of the example that takes JSON.
      const other = await ask(host().port, request("POST", "/login", [`Content-Type: ${json}`], body))
      expect([other.status, cookiesOf(other)]).toEqual([400, []])
    })

    cases.each("account pages", rowsOf("B353"))(
      "may be 100,000 bytes, and has as many fields as fit in these ($id)",
      async (row) => {
        const fields = (count: number) =>
          `${Array.from({ length: count }, (_, n) => `f${n}=1&`).join("")}username=a&password=b`
        const reply = await send("/account/login", fields(100_000))
        expect([reply.status, await userOf(reply)]).toEqual([413, undefined])
        expectStatus("account pages", row, reply.status)
        expect(await userOf(await send("/account/login", fields(10_000)))).toBe("a")
      }
    )

    const form = "username=a&password=b"
    const unread = { username: ["required"], password: ["required"] }

    cases.each("account pages", rowsOf("B357"))("is not unpacked ($id)", async (row) => {
      const packed = await send("/account/login", gzipSync(form), { lines: ["Content-Encoding: gzip"] })
      expect([packed.status, codesOf(packed), await userOf(packed)]).toEqual([400, unread, undefined])
      expectStatus("account pages", row, packed.status)
    })

    cases.each("account pages", rowsOf("B359"))(
      "is UTF-8 also when its type says something else ($id)",
      async (row) => {
        const type = formOf("B359").slice("ct: ".length)
        const wide = await send("/account/login", Buffer.from(form, "utf16le"), { type })
        expect([wide.status, codesOf(wide), await userOf(wide)]).toEqual([400, unread, undefined])
        const ascii = await send("/account/login", form, { type })
        expect(await userOf(ascii)).toBe("a")
        expectStatus("account pages", row, ascii.status)
      }
    )
  })

  it.each(rowsOf("B345"))("a sign-up form sets no other column of the user ($id)", async () => {
    const more = "is_superuser=1&is_staff=1&is_active=0&isSuperuser=true&isStaff=true&isActive=false&id=1&last_name=x"
    const password = "a horse of 7"
    const form = `username=mallory&email=mallory@example.org&password1=${password}&password2=${password}&${more}`
    const [mail] = await mailsOf(() => send("/account/signup", form))
    const link = await open(linkIn(mail, "verify"))
    expect(link.isFollowed).toBe(true)
    const { visitor } = link
    expect(await userOf(await send(link.form, `password=${password}&${more}`, { visitor }))).toBe("mallory")
    const rights = "SELECT username, is_superuser, is_staff, is_active, last_name FROM auth_user"
    expect(await host().query(`${rights} WHERE username IN ('a', 'mallory') ORDER BY username`)).toEqual(
      ["a", "mallory"].map((username) => ({
        ...{ username, is_superuser: false, is_staff: false, is_active: true },
        last_name: ""
      }))
    )
  })

  describe("a new user's name", () => {
    beforeAll(async () => {
      for (const username of ["admin", "\u00e9"]) await host().auth.createUser({ username, password: "x" })
    })

    const passwords = { password1: "a horse of 7", password2: "a horse of 7" }
    const signUp = (id: string, username: string) =>
      send("/account/signup", JSON.stringify({ username, email: `${id}@example.org`, ...passwords }), { type: json })
    const count = () => host().query("SELECT count(*) FROM auth_user")

    cases.each(
      "account pages",
      usernames.filter(({ id }) => id in refusedNames)
    )("is refused: $expect ($id)", async ({ id, input }) => {
      const username = id === "B421" ? "a".repeat(151) : id === "B423" ? `a${"\u0301\u0316".repeat(74)}` : input
      const before = await count()
      const reply = await signUp(id, username)
      expect([reply.status, codesOf(reply)]).toEqual([400, { username: [refusedNames[id]] }])
      expect(await count()).toEqual(before)
    })

    cases.each(
      "account pages",
      usernames.filter(({ id }) => !(id in refusedNames))
    )("is a name like any other: $expect ($id)", async ({ id, input }) => {
      const [mail] = await mailsOf(async () => expect((await signUp(id, input)).status).toBe(200))
      const link = await open(linkIn(mail, "verify"))
      const reply = await send(link.form, `password=${passwords.password1}`, { visitor: link.visitor })
      expect(await userOf(reply)).toBe(input.normalize("NFKC"))
      expect(await userOf(await send("/account/login", "username=admin&password=x"))).toBe("admin")
    })
  })

  cases.each("account pages", rowsOf("B347"))("a new password needs the old one ($id)", async () => {
    const [username, password] = accounts.keeper
    const visitor = browser()
    await visitor.post(host(), "/login", { username, password })
    const before = await passwordHash(username)
    const reply = await send("/account/password_change", formOf("B347"), { visitor })
    expect([reply.status, codesOf(reply)]).toEqual([400, { old_password: ["required"] }])
    const wrong = await send("/account/password_change", `${formOf("B347")}&old_password=x`, { visitor })
    expect([wrong.status, codesOf(wrong)]).toEqual([400, { old_password: ["password_incorrect"] }])
    expect(await passwordHash(username)).toBe(before)
    const right = `${formOf("B347")}&old_password=${encodeURIComponent(password)}`
    expect((await send("/account/password_change", right, { visitor })).status).toBe(200)
    expect(await passwordHash(username)).not.toBe(before)
  })

  describe("a form that asks for a mail", () => {
    cases.each("account pages", [
      { id: "B349", person: "victim", address: "victim@example.com", codes: ["invalid"] },
      { id: "B351", person: "%6d%69ke", address: "mike@example.org", codes: ["invalid", "null_characters_not_allowed"] }
    ])("names one address, and nothing besides ($id)", async (row) => {
      const { address, codes, id, person } = row
      const replies: Array<Reply> = []
      const sent = await mailsOf(async () => {
        for (const form of [formOf(id), formOf(id).replace(person, "nobody")])
          replies.push(await send("/account/password_reset", form))
      })
      // The answer does not say whether there is such an account.
      for (const reply of replies) expect([reply.status, codesOf(reply)]).toEqual([400, { email: codes }])
      expect(replies[0]?.body).toBe(replies[1]?.body)
      expect(sent).toEqual([])
      const right = formOf(id).replace(/%0d.*|%00/, "")
      const [mail, ...others] = await mailsOf(() => send("/account/password_reset", right))
      expect([mail?.to, others]).toEqual([[address], []])
      expect(mail?.source).not.toMatch(/^bcc:|attacker/im)
      // The answer is not the one to an address of the right form.
      expectReason("account pages", row, true)
    })

    it.each([
      ["signup", "username=eve&password1=a horse of 7&password2=a horse of 7&"],
      ["email_change", `password=${encodeURIComponent(passwordOf("erin"))}&`]
    ])("writes no address with a line break (%s)", async (page, fields) => {
      const visitor = page === "signup" ? browser() : await loggedIn(host(), "erin")
      const addresses = () => host().query("SELECT username, email FROM auth_user ORDER BY id")
      const before = await addresses()
      const sent = await mailsOf(async () => {
        const reply = await send(`/account/${page}`, `${fields}${formOf("B349")}`, { visitor })
        expect([reply.status, codesOf(reply)]).toEqual([400, { email: ["invalid"] }])
      })
      expect([sent, await addresses()]).toEqual([[], before])
    })
  })

  describe("a link that resets a password", () => {
    const newPassword = "new_password1=a horse of 9&new_password2=a horse of 9"

    /** A new account, and the path of the link that it was sent. */
    const linkOf = async (username: string): Promise<string> => {
      await host().auth.createUser({ username, password: "a horse of 7", email: addressOf(username) })
      const [mail] = await mailsOf(() => send("/account/password_reset", `email=${addressOf(username)}`))
      return linkIn(mail, "reset")
    }
    const isFollowed = async (path: string): Promise<boolean> => (await open(path)).isFollowed

    cases.each(
      "account pages",
      resetTokens.filter(({ input }) => !/^(replay|token)/.test(input))
    )("has the token and the id of its user: $input ($id)", async ({ id, input }) => {
      const path = await linkOf(`linked-${id}`)
      const [uid = "", token = ""] = path.split("/").slice(3)
      const other = input.startsWith("uidb64:")
        ? path.replace(`/${uid}/`, `/${input.slice("uidb64:".length)}/`)
        : path.replace(token, input)
      expect([other === path, await isFollowed(other), await isFollowed(path)]).toEqual([false, false, true])
    })

    cases.each("account pages", rowsOf("B471"))("is used up by the new password ($id)", async () => {
      const path = await linkOf("reset-once")
      const { form, visitor } = await open(path)
      const before = await passwordHash("reset-once")
      expect((await send(form, newPassword, { visitor })).status).toBe(200)
      const changed = await passwordHash("reset-once")
      expect([changed === before, await isFollowed(path)]).toEqual([false, false])
      expect((await send(form, newPassword, { visitor })).status).toBe(400)
      expect(await passwordHash("reset-once")).toBe(changed)
    })

    cases.each("account pages", rowsOf("B473"))("ends with a login ($id)", async () => {
      const path = await linkOf("reset-login")
      const { form, visitor } = await open(path)
      const before = await passwordHash("reset-login")
      const login = { username: "reset-login", password: "a horse of 7" }
      expect((await browser().post(host(), "/login", login)).status).toBe(200)
      expect(await isFollowed(path)).toBe(false)
      expect((await send(form, newPassword, { visitor })).status).toBe(400)
      expect(await passwordHash("reset-login")).toBe(before)
    })

    cases.each("account pages", rowsOf("B475"))("does nothing for a deactivated user ($id)", async () => {
      const path = await linkOf("reset-inactive")
      const { form, visitor } = await open(path)
      const row = "SELECT password, is_active FROM auth_user WHERE username = 'reset-inactive'"
      await host().query("UPDATE auth_user SET is_active = false WHERE username = 'reset-inactive'")
      const before = await host().query(row)
      expect(await isFollowed(path)).toBe(false)
      expect((await send(form, newPassword, { visitor })).status).toBe(400)
      expect(await host().query(row)).toEqual(before)
      expect(await mailsOf(() => send("/account/password_reset", `email=${addressOf("reset-inactive")}`))).toEqual([])
    })
  })
}
