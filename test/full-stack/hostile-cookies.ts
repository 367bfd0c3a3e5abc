/** Cookies and other header lines that a normal browser does not send. */
import { beforeAll, describe, expect, it } from "vitest"
import { cookieLines, cookieRows, cookieUser, expectsNobody } from "../corpus/cookies.ts"
import headers from "../corpus/header.json" with { type: "json" }
import { expectReason, expectStatus, type Recording } from "../corpus/recording.ts"
import keys from "../corpus/session-key.json" with { type: "json" }
import { type Host, loggedIn } from "./site.ts"
import { ask, cookiesOf, exchange, type Reply, request } from "./wire.ts"

/** Session keys of alice and of bob. */
const A = "a".repeat(32)
const B = "b".repeat(32)

const deletion = 'sessionid=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; SameSite=Lax'

const more: ReadonlyArray<readonly [name: string, lines: ReadonlyArray<string>, user: string | undefined]> = [
  ["in quotes", [`Cookie: sessionid="${A}"`], "alice"],
  ["in octal", [`Cookie: sessionid="\\141${A.slice(1)}"`], "alice"],
  ["after 2000 others", [`Cookie: ${"x=1; ".repeat(2000)}sessionid=${A}`], "alice"],
  ["with an octal NUL at its end", [`Cookie: sessionid="${A}\\000"`], undefined],
  ["with octal line breaks", [`Cookie: sessionid="${A}\\015\\012Set-Cookie: x=1"`], undefined],
  ["empty", ["Cookie: sessionid="], undefined],
  ["empty, in quotes", ['Cookie: sessionid=""'], undefined],
  ["a single quote", ['Cookie: sessionid="'], undefined],
  ["without a value", ["Cookie: sessionid"], undefined],
  ["of 40 characters", [`Cookie: sessionid=${"c".repeat(40)}`], undefined],
  ["of 41 characters", [`Cookie: sessionid=${"c".repeat(41)}`], undefined],
  ["as long as a head may be", [`Cookie: sessionid=${"c".repeat(16_000)}`], undefined],
  ["of bytes that are not UTF-8", [`Cookie: sessionid=${"\xff".repeat(32)}`], undefined],
  ["of UTF-8", [`Cookie: sessionid=${Buffer.from("é".repeat(20)).toString("latin1")}`], undefined],
  ["in a second header line", [`Cookie: sessionid=${B}`, `Cookie: sessionid=${A}`], "alice"],
  ["taken back by a second header line", [`Cookie: sessionid=${A}`, "Cookie: sessionid="], undefined],
  ["in a header line of another case", [`cOOKIE: sessionid=${A}`], "alice"]
]

const expectUser = (reply: Reply, user: string | undefined): void => {
  expect([reply.status, reply.body]).toEqual(
    user === undefined ? [401, '{"user":null}'] : [200, JSON.stringify({ user })]
  )
  // The only allowed change is that a cookie without a session is deleted.
  expect(user === undefined ? [[], [deletion]] : [[]]).toContainEqual(cookiesOf(reply))
}

