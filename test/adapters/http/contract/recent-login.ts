/** `requireRecentLogin` and `reauthenticate`. The clock of the site is moved by the clauses. */
import { expect } from "vitest"
import type { Handler } from "./adapter.ts"
import { type Chapter, clause } from "./clause.ts"
import { authenticated, keyIn, passwordOf } from "./site.ts"

const clock = { ahead: 0 }

const page: Handler = async ({ requireRecentLogin }) => ({ body: (await requireRecentLogin(600)).username })

const after = (seconds: number): void => {
  clock.ahead += seconds * 1000
}

const json = ["Accept: application/json"]

export const recentLogin: Chapter = {
  title: "recent logins",
  site: { auth: { reauthentication: {}, clockAndRandom: { now: () => Date.now() + clock.ahead } } },
  clauses: [
    clause("a login counts as recent for so many seconds, then the page asks for the password", async (site) => {
      const { line } = await site.logIn("alice")
      after(590)
      expect((await site.visit(page, { lines: [line] })).body).toBe("alice")
      after(10)
      const reply = await site.visit(page, { lines: [line] })
      expect([reply.status, reply.headers.get("location")?.join(), reply.headers.get("cache-control")]).toEqual([
        302,
        expect.stringMatching(/^\/accounts\/reauthenticate\/\?next=(\/|%2F)\d+$/),
        ["no-store"]
      ])
      expect(reply.body).not.toContain("alice")
    }),
    clause(
      "a client that asks for JSON gets 403, with the reason and the page that asks for the password",
      async (site) => {
        const { key, line } = await site.logIn("bob")
        after(600)
        const reply = await site.visit(page, { lines: [line, ...json] })
        expect([reply.status, JSON.parse(reply.body)]).toEqual([
          403,
          {
            error: "recent login required",
            reason: "The login is too long ago. Ask the user to prove again who they are, then send the request again.",
            location: expect.stringMatching(/^\/accounts\/reauthenticate\/\?next=(\/|%2F)\d+$/)
          }
        ])
        expect(await site.whoIs(key)).toBe("bob")
      }
    ),
    clause("an anonymous visitor is sent to the login page", async (site) => {
      const reply = await site.visit(page)
      expect(reply.headers.get("location")?.join()).toMatch(/^\/accounts\/login\//)
      const asked = await site.visit(page, { lines: json })
      expect([asked.status, JSON.parse(asked.body)]).toEqual([401, { error: "login required" }])
    }),
    clause("after the right password the page is shown again, under a new key", async (site) => {
      const { key, line } = await site.logIn("carol")
      after(600)
      const proved = await site.visit(
        async ({ reauthenticate }) => ({ body: String(await reauthenticate({ password: passwordOf("carol") })) }),
        { lines: [line] }
      )
      const renewed = keyIn(proved)
      expect([proved.body, renewed === key, renewed === undefined]).toEqual(["true", false, false])
      expect((await site.visit(page, { lines: [`Cookie: sessionid=${renewed}`] })).body).toBe("carol")
      expect(await site.whoIs(key)).toBe(undefined)
    }),
    clause("a change of the password with the old one is a proof, and one without it is not", async (site) => {
      const { line } = await site.logIn("frank")
      after(600)
      const change = async (cookie: string, isProved: boolean) =>
        site.visit(
          async ({ changePassword, requireUser, setPassword, updateSessionAuthHash }) => {
            const user = await requireUser()
            const password = passwordOf("frank")
            if (isProved) await changePassword(user, password, password)
            else await setPassword(user, password)
            await updateSessionAuthHash(user)
            return {}
          },
          { lines: [cookie] }
        )
      const unproved = `Cookie: sessionid=${keyIn(await change(line, false))}`
      expect((await site.visit(page, { lines: [unproved] })).status).toBe(302)
      const proved = `Cookie: sessionid=${keyIn(await change(unproved, true))}`
      expect((await site.visit(page, { lines: [proved] })).body).toBe("frank")
    }),
    clause("a wrong password, or none, proves nothing and changes nothing", async (site) => {
      const { key, line } = await site.logIn("dave")
      after(600)
      for (const credentials of [{ password: passwordOf("erin") }, { password: 1 }, {}, { username: "dave" }]) {
        const reply = await site.visit(
          async ({ reauthenticate }) => ({ body: String(await reauthenticate(credentials)) }),
          { lines: [line] }
        )
        expect([reply.body, keyIn(reply)]).toEqual(["false", undefined])
      }
      expect((await site.visit(page, { lines: [line] })).status).toBe(302)
      expect(await site.whoIs(key)).toBe("dave")
    }),
    clause("a proof of an anonymous visitor, or before a logout, gives nothing", async (site) => {
      const anonymous = await site.visit(async ({ reauthenticate }) => ({
        body: String(await reauthenticate({ password: passwordOf("erin") }))
      }))
      expect([anonymous.body, keyIn(anonymous)]).toEqual(["false", undefined])
      const { line } = await site.logIn("erin")
      const reply = await site.visit(
        async (context) => {
          await context.reauthenticate({ password: passwordOf("erin") })
          await context.logout()
          await authenticated(context, "frank")
          return { body: (await context.requireRecentLogin(600)).username }
        },
        { lines: [line] }
      )
      expect(reply.body).toBe("frank")
      after(600)
      expect((await site.visit(page, { lines: [`Cookie: sessionid=${keyIn(reply)}`] })).status).toBe(302)
    })
  ]
}
