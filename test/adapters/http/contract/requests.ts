/** Which user a request belongs to, and that concurrent requests do not affect each other. */
import { setTimeout as sleep } from "node:timers/promises"
import { expect } from "vitest"
import { type CookieRow, cookieLines, cookieRows, cookieUser, expectsNobody } from "../../../corpus/cookies.ts"
import { expectReason } from "../../../corpus/recording.ts"
import { cookiesOf, exchange, keepAlive, request } from "../../../full-stack/wire.ts"
import type { Handler } from "./adapter.ts"
import { type Chapter, type Clause, clause, sending } from "./clause.ts"
import { authenticated, keyIn, type Site, usernames, type Visitor } from "./site.ts"

const who: Handler = async ({ getUser }) => ({ body: (await getUser())?.username ?? "anonymous" })

const isKnownBy = (how: string, linesOf: (alice: string, bob: string) => ReadonlyArray<string>, user: string): Clause =>
  clause(
    `a request with cookies ${how} is ${user === "anonymous" ? user : `from ${user}`}`,
    async ({ logIn, visit }) => {
      const [alice, bob] = [await logIn("alice"), await logIn("bob")]
      const reply = await visit(who, { lines: linesOf(alice.key, bob.key) })
      expect([reply.status, reply.body]).toEqual([200, user])
      expect(cookiesOf(reply).filter((cookie) => !cookie.startsWith('sessionid="";'))).toEqual([])
    }
  )

const isHostile = (row: CookieRow): Clause => {
  const user = cookieUser(row)
  const clause = isKnownBy("of the corpus", (alice, bob) => cookieLines(row, alice, bob), user ?? "anonymous")
  return sending(row.id, clause, () => expectReason("adapters", row, user !== undefined && expectsNobody(row)))
}

/** Reads the user and writes the request's mark into the session, with random pauses in between. */
const marks: Handler = async ({ getUser, session }, { header }) => {
  const mark = header("x-mark") ?? ""
  await sleep(Math.random() * 20)
  const user = await getUser()
  await sleep(Math.random() * 20)
  if (mark !== "") await session.set(mark, user?.username ?? "anonymous")
  await sleep(Math.random() * 20)
  return {
    headers: [["X-Mark", mark]],
    body: `${user?.username ?? "anonymous"} ${(await getUser())?.username ?? "anonymous"}`
  }
}

/** A browser for each user. */
const visitors = async ({ logIn }: Site): Promise<ReadonlyArray<Visitor>> => {
  const all: Array<Visitor> = []
  for (const username of usernames) all.push(await logIn(username))
  return all
}

