/** Laws about a change of the secret key. */
import type { LawText } from "../law.ts"
import { must } from "../law-broken.ts"
import { browserWith, keyOf, type LawSite, loggedIn, userOf, userOfKey } from "../law-site.ts"

export const newSecretKey: LawText = {
  id: "a-new-secret-key-keeps-sessions",
  title: "after a change of the secret key, users stay logged in, and the next request renews the session once",
  why: "Otherwise a change of the key logs every user out, and operators do not replace a key that has leaked.",
  needs: ["secretKeys"],
  finds: [
    "a site that does not accept its former secret key",
    "a Move writes under the old key",
    "a Move keeps the old row",
    "a Move writes the new data under both keys"
  ],
  holds: async (run) => {
    const { site } = run
    const [alice, bob] = site.users
    await run.situation("two visits after a change of the key", async () => {
      const browser = await loggedIn(site, alice)
      const known = keyOf(site, browser)
      await site.secretKeys?.replace()
      must((await userOf(site, browser)) === alice.username, () => "the user is logged out")
      const renewed = keyOf(site, browser)
      must(renewed !== known, () => "the first visit does not renew the key of the session")
      must((await userOfKey(site, known)) === undefined, () => "the key from before still acts as the user")
      must((await userOf(site, browser)) === alice.username, () => "the second visit finds no user")
      must(keyOf(site, browser) === renewed, () => "the second visit renews the key again")
      await site.secretKeys?.removeFormer()
      must((await userOf(site, browser)) === alice.username, () => "without the former key the user is logged out")
    })
    await run.situation("a login after a change of the key", async () => {
      await site.secretKeys?.replace()
      const browser = await loggedIn(site, bob)
      const known = keyOf(site, browser)
      must((await userOf(site, browser)) === bob.username, () => "the user is not logged in")
      must(keyOf(site, browser) === known, () => "the session is signed with the former key")
      await site.secretKeys?.removeFormer()
      must((await userOf(site, browser)) === bob.username, () => "without the former key the user is logged out")
    })
    await run.everyOrder("two tabs visit after a change of the key", async () => {
      const browser = await loggedIn(site, alice)
      const known = keyOf(site, browser)
      await site.secretKeys?.replace()
      const tabs = [browser.copy(), browser.copy()]
      return {
        requests: tabs.map((tab) => () => site.pages.visit(tab)),
        check: async () => {
          const keys = new Set(tabs.map((tab) => keyOf(site, tab)).filter((key) => key !== undefined && key !== known))
          must(keys.size === 1, () => `the tabs have ${keys.size} new keys`)
          for (const key of keys)
            must((await userOfKey(site, key)) === alice.username, () => "the new key does not act as the user")
        }
      }
    })
  }
}

export const removedSecretKey: LawText = {
  id: "a-removed-secret-key-ends-sessions",
  title: "once the former secret key is removed, a session that only it has signed acts as no user",
  why: "A key is replaced because it may have leaked: what an attacker signs with it must not be accepted.",
  needs: ["secretKeys"],
  finds: ["a site that still accepts a removed secret key"],
  holds: async (run) => {
    const { site } = run
    const [alice, bob] = site.users
    await run.situation("a visit after the former key was removed", async () => {
      const key = keyOf(site, await loggedIn(site, alice))
      await site.secretKeys?.replace()
      await site.secretKeys?.removeFormer()
      const user = await quietly(site, () => userOfKey(site, key))
      must(user === undefined, () => "the session still acts as the user")
    })
    await run.situation("a visit of another user in between", async () => {
      const key = keyOf(site, await loggedIn(site, alice))
      const other = await loggedIn(site, bob)
      await site.secretKeys?.replace()
      await userOf(site, other)
      await site.secretKeys?.removeFormer()
      const user = await quietly(site, () => userOfKey(site, key))
      must(user === undefined, () => "the session still acts as the user")
      must((await userOf(site, browserWith(site, keyOf(site, other)))) === bob.username, () => "the other user is out")
    })
  }
}

/** Makes requests that the site warns of, without printing the warnings. */
const quietly = async <A>(site: LawSite, request: () => Promise<A>): Promise<A | undefined> => {
  let answer: A | undefined
  const ask = async (): Promise<void> => {
    answer = await request()
  }
  await (site.log === undefined ? ask() : site.log.during(ask))
  return answer
}
