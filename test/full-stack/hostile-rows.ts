/** Rows of the session table that neither this site nor Django has written in this form. */
import { deflateSync } from "node:zlib"
import { Core } from "latchkey"
import { beforeAll, describe, expect, it } from "vitest"
import { makeSigner } from "../../src/core/signing/timestamp-signer.ts"
import { expectReason, type Recording } from "../corpus/recording.ts"
import payloads from "../corpus/session-payload.json" with { type: "json" }
import signedTexts from "../corpus/signed.json" with { type: "json" }
import faults from "../corpus/store.json" with { type: "json" }
import { type Browser, browser } from "../rig/browser.ts"
import { type Host, loggedIn, model, secretKey } from "./site.ts"

const salt = "django.contrib.sessions.SessionStore"
const base64url = (bytes: string | Buffer): string => Buffer.from(bytes as string).toString("base64url")

const signed = (body: string, { secret = secretKey, of = salt } = {}): string =>
  makeSigner({ secret, fallbacks: [], salt: of }).sign(body, Date.now())
/** A row as the site would write it. */
const plain = (json: string): string => signed(base64url(json))
const deflated = (json: string | Buffer): string => signed(`.${base64url(deflateSync(json))}`)

const valid = '{"marker":"planted"}'

/** Session data that cannot be read. */
const unreadable: Readonly<Record<string, () => string>> = {
  empty: () => "",
  garbage: () => "garbage",
  "colons only": () => "::",
  "binary text": () => "\u0001\u0002é漢\uffff",
  "JSON that is not signed": () => valid,
  "data that is not signed": () => base64url(valid),
  "signed with another secret": () => signed(base64url(valid), { secret: "another" }),
  "signed for another purpose": () =>
    signed(base64url(valid), { of: "django.contrib.sessions.backends.signed_cookies" }),
  "signed, with its last character lost": () => plain(valid).slice(0, -1),
  "signed, with a character more": () => `${plain(valid)}A`,
  "signed, and altered": () => `A${plain(valid)}`,
  "signed, and its time altered": () => plain(valid).replace(/:[^:]*:/, ":1vb66i:"),
  "signed without a time": () => signed(base64url(valid)).replace(/:[^:]*:/, ":"),
  "what is no base64": () => signed("{}"),
  "base64 of no JSON": () => plain("nope"),
  "an array": () => plain("[1]"),
  "a number": () => plain("1"),
  null: () => plain("null"),
  "a text": () => plain('"x"'),
  "nothing at all": () => plain(""),
  "nested 2000 deep": () => plain(`{"a":${"[".repeat(2000)}${"]".repeat(2000)}}`),
  "not deflated, though it says so": () => signed(`.${base64url(valid)}`),
  "deflated and cut off": () => signed(`.${base64url(deflateSync(valid).subarray(0, -6))}`)
}

/** User ids in another form than a login writes. */
const oddIds = [
  '""',
  '" "',
  '" ID"',
  '"ID "',
  '"+ID"',
  '"0ID"',
  '"ID.0"',
  '"IDe0"',
  '"0xID"',
  '"ID\\u0000"',
  '"\\u0660"',
  '"\\ud800"',
  '"NaN"',
  '"-ID"',
  '"9223372036854775808"',
  '"99999999999999999999999"',
  `"${"1".repeat(5000)}"`,
  '"ID OR 1=1"',
  '"__proto__"',
  "ID.0",
  "true",
  "null",
  "[]",
  '["ID"]',
  '{"$gt":""}',
  '{"id":"ID"}',
  "1e400",
  "NaN",
  "-1",
  "9".repeat(4000)
] as const

const rowsOf = (id: string) => faults.filter((row) => row.id === id)

