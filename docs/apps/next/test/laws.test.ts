import * as fc from "fast-check"
import { lawSite, laws } from "latchkey/testing"
import { flows } from "latchkey/testing/fast-check"
import { nextAction, nextPage, nextServed } from "latchkey/testing/next"
import { test } from "vitest"
import Account from "@/app/account/page"
import { logIn, logOut } from "@/app/login/actions"
import { site } from "./site"

const account = nextServed(nextPage(Account))
const submit = nextServed(nextAction((form) => logIn(undefined, form)))
const leave = nextServed(nextAction(logOut))

const described = lawSite(site, {
  pages: {
    visit: (browser) => browser.fetch(account, "/account"),
    login: (browser, { username, password }) => browser.fetch(submit, "/login", { form: { username, password } }),
    logout: (browser) => browser.fetch(leave, "/", { form: {} })
  },
  user: async (response) => /<h1>(.*)<\/h1>/.exec(await response.text())?.[1],
  isRefused: (response) => response.status === 200 // these forms redirect, or are shown again
})

for (const law of laws(described)) test(law.title, async () => void (await law.check()))

test("browsers see the right user after every step of a flow", async () => {
  await fc.assert(fc.asyncProperty(flows({ browsers: 2 }), (flow) => flow.run(described)))
})