/** @param unanswered headers to which the server closes the connection: Next.js does it to an unknown upgrade */
export const hostileCookies = (host: () => Host, cases: Recording, unanswered: ReadonlyArray<string> = []): void => {
  const me = (lines: ReadonlyArray<string>): Promise<Reply> => ask(host().port, request("GET", "/me", lines))

  beforeAll(async () => {
    for (const [username, key] of [
      ["alice", A],
      ["bob", B]
    ] as const) {
      const visitor = await loggedIn(host(), username)
      const own = visitor.jar.get("sessionid") ?? ""
      await host().query("UPDATE django_session SET session_key = $1 WHERE session_key = $2", key, own)
    }
  })

  describe("a cookie", () => {
    cases.each("site", cookieRows)("is $expect ($id)", async (row) => {
      const user = cookieUser(row)
      expectUser(await me(cookieLines(row, A, B)), user)
      expectReason("site", row, user !== undefined && expectsNobody(row))
    })

    it.each(cookieRows.filter(({ id }) => id === "B035"))("has one CSRF secret ($id)", async (row) => {
      const [line = ""] = cookieLines(row, A, B)
      const post = (secret: string) => request("POST", "/protected", [line, `X-CSRFToken: ${secret}`], "{}")
      const [, first = "none", second = "none"] = /csrftoken=(\w+); csrftoken=(\w+)/.exec(line) ?? []
      expect((await ask(host().port, post(second))).status).toBe(200)
      expect((await ask(host().port, post(first))).status).toBe(403)
    })

    it.each(more)("%s", async (_, lines, user) => {
      expectUser(await me(lines), user)
    })

    it("that makes the head too long is refused by Node", async () => {
      const { body, status } = await me([`Cookie: sessionid=${"c".repeat(20_000)}`])
      expect([status, body]).toEqual([431, ""])
    })

    it.each(cookieRows)("that the handler does not read changes nothing ($id)", async (row) => {
      const reply = await ask(host().port, request("GET", "/anon", cookieLines(row, A, B)))
      expect([reply.status, reply.body]).toEqual([200, "ok"])
      expect([[], [deletion]]).toContainEqual(cookiesOf(reply))
    })
  })

  describe("a session key", () => {
    it("is read from the cookie only", async () => {
      const form = ["Content-Type: application/x-www-form-urlencoded"]
      for (const line of [
        `X-Session: ${A}`,
        `sessionid: ${A}`,
        `Authorization: Bearer ${A}`,
        `Cookie2: sessionid=${A}`
      ])
        expectUser(await me([line]), undefined)
      for (const target of [`/me?sessionid=${A}`, `/me;sessionid=${A}`, `/me?${A}`]) {
        const reply = await ask(host().port, request("GET", target))
        expect([target, reply.status, reply.body.includes("alice")]).toEqual([
          target,
          target.includes(";") ? 404 : 401,
          false
        ])
      }
      const written = await ask(host().port, request("POST", "/session", form, `sessionid=${A}`))
      expect([written.body.includes("alice"), cookiesOf(written).some((cookie) => cookie.includes(A))]).toEqual([
        false,
        false
      ])
    })

    cases.each("site", keys)("that the server did not create is never used: $expect ($id)", async ({ input }) => {
      const name = input === "type:array" ? "sessionid[]" : "sessionid"
      const key = input === "type:array" ? A : input
      const line = `Cookie: ${name}=${Buffer.from(key).toString("latin1")}`
      const rows = "SELECT session_key FROM django_session WHERE session_key = $1"
      const before = await host().query(rows, key)
      const reply = await ask(host().port, request("POST", "/session", [line], '{"mine":true}'))
      // A line break ends the header line: then Node itself answers.
      if (input.includes("\n")) expect([200, 400]).toContain(reply.status)
      else expect([reply.status, reply.body]).toEqual([200, '{"mine":true}'])
      for (const cookie of cookiesOf(reply)) {
        const [, fresh = ""] = /^sessionid=([a-z0-9]{32});/.exec(cookie) ?? []
        expect([fresh === "", fresh === key]).toEqual([false, false])
        expect(await host().query(rows, fresh)).toHaveLength(1)
      }
      expect(await host().query(rows, key)).toEqual(before)
    })
  })

  describe("a header", () => {
    const linesIn = ({ id, input }: (typeof headers)[number]): ReadonlyArray<string> => {
      if (id === "B377") return input.split(" / ")
      if (id === "B381") return [`Accept-Language: ${"a".repeat(100_000)}`]
      if (id === "B385") return ["Connection: Upgrade, close", "Upgrade: websocket", "Sec-WebSocket-Version: 13"]
      return [input]
    }

    // hostile-clients.ts sends B383, which is several header lines and two requests.
    const fitting = headers.filter(({ id }) => id !== "B381" && id !== "B383" && !unanswered.includes(id))

    cases.each(
      "site",
      headers.filter(({ id }) => unanswered.includes(id))
    )("gets no answer: $input ($id)", async (row) => {
      expect(await exchange(host().port, request("GET", "/me", linesIn(row)))).toEqual([])
    })

    cases.each("site", fitting)("does not change who the user is: $input ($id)", async (row) => {
      for (const user of [undefined, "alice"]) {
        expectUser(await me([...linesIn(row), ...(user === undefined ? [] : [`Cookie: sessionid=${A}`])]), user)
      }
      expectStatus("site", row, 200)
    })

    cases.each(
      "site",
      headers.filter(({ id }) => id === "B381")
    )("is too long: $expect ($id)", async (row) => {
      const replies = await exchange(host().port, request("GET", "/me", [...linesIn(row), `Cookie: sessionid=${A}`]))
      // Node may close the connection before it has read the whole request, and its answer is lost.
      expect([[], [431]]).toContainEqual(replies.map(({ status }) => status))
    })

    it.each(fitting)("does not change the cookie: $input ($id)", async (row) => {
      const [cookie = "", ...others] = cookiesOf(
        await ask(host().port, request("POST", "/session", linesIn(row), '{"mine":true}'))
      )
      expect(cookie.replace(/=[a-z0-9]{32};/, "=KEY;").replace(/expires=[^;]*/, "expires=THEN")).toBe(
        "sessionid=KEY; expires=THEN; HttpOnly; Max-Age=1209600; Path=/; SameSite=Lax"
      )
      expect(others).toEqual([])
    })
  })
}