export const hostileRows = (host: () => Host, cases: Recording): void => {
  /** A visitor whose session row holds this text. */
  const visitorWith = async (text: string): Promise<Browser> => {
    const visitor = browser()
    await visitor.post(host(), "/session", { marker: "own" })
    const key = visitor.jar.get("sessionid") ?? ""
    const changed = await host().query(
      "UPDATE django_session SET session_data = $1 WHERE session_key = $2 RETURNING 1",
      text,
      key
    )
    expect(changed).toHaveLength(1)
    return visitor
  }
  const textUnder = async (key: string | undefined) =>
    (await host().query("SELECT session_data FROM django_session WHERE session_key = $1", key ?? ""))[0]?.[
      "session_data"
    ]
  const textOf = (visitor: Browser) => textUnder(visitor.jar.get("sessionid"))

  const expectNobody = async (visitor: Browser): Promise<void> => {
    const { status, text } = await visitor.get(host(), "/me")
    expect([status, text]).toEqual([401, '{"user":null}'])
  }

  it("that the tests have signed as Django does is read", async () => {
    for (const text of [plain(valid), deflated(valid)]) {
      const visitor = await visitorWith(text)
      expect((await visitor.get(host(), "/session")).text).toBe(valid)
    }
  })

  describe("an unreadable row", () => {
    it.each(
      Object.entries(unreadable)
    )("is read in time, as an empty session, and overwritten: %s", async (_, make) => {
      const text = make()
      const visitor = await visitorWith(text)
      const key = visitor.jar.get("sessionid")
      const since = performance.now()
      await expectNobody(visitor)
      const read = await visitor.get(host(), "/session")
      expect([read.status, read.text, read.cookies]).toEqual([200, "{}", []])
      expect(performance.now() - since).toBeLessThan(5000)
      // The row stays unchanged under its key until a request writes the session.
      expect([visitor.jar.get("sessionid"), await textOf(visitor)]).toEqual([key, text])
      const written = await visitor.post(host(), "/session", { marker: "anew" })
      expect([written.status, written.text]).toEqual([200, '{"marker":"anew"}'])
      expect([visitor.jar.get("sessionid"), (await visitor.get(host(), "/session")).text]).toEqual([
        key,
        '{"marker":"anew"}'
      ])
    })

    it("does not prevent a login, which moves it", async () => {
      const visitor = await visitorWith("garbage")
      const key = visitor.jar.get("sessionid")
      const { status } = await visitor.post(host(), "/login", { username: "alice", password: "alice's pässword" })
      expect([status, visitor.jar.get("sessionid") === key]).toEqual([200, false])
      expect((await visitor.get(host(), "/me")).text).toBe('{"user":"alice"}')
      expect(await textUnder(key)).toBeUndefined()
    })

    it("is deleted by a logout", async () => {
      const visitor = await visitorWith("garbage")
      const key = visitor.jar.get("sessionid")
      const { status } = await visitor.post(host(), "/logout")
      expect([status, visitor.jar.has("sessionid"), await textUnder(key)]).toEqual([200, false, undefined])
    })
  })

  const isOutage = async (text: string): Promise<void> => {
    const visitor = await visitorWith(text)
    const key = visitor.jar.get("sessionid")
    const since = performance.now()
    for (const [method, path] of [
      ["get", "/me"],
      ["get", "/session"],
      ["post", "/session"]
    ] as const) {
      const { cookies, status } =
        method === "get" ? await visitor.get(host(), path) : await visitor.post(host(), path, { marker: "anew" })
      expect([path, status, cookies]).toEqual([path, 503, []])
    }
    expect(performance.now() - since).toBeLessThan(10_000)
    expect([visitor.jar.get("sessionid"), await textOf(visitor)]).toEqual([key, text])
  }
  cases.each(
    "site",
    signedTexts.filter(({ id }) => id === "B093")
  )("a row that is too large is an outage, in time, and stays: a bomb, 100 MB of zeros ($id)", () =>
    isOutage(deflated(Buffer.alloc(100_000_000)))
  )
  it("a row that is too large is an outage, in time, and stays: 20 MB of JSON", () =>
    isOutage(deflated(`{"a":"${"x".repeat(20_000_000)}"}`)))

  describe("a payload", () => {
    /** The payload with the backend and the id of alice in place of the made-up ones: only its hash is wrong. */
    const ofAlice = async ({ id, input }: { readonly id: string; readonly input: string }): Promise<string> => {
      if (id === "B157") return `{${Array.from({ length: 1_000_000 }, (_, n) => `"k${n}":1`).join(",")}}`
      const [row] = await host().query("SELECT id FROM auth_user WHERE username = 'alice'")
      const own = String(row?.["id"])
      const arabic = own.replace(/\d/g, (digit) => String.fromCharCode(0x660 + Number(digit)))
      return input
        .replace('"_auth_user_backend":"b"', `"_auth_user_backend":${JSON.stringify(model)}`)
        .replace(/("_auth_user_id":"?(?:0x)?)1/, `$1${own}`)
        .replace("\u0661", arabic)
    }

    cases.each("site", payloads)(
      "authenticates no user: $input ($id)",
      async (row) => {
        const visitor = await visitorWith(row.id === "B157" ? deflated(await ofAlice(row)) : plain(await ofAlice(row)))
        await expectNobody(visitor)
        // Reading it takes seconds.
        if (row.id === "B157") return
        if (/^anon \+ flush/.test(row.expect)) expect(visitor.jar.has("sessionid")).toBe(false)
        for (const path of ["/session", "/anon", "/slow?ms=0"]) {
          const { status } = await visitor.get(host(), path)
          expect([path, status]).toEqual([path, 200])
        }
        const again = await visitor.post(host(), "/session", { marker: 1 })
        expect(again.status).toBe(200)
        const { text } = await visitor.get(host(), "/session")
        if (/expired/.test(row.expect)) expectReason("site", row, text.includes("_session_expiry"))
        await expectNobody(visitor)
        expect(Object.getOwnPropertyNames(Object.prototype)).not.toContain("_auth_user_id")
      },
      120_000
    )
  })

  describe("a user id", () => {
    let identity: { readonly id: string; readonly backend: string; readonly hash: string }
    beforeAll(async () => {
      const data = JSON.parse((await (await loggedIn(host(), "alice")).get(host(), "/session")).text)
      identity = { id: data._auth_user_id, backend: data._auth_user_backend, hash: data._auth_user_hash }
    })

    const sessionOf = (id: string, { backend = identity.backend, hash = identity.hash } = {}): string =>
      plain(
        Core.Json.writeObject(
          new Map([
            ["_auth_user_backend", Core.Json.write(backend)],
            ["_auth_user_hash", Core.Json.write(hash)]
          ])
        ).replace("{", `{"_auth_user_id":${id},`)
      )

    it.each(['"ID"', "ID"])("identifies the user, as text or as a number (%s)", async (id) => {
      const visitor = await visitorWith(sessionOf(id.replace("ID", identity.id)))
      expect((await visitor.get(host(), "/me")).text).toBe('{"user":"alice"}')
    })

    it.each(oddIds)("in another form identifies no user, although its hash is right: %s", async (id) => {
      await expectNobody(await visitorWith(sessionOf(id.replace("ID", identity.id))))
    })

    cases.each("site", rowsOf("B485"))("that no double has identifies no user: $input ($id)", async ({ input }) => {
      const [id = ""] = /\d{16}/.exec(input) ?? []
      await expectNobody(await visitorWith(sessionOf(`"${id}"`)))
      await expectNobody(await visitorWith(sessionOf(id)))
    })

    it.each([
      ["another user's hash", { hash: "0".repeat(64) }],
      ["an empty hash", { hash: "" }],
      ["a hash in capitals", "HASH"],
      ["an unknown backend", { backend: "constructor" }],
      ["an empty backend", { backend: "" }]
    ] as const)("with %s acts as no user", async (_, other) => {
      const changed = other === "HASH" ? { hash: identity.hash.toUpperCase() } : other
      await expectNobody(await visitorWith(sessionOf(`"${identity.id}"`, changed)))
    })

    it("of a deleted or inactive user identifies no user", async () => {
      const visitor = await loggedIn(host(), "dave")
      for (const [active, user] of [
        ["false", undefined],
        ["true", "dave"]
      ]) {
        await host().query(`UPDATE auth_user SET is_active = ${active} WHERE username = 'dave'`)
        const { text } = await visitor.get(host(), "/me")
        expect(JSON.parse(text)).toEqual({ user: user ?? null })
      }
      await host().query("DELETE FROM auth_user WHERE username = 'dave'")
      await expectNobody(visitor)
    })
  })

  const stored = "a text with a NUL is stored and read, although the database cannot store that character ($id)"
  cases.each("site", rowsOf("B477"))(stored, async () => {
    const visitor = browser()
    const { status } = await visitor.post(host(), "/session", '{"text":"a\\u0000b"}')
    expect([status, (await visitor.get(host(), "/session")).text]).toEqual([200, '{"text":"a\\u0000b"}'])
  })

  cases.each("site", rowsOf("B479"))("a key that is longer than the column is not stored ($id)", async () => {
    const visitor = browser()
    visitor.jar.set("sessionid", "a".repeat(41))
    const { status } = await visitor.post(host(), "/session", { marker: 1 })
    expect([status, visitor.jar.get("sessionid")]).toEqual([200, expect.stringMatching(/^[a-z0-9]{32}$/)])
  })

  describe("an expiry date", () => {
    const endsTheSession = async (date: string): Promise<void> => {
      const visitor = await loggedIn(host(), "alice")
      const key = visitor.jar.get("sessionid") ?? ""
      await host().query(`UPDATE django_session SET expire_date = '${date}' WHERE session_key = $1`, key)
      await expectNobody(visitor)
    }
    cases.each("site", rowsOf("B481"))("before our era ends the session ($id)", () => endsTheSession("0001-01-01 BC"))
    cases.each("site", rowsOf("B483"))("in the past ends the session ($id)", () => endsTheSession("2000-01-01"))
    it("before all others ends the session", () => endsTheSession("-infinity"))

    it.each(["294000-01-01", "infinity"])("beyond every calendar does not end it: %s", async (date) => {
      const visitor = await loggedIn(host(), "alice")
      const key = visitor.jar.get("sessionid") ?? ""
      await host().query(`UPDATE django_session SET expire_date = '${date}' WHERE session_key = $1`, key)
      expect((await visitor.get(host(), "/me")).text).toBe('{"user":"alice"}')
    })
  })
}
