/** Laws about the idle and the absolute lifetime of a session, and about re-authentication. */
import type { Browser } from "../../browser/browser.ts"
import type { LawText } from "../law.ts"
import { must } from "../law-broken.ts"
import type { LawClock, LawLifetime } from "../law-parts.ts"
import type { LawRun } from "../law-run.ts"
import { browserWith, keyOf, loggedIn, userOf, userOfKey } from "../law-site.ts"

const started = async (run: LawRun): Promise<{ clock: LawClock; lifetime: LawLifetime } | undefined> => {
  const { clock, lifetime } = run.site
  await lifetime?.start?.()
  return clock === undefined || lifetime === undefined ? undefined : { clock, lifetime }
}

export const idle: LawText = {
  id: "an-idle-session-ends",
  title: "a session that no request uses for the idle lifetime has ended at that instant, and not before",
  why: "A browser that was left open, or a cookie that an attacker keeps for later, must not act as the user.",
  needs: ["clock", "lifetime"],
  finds: ["a site whose idle lifetime is longer than it says", "a site that never ends idle sessions"],
  holds: async (run) => {
    const { site } = run
    for (const [passed, user] of [
      [-1, site.users[0].username],
      [0, undefined],
      [1, undefined]
    ] as const)
      await run.situation(`${passed} ms after the idle lifetime`, async () => {
        const { clock, lifetime } = (await started(run)) ?? {}
        if (clock === undefined || lifetime === undefined) return
        const key = keyOf(site, await loggedIn(site, site.users[0]))
        clock.advance({ milliseconds: lifetime.idleSeconds * 1000 + passed })
        must(
          (await userOfKey(site, key)) === user,
          () => `the session acts ${user === undefined ? "as" : "not as"} its user`
        )
      })
  }
}

export const absolute: LawText = {
  id: "a-session-ends-after-its-login",
  title: "a session ends the absolute lifetime after its login, at that instant, and nothing but a login changes that",
  why: "A session in use must end too: an attacker who has a cookie would otherwise keep it alive without end.",
  needs: ["clock", "lifetime", "pages.write", "pages.cycle", "pages.expire"],
  finds: ["a site whose absolute lifetime is longer than it says", "a site that counts the lifetime from each write"],
  holds: async (run) => {
    const { site } = run
    const { cycle, expire, write } = site.pages
    for (const [passed, user] of [
      [-1, site.users[0].username],
      [0, undefined],
      [1, undefined]
    ] as const)
      await run.situation(`${passed} ms after the absolute lifetime`, async () => {
        const { clock, lifetime } = (await started(run)) ?? {}
        if (clock === undefined || lifetime === undefined) return
        const browser = await loggedIn(site, site.users[0])
        const end = clock.now() + lifetime.absoluteSeconds * 1000
        const step = Math.floor((lifetime.idleSeconds * 1000) / 2)
        for (let turn = 0; clock.now() + step < end; turn++) {
          clock.advance({ milliseconds: step })
          if (turn % 3 === 0) await write?.(browser, "a", turn)
          if (turn % 3 === 1) await cycle?.(browser)
          if (turn % 3 === 2) await expire?.(browser, lifetime.absoluteSeconds)
          const cookieEnd = browser.cookies.find(({ name }) => name === site.cookie)?.expiresAt
          must(cookieEnd === undefined || cookieEnd <= end, () => "the cookie lasts longer than the session")
        }
        const key = keyOf(site, browser)
        clock.advance({ milliseconds: end + passed - clock.now() })
        must(
          (await userOfKey(site, key)) === user,
          () => `the session acts ${user === undefined ? "as" : "not as"} its user`
        )
      })
  }
}

