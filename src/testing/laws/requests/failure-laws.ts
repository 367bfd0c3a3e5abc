/** Laws about stores that fail. */
import type { Browser } from "../../browser/browser.ts"
import type { Fault } from "../../stores/store-network.ts"
import type { LawText } from "../law.ts"
import { must } from "../law-broken.ts"
import { dataOf, keyOf, type LawSite, loggedIn, userOf, userOfKey } from "../law-site.ts"
import { newPassword, type ParallelRequest, parallelRequestsOf } from "../parallel-requests.ts"

const setsCookie = (site: LawSite, { headers }: Response): boolean =>
  headers.getSetCookie().some((line) => line.startsWith(`${site.cookie}=`))

export const outage: LawText = {
  id: "an-outage-is-not-anonymous",
  title: "while the store is unavailable, no page treats a user as an anonymous visitor, and no session cookie changes",
  why: "Otherwise a short outage logs every user out, or shows them the page of an anonymous visitor.",
  needs: ["network"],
  finds: ["an outage is reported as an absent session"],
  holds: async (run) => {
    const { site } = run
    const [alice] = site.users
    for (const [name, request] of Object.entries(parallelRequestsOf(site)))
      for (const fault of ["refused", "acknowledgementLost"] satisfies ReadonlyArray<Fault>)
        await run.situation(`${name}, while every call to the store is ${fault}`, async () => {
          const browser = await loggedIn(site, alice)
          const known = keyOf(site, browser)
          site.network?.fail("all", fault)
          const response = await request(browser)
          const isVisit = name === "visit"
          const user = isVisit && response.status < 500 ? await site.user(response.clone()) : alice.username
          site.network?.heal()
          must(user === alice.username, () => `the page says ${user ?? "that no user is logged in"}`)
          must(!setsCookie(site, response), () => `the answer ${response.status} changes the session cookie`)
          must(response.status >= 500, () => `it is answered with ${response.status}`)
          // A site may remember a logout that it could not carry out: then the user is logged out when the store is
          // back.
          if ((fault === "refused" && name !== "logout") || isVisit)
            must((await userOfKey(site, known)) === alice.username, () => "afterwards the session is over")
        })
  }
}

/** The operations of latchkey's stores, one of which fails. */
const operations = [
  "load",
  "Insert",
  "Update",
  "Move",
  "Delete",
  "findByUsername",
  "findById",
  "setPassword",
  "recordLogin"
]

/** What has to be true after a success. */
const promises = (
  site: LawSite
): Readonly<Record<string, (browser: Browser, known: string | undefined) => Promise<boolean>>> => {
  const [alice, bob] = site.users
  const isAlone = async (browser: Browser, known: string | undefined, user: string) =>
    (await userOf(site, browser)) === user && (await userOfKey(site, known)) === undefined
  return {
    logout: async (_, known) => (await userOfKey(site, known)) === undefined,
    "log in as another user": (browser, known) => isAlone(browser, known, bob.username),
    "renew the key": (browser, known) => isAlone(browser, known, alice.username),
    "change the password": async (browser, known) =>
      (await isAlone(browser, known, alice.username)) &&
      (await site.pages.login(site.browser(), { ...alice, password: newPassword })).status < 400,
    write: async (browser) => site.data === undefined || "written" in (await dataOf(site, browser)),
    remove: async (browser) => site.data === undefined || !("left" in (await dataOf(site, browser)))
  }
}

const outcomes = ["none", "refused", "acknowledgementLost"] as const

/** The faults of the first four calls, in every combination with at least one fault. */
const faultLists: ReadonlyArray<ReadonlyArray<Fault | "none">> = outcomes
  .flatMap((first) =>
    outcomes.flatMap((second) =>
      outcomes.flatMap((third) => outcomes.map((fourth) => [first, second, third, fourth] as const))
    )
  )
  .filter((list) => list.some((fault) => fault !== "none"))

/** Each request with one failing call, of each operation and each fault. */
const faultyRequests = (site: LawSite): ReadonlyArray<readonly [string, ParallelRequest, Fault, string]> =>
  Object.entries(parallelRequestsOf(site)).flatMap(([name, request]) =>
    operations.flatMap((operation) =>
      (["refused", "acknowledgementLost"] satisfies ReadonlyArray<Fault>).map(
        (fault) => [name, request, fault, operation] as const
      )
    )
  )

export const noFalseSuccess: LawText = {
  id: "no-success-without-effect",
  title: "a request with a successful response has made its change, and a failed request sets no session cookie",
  why: "A user whose logout seems to have succeeded leaves the browser to the next person.",
  needs: ["network"],
  finds: [
    "a failed write is reported as done",
    "a Delete removes nothing",
    "setPassword reports a new password and does not write it"
  ],
  holds: async (run) => {
    const { site } = run
    const judge = async (name: string, request: ParallelRequest, fail: () => void) => {
      const browser = await loggedIn(site, site.users[0])
      await site.pages.write?.(browser, "left", 1)
      const known = keyOf(site, browser)
      fail()
      const response = await request(browser)
      site.network?.heal()
      if (response.status >= 400)
        return must(!setsCookie(site, response), () => `the answer ${response.status} changes the session cookie`)
      const isKept = (await promises(site)[name]?.(browser, known)) ?? true
      must(isKept, () => `it is answered with ${response.status}, and has not happened`)
    }
    for (const [name, request, fault, operation] of faultyRequests(site))
      await run.situation(`${name}, while one ${operation} is ${fault}`, () =>
        judge(name, request, () => site.network?.fail(1, fault, [operation]))
      )
    const { failEach } = site.network ?? {}
    for (const list of failEach === undefined ? [] : faultLists)
      for (const [name, request] of Object.entries(parallelRequestsOf(site)))
        await run.situation(`${name}, while the first calls are: ${list.join(", ")}`, () =>
          judge(name, request, () => failEach?.(list))
        )
  }
}

