/** Two uses of an account page at the same time, in every order of their store calls. */
import { describe, expect, it } from "vitest"
import type { Browser } from "../../../src/testing/browser/browser.ts"
import { everyOrder } from "../../../src/testing/orders/every-order.ts"
import { type AuthChanges, testSite } from "../../../src/testing/site/test-site.ts"
import { type DirectAnswer, directPages } from "./direct.ts"

const setUp = (auth: AuthChanges = {}) => {
  const site = testSite({ auth })
  const pages = directPages(site, { deactivation: true, deletion: true })
  const logsIn = async (username: string, password: string): Promise<boolean> =>
    (await pages.send(site.browser(), "/accounts/login", { username, password })).status === 302
  return { site, pages, logsIn }
}

const own = "alice's password"
const chosen = { password1: "a horse", password2: "a horse" }
const twice = (password: string) => ({ new_password1: password, new_password2: password })
const passwords = ["the first one", "the second one"] as const

describe("in every order", () => {
  it("a reset link sets one password", async () => {
    const { logsIn, pages, site } = setUp()
    const { orders } = await everyOrder(site, async () => {
      const link = await pages.linkBy(site.browser(), "/accounts/password_reset", { email: "alice@example.com" })
      const visitors = await Promise.all(
        passwords.map(async (password) => {
          const browser = site.browser()
          return { browser, password, page: await pages.open(browser, link) }
        })
      )
      return {
        requests: visitors.map(
          ({ browser, page, password }) =>
            () =>
              pages.send(browser, page, twice(password))
        ),
        check: async (answers) => {
          expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 302])
          for (const [each, { status }] of answers.entries())
            expect(await logsIn("alice", passwords[each] ?? "")).toBe(status === 302)
        }
      }
    })
    expect(orders).toBeGreaterThan(10)
  })

  it("of two changes of a password from one old password one succeeds, and only its session stays", async () => {
    const { logsIn, pages, site } = setUp()
    const path = "/accounts/password_change"
    await everyOrder(site, async () => {
      const browsers = [await site.browserOf("alice"), await site.browserOf("alice")]
      return {
        requests: browsers.map(
          (browser, each) => () =>
            // A session that the other change has ended is anonymous.
            pages.send(browser, path, { old_password: own, ...twice(passwords[each] ?? "") }).catch(() => undefined)
        ),
        check: async (answers) => {
          const done = answers.map((answer) => answer?.headers["location"] === `${path}/done`)
          expect(done.filter((isDone) => isDone)).toHaveLength(1)
          for (const [each, browser] of browsers.entries()) {
            const isDone = done[each]
            expect(await logsIn("alice", passwords[each] ?? "")).toBe(isDone)
            const page = pages.send(browser, `${path}/done`)
            await (isDone ? expect(page).resolves.toMatchObject({ status: 200 }) : expect(page).rejects.toThrow())
          }
          expect(await logsIn("alice", own)).toBe(false)
        }
      }
    })
  })

  it("a change of the password beside a reset: no session of the change outlives the reset", async () => {
    const { logsIn, pages, site } = setUp()
    await everyOrder(site, async () => {
      const link = await pages.linkBy(site.browser(), "/accounts/password_reset", { email: "alice@example.com" })
      const [thief, owner] = [await site.browserOf("alice"), site.browser()]
      const page = await pages.open(owner, link)
      return {
        requests: [
          () => pages.send(thief, "/accounts/password_change", { old_password: own, ...twice(passwords[0]) }),
          () => pages.send(owner, page, twice(passwords[1]))
        ],
        check: async ([, reset]) => {
          const isReset = reset?.status === 302
          expect(await logsIn("alice", passwords[1])).toBe(isReset)
          expect(await logsIn("alice", passwords[0])).toBe(!isReset)
          if (!isReset) return
          await expect(pages.send(thief, "/accounts/password_change/done")).rejects.toThrow()
        }
      }
    })
  })

  it("a link changes the address once", async () => {
    const { pages, site } = setUp()
    await everyOrder(site, async () => {
      const alice = await site.browserOf("alice")
      const link = await pages.linkBy(alice, "/accounts/email_change", { email: "a@new.example", password: own })
      const browsers = [site.browser(), site.browser()]
      const [page = ""] = await Promise.all(browsers.map((browser) => pages.open(browser, link)))
      return {
        requests: browsers.map((browser) => () => pages.send(browser, page, {})),
        check: (answers) => {
          expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 302])
          expect(site.user("alice").email).toBe("a@new.example")
        }
      }
    })
  })

  it("a link of a new account creates it once", async () => {
    const { logsIn, pages, site } = setUp()
    const form = { username: "carol", email: "carol@example.com", password1: "a horse", password2: "a horse" }
    await everyOrder(site, async () => {
      const link = await pages.linkBy(site.browser(), "/accounts/signup", form)
      const browsers = [site.browser(), site.browser()]
      const [page = ""] = await Promise.all(browsers.map((browser) => pages.open(browser, link)))
      return {
        requests: browsers.map((browser) => () => pages.send(browser, page, { password: "a horse" })),
        check: async (answers) => {
          expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 302])
          expect(await logsIn("carol", "a horse")).toBe(true)
        }
      }
    })
  })

  it("of two sign-ups with one name and different addresses, the link that is confirmed first stores the account", async () => {
    const { logsIn, pages, site } = setUp()
    const form = (password: string) => ({
      username: "carol",
      email: `${password.replaceAll(" ", "-")}@example.com`,
      password1: password,
      password2: password
    })
    await everyOrder(site, async () => {
      const visitors = await Promise.all(
        passwords.map(async (password) => {
          const browser = site.browser()
          const link = await pages.linkBy(browser, "/accounts/signup", form(password))
          return { browser, password, page: await pages.open(browser, link) }
        })
      )
      return {
        requests: visitors.map(
          ({ browser, page, password }) =>
            () =>
              pages.send(browser, page, { password })
        ),
        check: async (answers) => {
          expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 302])
          for (const [each, { status }] of answers.entries())
            expect(await logsIn("carol", passwords[each] ?? "")).toBe(status === 302)
        }
      }
    })
  })

  it("of two sign-ups with one address and different names, the link that is confirmed first stores the account", async () => {
    // With one slot, the second password would be compared after the first account is stored.
    const { pages, site } = setUp({ concurrency: 2 })
    const form = (username: string) => ({ username, email: "carol@example.com", ...chosen })
    await everyOrder(site, async () => {
      const visitors = await Promise.all(
        ["carol", "caroline"].map(async (username) => {
          const browser = site.browser()
          return {
            browser,
            page: await pages.open(browser, await pages.linkBy(browser, "/accounts/signup", form(username)))
          }
        })
      )
      return {
        requests: visitors.map(
          ({ browser, page }) =>
            () =>
              pages.send(browser, page, { password: "a horse" })
        ),
        check: async (answers) => {
          expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 302])
          expect(await site.auth.findUsersByEmail("carol@example.com")).toHaveLength(1)
        }
      }
    })
  })

  it("of a sign-up and a change to one address, the link that is confirmed first gets it", async () => {
    const { pages, site } = setUp()
    const address = "carol@example.com"
    await everyOrder(site, async () => {
      const [carol, alice] = [site.browser(), await site.browserOf("alice")]
      const signUp = await pages.linkBy(carol, "/accounts/signup", { username: "carol", email: address, ...chosen })
      const change = await pages.linkBy(alice, "/accounts/email_change", { email: address, password: own })
      const [signUpPage, changePage] = [await pages.open(carol, signUp), await pages.open(alice, change)]
      return {
        requests: [
          () => pages.send(carol, signUpPage, { password: "a horse" }),
          () => pages.send(alice, changePage, {})
        ],
        check: async (answers) => {
          expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 302])
          expect(await site.auth.findUsersByEmail(address)).toHaveLength(1)
        }
      }
    })
  })

  it("the link of a new account beside an administrator who creates the account: the administrator's password stays", async () => {
    const { logsIn, pages, site } = setUp()
    const form = { username: "carol", email: "carol@example.com", password1: "a horse", password2: "a horse" }
    await everyOrder(site, async () => {
      const browser = site.browser()
      const page = await pages.open(browser, await pages.linkBy(browser, "/accounts/signup", form))
      return {
        requests: [
          () => site.auth.createUser({ username: "carol", password: "the administrator's" }, { isActive: false }),
          () => pages.send(browser, page, { password: "a horse" })
        ],
        check: async ([created, confirmed]) => {
          // The name is unique: either the administrator created the account, or the link did.
          const isCreated = created !== undefined
          expect(confirmed).toMatchObject({ status: isCreated ? 200 : 302 })
          const user = (await site.auth.findUser({ username: "carol" })) ?? expect.fail("no account")
          expect([user.isActive, await logsIn("carol", "a horse")]).toEqual([!isCreated, !isCreated])
          expect(await site.auth.checkPassword(user, "the administrator's")).toBe(isCreated)
        }
      }
    })
  })

  describe.each(["deactivate", "delete"])("an account that ends (%s) is over", (page) => {
    const isOver = async ({ logsIn, pages }: ReturnType<typeof setUp>, browsers: ReadonlyArray<Browser>) => {
      for (const password of [own, ...passwords]) expect(await logsIn("alice", password)).toBe(false)
      for (const browser of browsers)
        await expect(pages.send(browser, "/accounts/password_change/done")).rejects.toThrow()
    }

    it.each([
      ["a login", "login", { username: "alice", password: own }, false],
      ["the same in another session", page, { password: own }, true],
      ["a deactivation", "deactivate", { password: own }, true]
    ] as const)("beside %s", async (_, path, form, isLoggedIn) => {
      const site = setUp()
      await everyOrder(site.site, async () => {
        const [alice, other] = [
          await site.site.browserOf("alice"),
          isLoggedIn ? await site.site.browserOf("alice") : site.site.browser()
        ]
        const statusOf = (answer: Promise<DirectAnswer>) =>
          answer.then(
            ({ status }) => status,
            // A request may fail because its user is gone.
            () => undefined
          )
        return {
          requests: [
            () => statusOf(site.pages.send(alice, `/accounts/${page}`, { password: own })),
            () => statusOf(site.pages.send(other, `/accounts/${path}`, form))
          ],
          check: async ([ended, beside]) => {
            expect(ended === 200 || (isLoggedIn && beside === 200)).toBe(true)
            await isOver(site, [alice, other])
          }
        }
      })
    })

    it("beside a change of the password, or the page refuses and the new password stays", async () => {
      const site = setUp()
      const seen = new Set<boolean>()
      await everyOrder(site.site, async () => {
        const [alice, other] = [await site.site.browserOf("alice"), await site.site.browserOf("alice")]
        const change = { old_password: own, ...twice(passwords[0]) }
        return {
          requests: [
            () =>
              site.pages.send(alice, `/accounts/${page}`, { password: own }).then(
                ({ body }) => !body.includes("<form"),
                () => false
              ),
            () =>
              site.pages.send(other, "/accounts/password_change", change).then(
                ({ status }) => status === 302,
                () => false
              )
          ],
          check: async ([ended, isChanged]) => {
            seen.add(ended === true)
            if (ended === true) return isOver(site, [alice, other])
            expect(isChanged).toBe(true)
            expect([await site.logsIn("alice", passwords[0]), await site.logsIn("alice", own)]).toEqual([true, false])
          }
        }
      })
      expect(seen).toEqual(new Set([true, false]))
    })
  })
})