export const requests: Chapter = {
  title: "requests",
  clauses: [
    clause(
      "the store is queried once, even if the handler reads the user several times",
      async ({ logIn, stores, visit }) => {
        const { line } = await logIn()
        stores.heal()
        const reply = await visit(
          async ({ getUser, session }) => {
            const users = await Promise.all([getUser(), getUser(), session.get("a"), getUser()])
            const again = [await getUser(), await getUser(), await session.get("a")]
            return { body: String([...users, ...again].filter((user) => user !== undefined).length) }
          },
          { lines: [line] }
        )
        expect([reply.body, stores.asked()]).toEqual(["5", { sessions: 1, users: 1 }])
      }
    ),
    clause("all concurrent writes of a handler are kept", async ({ dataOf, logIn, stores, visit }) => {
      const { key, line } = await logIn()
      stores.heal()
      const reply = await visit(
        async ({ getUser, session }) => {
          const [, , user] = await Promise.all([session.set("a", 1), session.set("b", 2), getUser()])
          return { body: user?.username ?? "anonymous" }
        },
        { lines: [line] }
      )
      expect([reply.body, stores.asked().sessions, stores.commits()]).toEqual(["alice", 1, 1])
      expect(await dataOf(key)).toMatchObject({ a: 1, b: 2 })
    }),
    isKnownBy("in one line", (alice) => [`Cookie: a=1; sessionid=${alice}; b=2`], "alice"),
    isKnownBy("without white space", (alice) => [`Cookie:a=1;sessionid=${alice};b=2`], "alice"),
    isKnownBy("in a line whose name is in another case", (alice) => [`cOOKIE: sessionid=${alice}`], "alice"),
    isKnownBy(
      "of the same name, of which the last counts",
      (alice, bob) => [`Cookie: sessionid=${bob}; sessionid=${alice}`],
      "alice"
    ),
    isKnownBy("in several lines", (alice) => ["Cookie: a=1", `Cookie: sessionid=${alice}`, "Cookie: b=2"], "alice"),
    isKnownBy(
      "in two lines, the last of which counts",
      (alice, bob) => [`Cookie: sessionid=${bob}`, `Cookie: sessionid=${alice}`],
      "alice"
    ),
    isKnownBy(
      "whose second line empties the session cookie",
      (alice) => [`Cookie: sessionid=${alice}`, "Cookie: sessionid="],
      "anonymous"
    ),
    isKnownBy("whose value is in quotes", (alice) => [`Cookie: sessionid="${alice}"`], "alice"),
    isKnownBy(
      "whose value is in octal escapes",
      (alice) => [`Cookie: sessionid="\\${alice.charCodeAt(0).toString(8).padStart(3, "0")}${alice.slice(1)}"`],
      "alice"
    ),
    isKnownBy(
      "whose value is percent-encoded",
      (alice) => [`Cookie: sessionid=%${alice.charCodeAt(0).toString(16)}${alice.slice(1)}`],
      "anonymous"
    ),
    isKnownBy("whose values are not UTF-8", (alice) => [`Cookie: x=\xff\xe9; sessionid=${alice}; y=\x80`], "alice"),
    isKnownBy("whose names are not UTF-8", (alice) => [`Cookie: \xe9sessionid=${alice}`], "anonymous"),
    isKnownBy("after 2000 others", (alice) => [`Cookie: ${"x=1; ".repeat(2000)}sessionid=${alice}`], "alice"),
    isKnownBy(
      "with a percent that escapes nothing",
      (alice) => [`Cookie: x=%; y=%E0%A4%A; sessionid=${alice}`],
      "alice"
    ),
    isKnownBy("whose session key was never issued", () => [`Cookie: sessionid=${"c".repeat(32)}`], "anonymous"),
    isKnownBy("without an equals sign", () => ["Cookie: sessionid"], "anonymous"),
    ...cookieRows.map(isHostile),
    clause("a request with a session key that the server did not create gets a new key", async ({ dataOf, visit }) => {
      const presented = "c".repeat(32)
      const reply = await visit(
        async ({ session }) => {
          await session.set("a", 1)
          return {}
        },
        { lines: [`Cookie: sessionid=${presented}`] }
      )
      expect([keyIn(reply) === presented, await dataOf(keyIn(reply)), await dataOf(presented)]).toEqual([
        false,
        { a: 1 },
        {}
      ])
    }),
    clause("a login gets a new key, and the old key belongs to no user", async ({ visit, whoIs }) => {
      const anonymous = keyIn(
        await visit(async ({ session }) => {
          await session.set("cart", [1])
          return {}
        })
      )
      const reply = await visit(
        async (context) => {
          await authenticated(context)
          return { body: String(await context.session.raw.get("cart")) }
        },
        { lines: [`Cookie: sessionid=${anonymous}`] }
      )
      const key = keyIn(reply)
      expect([reply.body, key === anonymous, await whoIs(key), await whoIs(anonymous)]).toEqual([
        "[1]",
        false,
        "alice",
        undefined
      ])
    }),
    clause("each of 200 concurrent requests of eight users and anonymous visitors gets its own user", async (site) => {
      const all = await visitors(site)
      const path = site.at(marks)
      const asked = Array.from({ length: 200 }, (_, n) => ({ n, visitor: n % 9 === 8 ? undefined : all[n % 9] }))
      await Promise.all(
        asked.map(async ({ n, visitor }) => {
          await sleep(Math.random() * 50)
          const lines = [`X-Mark: m${n}`, ...(visitor === undefined ? [] : [visitor.line])]
          const [reply] = await exchange(site.port, request("GET", path, lines))
          const name = visitor?.username ?? "anonymous"
          expect([reply?.status, reply?.body, reply?.headers.get("x-mark")]).toEqual([
            200,
            `${name} ${name}`,
            [`m${n}`]
          ])
          const key = reply && keyIn(reply)
          if (visitor === undefined) expect(all.map((known) => known.key)).not.toContain(key)
          else expect(key).toBe(visitor.key)
        })
      )
      for (const { key, username } of all) {
        const data = Object.entries(await site.dataOf(key)).filter(([name]) => /^m\d+$/.test(name))
        const own = asked.filter(({ visitor }) => visitor?.key === key).map(({ n }) => [`m${n}`, username])
        expect(data.sort()).toEqual(own.sort())
      }
    }),
    clause("many requests on one connection are answered in order, each with its own user", async (site) => {
      const all = [...(await visitors(site)), undefined]
      const path = site.at(marks)
      const asked = [...all, ...all, ...all]
      const bytes = asked.map((visitor, n) =>
        request("GET", path, [`X-Mark: p${n}`, ...(visitor === undefined ? [] : [visitor.line])])
      )
      const replies = await exchange(
        site.port,
        Buffer.concat(bytes.map((one, n) => (n + 1 < bytes.length ? keepAlive(one) : one)))
      )
      expect(replies.map(({ body, headers }) => [body, headers.get("x-mark")?.join()])).toEqual(
        asked.map((visitor, n) => [`${visitor?.username ?? "anonymous"} ${visitor?.username ?? "anonymous"}`, `p${n}`])
      )
      for (const [n, visitor] of asked.entries()) {
        const reply = replies[n]
        if (visitor !== undefined) expect(reply && keyIn(reply)).toBe(visitor.key)
      }
    })
  ]
}