export const recordedOnce: LawText = {
  id: "a-use-is-recorded-once-per-interval",
  title: "a page that only reads a session keeps it from becoming idle, with at most one write per interval",
  why: "Users who read must stay logged in. But a write for every page costs much, and a late one must not undo a logout.",
  needs: ["clock", "lifetime"],
  finds: [
    "a site that records uses less often than it says",
    "a site that records uses more often than it says",
    "an Update inserts a row that is gone"
  ],
  holds: async (run) => {
    const { site } = run
    const { logout, visit, write } = site.pages
    const [alice] = site.users
    // Then each visit writes the session in any case.
    if (site.clock?.isExtendedByVisits === true) return
    const isSet = ({ headers }: Response) =>
      headers.getSetCookie().some((line) => line.startsWith(`${site.cookie}=`) && !line.startsWith(`${site.cookie}=;`))
    await run.situation("a page is read before the interval is over", async () => {
      const { clock, lifetime } = (await started(run)) ?? {}
      if (clock === undefined || lifetime === undefined) return
      const browser = await loggedIn(site, alice)
      clock.advance({ milliseconds: lifetime.renewalSeconds * 1000 - 1 })
      must(!isSet(await visit(browser)), () => "a use was recorded before the interval was over")
      clock.advance({ milliseconds: 1 })
      must(isSet(await visit(browser)), () => "no use was recorded although the interval was over")
      must(!isSet(await visit(browser)), () => "a use was recorded twice in one interval")
    })
    await run.situation("pages are read for longer than the idle lifetime", async () => {
      const { clock, lifetime } = (await started(run)) ?? {}
      if (clock === undefined || lifetime === undefined) return
      const key = keyOf(site, await loggedIn(site, alice))
      const step = Math.floor(lifetime.idleSeconds * 600)
      for (let visit = 1; visit <= 3 && (visit + 1) * step < lifetime.absoluteSeconds * 1000; visit++) {
        clock.advance({ milliseconds: step })
        must((await userOfKey(site, key)) === alice.username, () => `the session is over at visit ${visit}`)
      }
    })
    for (const [name, beside] of [
      ["a page is read in another tab", visit],
      ["a tab writes", (tab: ReturnType<typeof site.browser>) => (write ?? visit)(tab, "a", 1)]
    ] as const)
      await run.everyOrder(`a page is read after the interval, and ${name}`, async () => {
        const { clock, lifetime } = (await started(run)) ?? {}
        const browser = await loggedIn(site, alice)
        const [tab, key] = [browser.copy(), keyOf(site, browser)]
        clock?.advance({ seconds: lifetime?.renewalSeconds ?? 0 })
        return {
          requests: [() => visit(browser), () => beside(tab)],
          check: async (responses) => {
            const count = responses.filter((one) => one !== undefined && isSet(one)).length
            must(count > 0, () => "no use was recorded")
            must(beside !== visit || count === 1, () => "one use was recorded twice")
            const seconds = lifetime?.idleSeconds ?? 0
            clock?.advance({ milliseconds: seconds * 1000 - 1 })
            must((await userOfKey(site, key)) === alice.username, () => "the session is over before it is idle")
          }
        }
      })
    await run.everyOrder("a page is read after the interval, and a tab logs out", async () => {
      const { clock, lifetime } = (await started(run)) ?? {}
      const browser = await loggedIn(site, alice)
      const [tab, key] = [browser.copy(), keyOf(site, browser)]
      clock?.advance({ seconds: lifetime?.renewalSeconds ?? 0 })
      return {
        requests: [() => visit(browser), () => logout(tab)],
        check: async ([response]) => {
          must(response !== undefined && response.status < 400, () => `the page answers ${response?.status}`)
          must((await userOfKey(site, key)) === undefined, () => "the session is back after the logout")
        }
      }
    })
  }
}

export const renewedLifetimes: LawText = {
  id: "a-login-starts-the-lifetimes-again",
  title:
    "a login of the session's own user, or a proof of the password, starts both lifetimes again, with every other request of the session at the same time",
  why: "A user who has just entered the password must not be logged out soon after it, because of a login of long ago.",
  needs: ["clock", "lifetime", "pages.reauthenticate"],
  finds: ["a site that keeps the time of the first login", "a site whose proof starts no lifetime again"],
  holds: async (run) => {
    const { site } = run
    const { login, reauthenticate, visit, write } = site.pages
    if (reauthenticate === undefined) return
    const [alice] = site.users
    /** A session in use whose absolute lifetime is over in a second, which its cookie lasts. */
    const nearlyOver = async () => {
      const { clock, lifetime } = (await started(run)) ?? {}
      if (clock === undefined || lifetime === undefined) throw new Error("the law needs a clock and lifetimes")
      const browser = await loggedIn(site, alice)
      const end = clock.now() + lifetime.absoluteSeconds * 1000
      const step = Math.floor((lifetime.idleSeconds * 1000) / 2)
      const useUntil = async (instant: number, use: () => Promise<unknown>) => {
        for (; clock.now() + step < instant; await use()) clock.advance({ milliseconds: step })
        clock.advance({ milliseconds: instant - clock.now() })
      }
      await useUntil(end - 1000, () => visit(browser))
      const lasts = async () => {
        const key = keyOf(site, browser)
        const isAlice = async () => (await userOfKey(site, key)) === alice.username
        const again = clock.now() + lifetime.absoluteSeconds * 1000
        clock.advance({ milliseconds: lifetime.idleSeconds * 1000 - 1 })
        must(await isAlice(), () => "the session is over before it is idle")
        await useUntil(again - 1, isAlice)
        must(await isAlice(), () => "the session ends by the login of before")
        clock.advance({ milliseconds: 1 })
        must(!(await isAlice()), () => "the session goes on after its lifetime")
      }
      return { browser, lasts }
    }
    const renewals = {
      "a login": (browser: Browser) => login(browser, alice),
      "a proof": (browser: Browser) => reauthenticate(browser, alice.password)
    }
    const others = {
      "a page is read": visit,
      ...(write === undefined ? {} : { "a tab writes": (tab: Browser) => write(tab, "a", 1) })
    }
    for (const [name, renew] of Object.entries(renewals)) {
      await run.situation(`${name} before the end`, async () => {
        const { browser, lasts } = await nearlyOver()
        const { status } = await renew(browser)
        must(status < 400, () => `${name} is answered ${status}`)
        await lasts()
      })
      for (const [beside, request] of Object.entries(others))
        await run.everyOrder(`${name} before the end, and ${beside}`, async () => {
          const { browser, lasts } = await nearlyOver()
          const tab = browser.copy()
          return {
            requests: [() => renew(browser), () => request(tab)],
            check: async ([answer]: ReadonlyArray<Response>) => {
              must(answer !== undefined && answer.status < 400, () => `${name} is answered ${answer?.status}`)
              await lasts()
            }
          }
        })
    }
  }
}

