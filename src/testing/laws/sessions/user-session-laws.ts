/** Laws about the list of a user's sessions, and about sessions that their user ends. */
import type { LawText } from "../law.ts"
import { LawBroken, must } from "../law-broken.ts"
import type { LawSession } from "../law-pages.ts"
import { browserWith, keyOf, type LawSite, loggedIn, userOf, userOfKey } from "../law-site.ts"
import { isLogin, parallelRequestsOf } from "../parallel-requests.ts"

const listOf = async (site: LawSite, browser: ReturnType<LawSite["browser"]>): Promise<ReadonlyArray<LawSession>> =>
  (await site.pages.listSessions?.(browser)) ?? []

/** The requests whose session stays one of the same user, or ends. */
const requestsOf = (site: LawSite) =>
  Object.entries(parallelRequestsOf(site)).filter(([name]) => !isLogin(name) && name !== "change the password")

export const onlyThisOneStays: LawText = {
  id: "ending-other-sessions-leaves-one",
  title:
    "after a user has ended the other sessions, only this session works, with every other request at the same time",
  why: "A user ends the other sessions because an attacker has one: it must not survive because it gets a new key meanwhile. This session must not end instead.",
  needs: ["pages.endOtherSessions"],
  finds: [
    "a Delete removes nothing",
    "a Move does not remember the new key of a session",
    "a Delete does not answer with the new key of a session",
    "an Update inserts a row that is gone"
  ],
  holds: async (run) => {
    const { site } = run
    const end = site.pages.endOtherSessions ?? site.pages.visit
    const both = async () => [await loggedIn(site, site.users[0]), await loggedIn(site, site.users[0])] as const
    const bobs = () => loggedIn(site, site.users[1])
    for (const [name, request] of requestsOf(site)) {
      await run.everyOrder(`it ends another session beside: ${name}`, async () => {
        const [here, elsewhere] = await both()
        const other = await bobs()
        const known = keyOf(site, elsewhere)
        return {
          requests: [() => end(here), () => request(elsewhere)],
          check: async ([ended]) => {
            must(ended !== undefined && ended.status < 400, () => `it is answered with ${ended?.status}`)
            for (const key of [known, keyOf(site, elsewhere)])
              must((await userOfKey(site, key)) === undefined, () => "the other session still works")
            must((await userOf(site, here)) === site.users[0].username, () => "this session ended too")
            must((await userOf(site, other)) === site.users[1].username, () => "another user's session ended")
          }
        }
      })
      if (name === "logout" || name === "clear") continue
      await run.everyOrder(`it keeps this session beside, in another tab: ${name}`, async () => {
        const [here, elsewhere] = await both()
        const tab = here.copy()
        return {
          requests: [() => end(here), () => request(tab)],
          check: async ([ended]) => {
            must((await userOf(site, tab)) === site.users[0].username, () => "this session ended too")
            // The other tab has given the session a new key first, so this request had a cookie that is no longer
            // valid.
            if (ended === undefined || ended.status >= 400) return
            must((await userOf(site, elsewhere)) === undefined, () => "the other session still works")
          }
        }
      })
    }
  }
}

export const endedStaysEnded: LawText = {
  id: "an-ended-session-stays-ended",
  title: "a session that its user has ended never works again, with every other request of it at the same time",
  why: "A user ends the session of a lost device: a slow request of the device must not bring it back.",
  needs: ["pages.listSessions", "pages.endSession"],
  finds: [
    "a Delete removes nothing",
    "a Move does not remember the new key of a session",
    "a Delete does not answer with the new key of a session",
    "an Update inserts a row that is gone",
    "an Update reads the row and writes it in a second step"
  ],
  holds: async (run) => {
    const { site } = run
    for (const [name, request] of requestsOf(site))
      await run.everyOrder(`the end of a session beside: ${name}`, async () => {
        const [here, elsewhere] = [await loggedIn(site, site.users[0]), await loggedIn(site, site.users[0])]
        const known = keyOf(site, elsewhere)
        const other = (await listOf(site, here)).find(({ current }) => !current)
        if (other === undefined) throw new LawBroken("the list lacks a session of the user")
        return {
          requests: [() => site.pages.endSession?.(here, other.id) ?? site.pages.visit(here), () => request(elsewhere)],
          check: async ([ended]) => {
            must(ended !== undefined && ended.status < 400, () => `it is answered with ${ended?.status}`)
            for (const key of [known, keyOf(site, elsewhere)])
              must((await userOfKey(site, key)) === undefined, () => "the ended session works")
            must((await userOf(site, here)) === site.users[0].username, () => "this session ended too")
            const left = await listOf(site, here)
            must(left.length === 1 && left[0]?.current === true, () => `the list has ${left.length} sessions`)
          }
        }
      })
  }
}

export const ownSessionsOnly: LawText = {
  id: "a-user-sees-their-own-sessions",
  title: "the list of a user's sessions has each session that works, and no other, and no key of one",
  why: "A list that lacks the session of an attacker hides it. A list that shows keys, or sessions of other users, gives them away.",
  needs: ["pages.listSessions", "pages.endSession"],
  finds: [
    "a site that lists the sessions of all users",
    "a site whose list of sessions shows their keys",
    "a site that ends the sessions of other users"
  ],
  holds: async (run) => {
    const { site } = run
    const [alice, bob] = site.users
    await run.situation("two sessions of one user, one of another", async () => {
      const [here, elsewhere, bobs] = [
        await loggedIn(site, alice),
        await loggedIn(site, alice),
        await loggedIn(site, bob)
      ]
      const list = await listOf(site, here)
      must(list.length === 2, () => `the list has ${list.length} sessions in place of 2`)
      must(list.filter(({ current }) => current).length === 1, () => "not exactly one session is the current one")
      const ofBob = await listOf(site, bobs)
      must(ofBob.length === 1, () => `the other user's list has ${ofBob.length} sessions in place of 1`)
      const keys = [here, elsewhere, bobs].flatMap((browser) => keyOf(site, browser) ?? [])
      for (const { id } of [...list, ...ofBob]) {
        must(!keys.some((key) => id.includes(key)), () => "an id contains the key of a session")
        must((await userOf(site, browserWith(site, id))) === undefined, () => "an id works as the key of a session")
      }
      await site.pages.endSession?.(here, ofBob[0]?.id ?? "")
      must((await userOf(site, bobs)) === bob.username, () => "a user has ended the session of another user")
    })
    const requests = Object.entries(parallelRequestsOf(site)).filter(([name]) => name !== "change the password")
    for (const [first, one] of requests)
      for (const [second, other] of requests) {
        if (first > second) continue
        await run.everyOrder(`the list after two requests of one session: ${first}; ${second}`, async () => {
          const [here, elsewhere] = [await loggedIn(site, alice), await loggedIn(site, alice)]
          const tabs = [elsewhere, elsewhere.copy()] as const
          return {
            requests: [() => one(tabs[0]), () => other(tabs[1])],
            check: async () => {
              const keys = new Set(tabs.flatMap((tab) => keyOf(site, tab) ?? []))
              const working: Array<string> = []
              for (const key of keys) if ((await userOfKey(site, key)) === alice.username) working.push(key)
              const list = await listOf(site, here)
              must(
                list.length === working.length + 1,
                () => `the list has ${list.length} sessions, but ${working.length + 1} work`
              )
            }
          }
        })
      }
  }
}
