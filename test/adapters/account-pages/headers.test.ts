/** The headers of all account pages, of every answer: pages, forms that are refused, redirects and failures. */
import { describe, expect, it } from "vitest"
import type { LinkRoute, PlainRoute } from "../../../src/core/accounts/pages/account-path.ts"
import { accountSite, asJson } from "./site.ts"

const site = () =>
  accountSite(
    { signUp: true, deactivation: true, deletion: true, rememberMe: true },
    { userSessions: true, auth: { reauthentication: {} } }
  )

/** Every page: the compiler finds one that is missing. */
const pages = {
  login: "",
  logout: "",
  signup: "",
  "signup/done": "",
  password_change: "",
  "password_change/done": "",
  password_reset: "",
  "password_reset/done": "",
  "reset/done": "",
  email_change: "",
  "email_change/done": "",
  "email/done": "",
  sessions: "",
  reauthenticate: "",
  deactivate: "",
  delete: "",
  reset: "/MQ/set-password",
  verify: "/MQ/set-password",
  email: "/MQ/a-b"
} satisfies Record<PlainRoute | LinkRoute, string>
const paths = Object.entries(pages).map(([route, link]) => route + link)

describe.each(paths)("/accounts/%s", (route) => {
  const path = `/accounts/${route}`

  it("is stored by no cache, for any visitor and any answer", async () => {
    const on = site()
    const [visitor, alice] = [on.browser(), await on.browserOf("alice")]
    const answers = {
      "a visitor": () => on.get(visitor, path),
      "a user": () => on.get(alice, path),
      "a client that asks for JSON": () => on.get(alice, path, asJson),
      "an empty form": () => on.post(visitor, path, {}),
      "a form without its token": () => visitor.fetch(on.target, path, { form: {}, csrf: false }),
      "another method": () => visitor.fetch(on.target, path, { method: "DELETE" }),
      "an empty form of a user": () => on.post(alice, path, {})
    }
    for (const [name, answer] of Object.entries(answers)) {
      const { headers, status } = await answer()
      expect([name, status < 500, headers.get("cache-control")]).toEqual([name, true, "no-store"])
    }
    on.network.fail("all", "refused")
    const outage = await on.get(await on.browserOf("alice").catch(() => alice), path)
    expect(outage.headers.get("cache-control")).toBe("no-store")
  })
})