export const ownProof: LawText = {
  id: "a-proof-is-for-one-session",
  title: "a page that needs a recent login opens only for a session whose own user has proved it in time",
  why: "A proof must not open the page for another session, for a copy of the cookie from before, or after a logout.",
  needs: ["clock", "lifetime", "pages.reauthenticate", "pages.recent"],
  finds: ["a site that does not check the proof", "a site whose proof is for every session of the user"],
  holds: async (run) => {
    const { site } = run
    const { logout, reauthenticate, recent } = site.pages
    if (reauthenticate === undefined || recent === undefined) return
    const [alice, bob] = site.users
    const opens = async (browser: ReturnType<typeof site.browser>) => (await recent(browser)).status < 300
    await run.situation("a proof with the right and with a wrong password", async () => {
      const { clock, lifetime } = (await started(run)) ?? {}
      if (clock === undefined || lifetime === undefined) return
      const browser = await loggedIn(site, alice)
      must(await opens(browser), () => "the page is closed after a login")
      clock.advance({ seconds: lifetime.recentSeconds })
      must(!(await opens(browser)), () => "the page is open, and the login too long ago")
      await reauthenticate(browser, bob.password)
      must(!(await opens(browser)), () => "the page is open after a wrong password")
      const [other, copy] = [await loggedIn(site, alice), browserWith(site, keyOf(site, browser))]
      clock.advance({ seconds: lifetime.recentSeconds })
      await reauthenticate(browser, alice.password)
      must(await opens(browser), () => "the page is closed after the right password")
      must(!(await opens(copy)), () => "the page is open for a copy of the cookie from before the proof")
      must(!(await opens(other)), () => "the page is open for another session of the user")
      must((await userOf(site, other)) === alice.username, () => "the other session has ended")
      await logout(browser)
      must(!(await opens(browser)), () => "the page is open after a logout")
      await reauthenticate(browser, alice.password)
      must(!(await opens(browser)), () => "an anonymous visitor has proved to be the user")
    })
    const { identities, sharedTable } = site
    if (sharedTable !== undefined && identities !== undefined)
      await run.situation("a login that another program has stored", async () => {
        await started(run)
        const own = await loggedIn(site, bob)
        const stored: object = JSON.parse((await sharedTable.read(keyOf(site, own) ?? "")) ?? "{}")
        await loggedIn(site, alice)
        const identity = identities().at(-1) ?? {}
        for (const data of [identity, { ...stored, ...identity }]) {
          const browser = browserWith(site, await sharedTable.store(JSON.stringify(data)))
          must((await userOf(site, browser)) === alice.username, () => "the session does not act as its user")
          must(!(await opens(browser)), () => "the page is open for a user who has not proved it here")
        }
      })
    await run.everyOrder("a proof beside a logout", async () => {
      await started(run)
      const browser = await loggedIn(site, alice)
      const tab = browser.copy()
      site.clock?.advance({ seconds: site.lifetime?.recentSeconds ?? 0 })
      return {
        requests: [async () => reauthenticate(tab, alice.password), async () => logout(browser)],
        check: async () => {
          must(!(await opens(browser)), () => "the page is open in the browser that has logged out")
          must(!(await opens(tab)), () => "the proof has kept the session, although it was logged out")
        }
      }
    })
  }
}
