/** What a client gets does not depend on the mailer: whether it works, fails or hangs, or has anything to send. */
import connect from "connect"
import { describe, expect, it } from "vitest"
import { connectAccounts } from "../../../src/adapters/http/node/node-accounts.ts"
import { type MailQueue, mailQueue } from "../../../src/adapters/mail/mail-queue.ts"
import { MailDelayed, type Mailer, MailRefused } from "../../../src/adapters/ports/mail.ts"
import { listener } from "../../../src/testing/browser/listener.ts"
import { testSite } from "../../../src/testing/site/test-site.ts"

const mailers: Readonly<Record<string, Mailer["send"]>> = {
  works: async () => {},
  "is refused": async () => Promise.reject(new MailRefused({ reason: "no" })),
  "is delayed": async () => Promise.reject(new MailDelayed({ reason: "later" })),
  "rejects with a foreign error": async () => Promise.reject(new Error("alice@shop.example")),
  throws: () => {
    throw new Error("alice@shop.example")
  },
  "never ends": () => new Promise(() => {})
}

/** Users: alice can get mail, ghost is inactive, and bob has no address. */
const siteWith = (mail: MailQueue) => {
  const site = testSite({
    users: {
      alice: { email: "alice@shop.example" },
      ghost: { email: "ghost@shop.example", isActive: false },
      bob: { email: "" }
    }
  })
  const app = connect()
  app.use(connectAccounts(site.auth, { mail, signUp: true, usernameIsEmail: true }))
  return { ...site, target: listener(app) }
}

/** Everything that a client sees of an answer, except the values of cookies. */
const seen = async (answer: Response): Promise<unknown> => ({
  status: answer.status,
  headers: [...answer.headers].map(([name, value]) =>
    name === "set-cookie" ? [name, value.replace(/=[^;]*|expires=[^;]*/gi, "=")] : [name, name === "date" ? "" : value]
  ),
  body: await answer.text()
})

/** What the form answers, and the page after it. */
const visit = async (
  send: Mailer["send"],
  path: string,
  form: Readonly<Record<string, string>>,
  hasAccount = true
): Promise<unknown> => {
  const lost: Array<string> = []
  let sends = 0
  const counting: Mailer["send"] = (mail, options) => {
    sends += 1
    return send(mail, options)
  }
  const queue = mailQueue({ send: counting }, { report: ({ message }) => void lost.push(message) })
  const { browser, target } = siteWith(queue)
  const visitor = browser()
  const answer = await seen(await visitor.fetch(target, path, { form }))
  const next = await seen(await visitor.fetch(target, `${path}/done`))
  await queue.drain({ seconds: 0.05 })
  expect(sends).toBe(hasAccount ? 1 : 0)
  for (const message of lost) expect(message).not.toMatch(/@|http/)
  return { answer, next }
}

describe("a client sees no difference", () => {
  const reset = (email: string, send = mailers["works"], hasAccount = true) =>
    visit(send!, "/accounts/password_reset", { email }, hasAccount)
  const signUp = (email: string, send = mailers["works"]) =>
    visit(send!, "/accounts/signup", { email, password1: "a long, new one", password2: "a long, new one" })

  it.each(Object.entries(mailers))("when the mailer %s", async (_, send) => {
    expect(await reset("alice@shop.example", send)).toEqual(await reset("alice@shop.example"))
    expect(await signUp("new@shop.example", send)).toEqual(await signUp("new@shop.example"))
  })

  it("between addresses with and without an account, and with an inactive one", async () => {
    const unknown = await reset("unknown@shop.example", undefined, false)
    expect(JSON.stringify(unknown)).toContain("Password reset sent")
    for (const email of ["alice@shop.example", "ALICE@shop.example"]) expect(await reset(email)).toEqual(unknown)
    expect(await reset("ghost@shop.example", undefined, false)).toEqual(unknown)
    const fresh = await signUp("new@shop.example")
    for (const email of ["alice@shop.example", "ghost@shop.example"]) expect(await signUp(email)).toEqual(fresh)
  })
})