export const honestFailure: LawText = {
  id: "a-failure-is-an-error",
  title: "a write that the store did not confirm is answered with a server error (5xx), not with a client error (4xx)",
  why: "A client that is told that its session was deleted does not try again, and the user is logged out.",
  needs: ["network", "pages.write"],
  finds: ["a failed write is reported as a deleted session", "a failed write is reported as done"],
  holds: async (run) => {
    const { site } = run
    for (const fault of ["refused", "acknowledgementLost"] satisfies ReadonlyArray<Fault>)
      await run.situation(`a write, while the store's write is ${fault}`, async () => {
        const browser = await loggedIn(site, site.users[0])
        await site.pages.write?.(browser, "a", 1)
        site.network?.fail(1, fault, ["Update"])
        const response = await site.pages.write?.(browser, "b", 1)
        site.network?.heal()
        must((response?.status ?? 0) >= 500, () => `it is answered with ${response?.status}`)
        must((await userOf(site, browser)) === site.users[0].username, () => "afterwards the user is logged out")
      })
  }
}

export const recovery: LawText = {
  id: "a-site-recovers",
  title: "when the store works again, the next login succeeds",
  why: "A connection that failed stays in the pool, and the site stays down until it is started again.",
  needs: ["network"],
  finds: ["after one failure, every call fails"],
  holds: async (run) => {
    const { site } = run
    const [alice, bob] = site.users
    for (const [name, request] of Object.entries(parallelRequestsOf(site)))
      await run.situation(`${name} during an outage, then a login`, async () => {
        const browser = await loggedIn(site, alice)
        site.network?.fail("all", "refused")
        const response = await request(browser)
        site.network?.heal()
        const { status } = await site.pages.login(site.browser(), bob)
        must(status < 400, () => `the login is answered with ${status}`)
        // A site may remember a logout that it could not carry out, if it answered with an error.
        if (name !== "logout" || response.status < 500)
          must((await userOf(site, browser)) === alice.username, () => "the session of before is over")
      })
  }
}

export const failedResponse: LawText = {
  id: "a-failed-response-stores-no-login",
  title: "a response of 500 or above stores no login",
  why: "Otherwise the page says that the login failed, and the browser is logged in anyway.",
  needs: ["pages.loginThenFail"],
  finds: ["a page that stores the login before it fails"],
  holds: async (run) => {
    const { site } = run
    await run.situation("a login whose page fails", async () => {
      const browser = site.browser()
      await site.pages.write?.(browser, "before", 1)
      const known = keyOf(site, browser)
      const response = await site.pages.loginThenFail?.(browser, site.users[0])
      must((response?.status ?? 0) >= 500, () => `pages.loginThenFail answers ${response?.status}`)
      must((await userOf(site, browser)) === undefined, () => "the browser acts as the user")
      must(keyOf(site, browser) === known, () => "the session cookie changed")
      if (site.data !== undefined && site.pages.write !== undefined)
        must("before" in (await dataOf(site, browser)), () => "the data of the anonymous session is lost")
    })
  }
}

export const failedLogout: LawText = {
  id: "a-logout-counts-although-its-page-fails",
  title: "a logout whose page then answers with 500 has ended the session",
  why: "The user has asked for the end of the session. A bug in the rest of the page must not keep it alive.",
  needs: ["pages.logoutThenFail"],
  finds: ["a page that undoes the logout when it fails", "a Delete removes nothing"],
  holds: async (run) => {
    const { site } = run
    await run.situation("a logout whose page fails", async () => {
      const browser = await loggedIn(site, site.users[0])
      const known = keyOf(site, browser)
      const response = await site.pages.logoutThenFail?.(browser)
      must((response?.status ?? 0) >= 500, () => `pages.logoutThenFail answers ${response?.status}`)
      must((await userOfKey(site, known)) === undefined, () => "the session still acts as the user")
      must((await userOf(site, browser)) === undefined, () => "the browser still acts as the user")
    })
    if (site.network === undefined) return
    for (const fault of ["refused", "acknowledgementLost"] satisfies ReadonlyArray<Fault>)
      await run.situation(`a logout whose page fails, while every call to the store is ${fault}`, async () => {
        const browser = await loggedIn(site, site.users[0])
        site.network?.fail("all", fault)
        const response = await site.pages.logoutThenFail?.(browser)
        site.network?.heal()
        must(response !== undefined && response.status >= 500, () => `it is answered with ${response?.status}`)
        must(response === undefined || !setsCookie(site, response), () => "the answer changes the session cookie")
      })
  }
}
