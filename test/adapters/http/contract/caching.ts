/** Cache-Control: what a shared cache must not keep. */
import { expect } from "vitest"
import { cookiesOf } from "../../../full-stack/wire.ts"
import type { Handler, Reply } from "./adapter.ts"
import { type Chapter, type Clause, clause } from "./clause.ts"

const writes =
  (reply: Reply = { body: "text" }): Handler =>
  async ({ session }) => {
    await session.set("a", 1)
    return reply
  }

const token: Handler = async ({ getCsrfToken }) => ({ body: await getCsrfToken() })
const reads: Handler = async ({ getUser }) => ({ body: (await getUser())?.username ?? "anonymous" })
const readsSession: Handler = async ({ session }) => ({ body: String(await session.get("a")) })
const plain: Handler = async () => ({ body: "text" })
const loggingOut: Handler = async ({ logout }) => {
  await logout()
  return { body: "bye" }
}

/** @param expected the values of Cache-Control that are sent */
const says = (sentence: string, handler: Handler, expected: ReadonlyArray<string>): Clause =>
  clause(sentence, async ({ logIn, visit }) => {
    const { line } = await logIn()
    const reply = await visit(handler, { lines: [line] })
    expect(reply.status).toBeLessThan(400)
    expect(reply.headers.get("cache-control") ?? []).toEqual(expected)
  })

const own = (value: string): Reply => ({ headers: [["Cache-Control", value]], body: "text" })

export const caching: Chapter = {
  title: "a shared cache",
  clauses: [
    says("keeps no response that sets the session's cookie", writes(), ["private"]),
    says("keeps no response that sets the cookie of CSRF", token, ["private"]),
    says("keeps no response that deletes the session's cookie", loggingOut, ["private"]),
    says("keeps no redirect that sets a cookie", writes({ status: 302, headers: [["Location", "/"]] }), ["private"]),
    says("gets only the handler's Cache-Control if the handler sets one", writes(own("public, max-age=60")), [
      "public, max-age=60"
    ]),
    says("gets no Cache-Control when the user was only read", reads, []),
    says("gets no Cache-Control when nothing was read", plain, []),
    clause("never keeps a cookie, even when the handler allows caching", async ({ visit }) => {
      expect(cookiesOf(await visit(writes(own("max-age=60"))))).toHaveLength(1)
    })
  ]
}

export const uncached: Chapter = {
  title: 'a cache, with cacheControl "no-store"',
  site: { auth: { cacheControl: "no-store" } },
  clauses: [
    says("stores no response that sets a cookie", writes(), ["no-store"]),
    says("stores no response whose handler read the user", reads, ["no-store"]),
    says("stores no response whose handler read the session", readsSession, ["no-store"]),
    says(
      "gets only the handler's Cache-Control if the handler sets one",
      async ({ getUser }) => ({ ...own("private, max-age=5"), body: (await getUser())?.username ?? "anonymous" }),
      ["private, max-age=5"]
    ),
    says("gets no Cache-Control when the session was not read", plain, [])
  ]
}

export const uncontrolled: Chapter = {
  title: "a cache, with cacheControl false",
  site: { auth: { cacheControl: false } },
  clauses: [says("is told nothing, as by Django", writes(), []), says("is told nothing of a token", token, [])]
}
