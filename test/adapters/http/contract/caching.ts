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
  title: "Cache-Control",
  clauses: [
    says("a response that sets the session cookie is private", writes(), ["private"]),
    says("a response that sets the CSRF cookie is private", token, ["private"]),
    says("a response that deletes the session cookie is private", loggingOut, ["private"]),
    says("a redirect that sets a cookie is private", writes({ status: 302, headers: [["Location", "/"]] }), [
      "private"
    ]),
    says("the handler's own Cache-Control is sent, and no other", writes(own("public, max-age=60")), [
      "public, max-age=60"
    ]),
    says("no Cache-Control is sent when the handler only reads the user", reads, []),
    says("no Cache-Control is sent when the handler reads nothing", plain, []),
    clause("the cookie is sent also when the handler allows caching", async ({ visit }) => {
      expect(cookiesOf(await visit(writes(own("max-age=60"))))).toHaveLength(1)
    })
  ]
}

export const uncached: Chapter = {
  title: 'cacheControl "no-store"',
  site: { auth: { cacheControl: "no-store" } },
  clauses: [
    says("a response that sets a cookie is no-store", writes(), ["no-store"]),
    says("a response whose handler reads the user is no-store", reads, ["no-store"]),
    says("a response whose handler reads the session is no-store", readsSession, ["no-store"]),
    says(
      "the handler's own Cache-Control is sent, and no-store is not",
      async ({ getUser }) => ({ ...own("private, max-age=5"), body: (await getUser())?.username ?? "anonymous" }),
      ["private, max-age=5"]
    ),
    says("no Cache-Control is sent when the handler does not read the session", plain, [])
  ]
}

export const uncontrolled: Chapter = {
  title: "cacheControl false",
  site: { auth: { cacheControl: false } },
  clauses: [
    says("no Cache-Control is sent with a cookie, as in Django", writes(), []),
    says("no Cache-Control is sent with a CSRF token", token, [])
  ]
}
