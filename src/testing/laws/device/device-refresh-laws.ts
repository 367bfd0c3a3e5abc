/** Laws about the refreshes of sessions that are bound to a device. */

import type { LawText } from "../law.ts"
import { must } from "../law-broken.ts"
import { keyOf, userOf } from "../law-site.ts"
import { newPassword } from "../parallel-requests.ts"
import {
  afterGrace,
  bound,
  challengeFor,
  changesOf,
  type DeviceSite,
  deviceSiteOf,
  gives,
  leewaySeconds,
  message,
  otherSite,
  proof,
  refreshPath,
  touches
} from "./device-scenes.ts"

export const outageEndsNothing: LawText = {
  id: "an-outage-ends-no-binding",
  title: "while the store is unavailable, no device-bound session ends and no cookie changes",
  why: "A browser ends the bound session at an answer such as 404: a short outage would log every user out.",
  needs: ["deviceBound", "clock", "network"],
  finds: ["a site that answers 404 to a proof during an outage"],
  holds: async (run) => {
    const on = deviceSiteOf(run)
    const { clock, device, site } = on
    for (const fault of ["refused", "acknowledgementLost"] as const)
      await run.situation(`every call to the store is ${fault}`, async () => {
        const { browser } = await bound(on)
        clock.advance({ seconds: device.cookieSeconds + 1 })
        const before = keyOf(site, browser)
        site.network?.fail("all", fault)
        const { status } = await site.pages.visit(browser)
        site.network?.heal()
        must(status >= 500, () => `the page is answered ${status}`)
        must(keyOf(site, browser) === before, () => "the session cookie has changed")
        must(browser.boundSessions.length === 1, () => `the bound session has ended: ${said(browser.exchanges)}`)
        const user = await userOf(site, browser)
        must(user === site.users[0].username, () => "afterwards the user is logged out")
      })
  }
}

const said = (exchanges: ReadonlyArray<object>): string => JSON.stringify(exchanges)

export const refreshChangesNoRow: LawText = {
  id: "a-refresh-changes-no-session",
  title: "a refresh neither extends a session nor sets its cookie",
  why: "A browser refreshes by itself, so a session would last as long as its page is open.",
  needs: ["deviceBound", "clock"],
  finds: ["a site whose refreshes set the session cookie"],
  holds: async (run) => {
    const on = deviceSiteOf(run)
    const { clock, site } = on
    await run.situation("refreshes until the session expires", async () => {
      const { browser, id, key } = await bound(on)
      for (const part of [0.25, 0.5, 0.2]) {
        clock.advance({ seconds: Math.floor(clock.sessionSeconds * part) })
        const answer = await proof(on, browser, id, key.prove(await challengeFor(on, browser, id)))
        must(gives(answer, on.device.cookie), () => `the refresh is answered ${answer.status}`)
        must(!touches(answer, site.cookie), () => "the refresh sets or deletes the session cookie")
      }
      clock.advance({ seconds: Math.ceil(clock.sessionSeconds * 0.05) + 2 })
      must((await userOf(site, browser)) === undefined, () => "the session has not expired")
    })
  }
}

export const shortCookieOutlives: LawText = {
  id: "a-site-accepts-a-short-cookie-as-long-as-browsers-keep-it",
  title: "a site accepts a short cookie for a minute longer than the browser keeps it, and challenges for five minutes",
  why: "A browser never refreshes while it has a short cookie: if the site no longer accepts it, the user is locked out.",
  needs: ["deviceBound", "clock"],
  finds: ["a site whose short cookies stay in browsers for longer"],
  holds: async (run) => {
    const on = deviceSiteOf(run)
    const { clock, device, site } = on
    const [alice] = site.users
    await run.situation("a short cookie that the browser keeps", async () => {
      const { browser } = await bound(on)
      const ends = browser.cookies.find(({ name }) => name === device.cookie)?.expiresAt ?? Number.NaN
      const cookies = browser.header
      clock.advance({ milliseconds: Math.max(0, ends - clock.now()) + (leewaySeconds - 1) * 1000 })
      // A server whose clock is a minute ahead gets the cookies that the browser has just before they expire.
      const page = await site.browser().fetch(device.handler, "/", { headers: { cookie: cookies } })
      must(page.status < 400 && (await site.user(page)) === alice.username, () => "the short cookie is not accepted")
    })
    await run.situation("a challenge of almost five minutes ago", async () => {
      const { browser, id, key } = await bound(on)
      const challenge = await challengeFor(on, browser, id)
      clock.advance({ seconds: 299 })
      const answer = await proof(on, browser, id, key.prove(challenge))
      must(gives(answer, device.cookie), () => `the proof is answered ${answer.status}`)
    })
  }
}

export const observingChangesNothing: LawText = {
  id: "observing-changes-no-answer",
  title: "a site that only observes answers with and without a proof as a site that binds no sessions",
  why: "A site observes first, to see how many users would be logged out: until then no user must notice.",
  needs: ["deviceBound", "clock"],
  finds: [
    "a site that enforces device-bound sessions although it is told to observe",
    "a site that adds a header to its answers while it observes"
  ],
  holds: async (run) => {
    const on = deviceSiteOf(run)
    const { device, site } = on
    const { cycle, write } = site.pages
    const pages = {
      visit: site.pages.visit,
      ...(write === undefined ? {} : { write: (browser: Parameters<typeof write>[0]) => write(browser, "written", 1) }),
      ...(cycle === undefined ? {} : { cycle })
    }
    for (const [name, page] of Object.entries(pages))
      await run.situation(name, async () => {
        device.observe()
        const { browser } = await bound(on)
        const without = site.browser()
        without.store([`${site.cookie}=${keyOf(site, browser)}; Path=/; Secure`])
        afterGrace(on)
        const [unproven, proven] = [await page(without), await page(browser)]
        if (name === "cycle") return must(gives(unproven, site.cookie), () => "the session gets no new key")
        const [one, other] = [await told(unproven, device.cookie), await told(proven, device.cookie)]
        must(one === other, () => `with a proof the answer is ${other}, without it ${one}`)
      })
    const { off } = device
    if (off !== undefined)
      await run.situation("the same requests to a site that binds no sessions", async () => {
        device.observe()
        const observed = await answersOf(on)
        await site.reset()
        off()
        const plain = await answersOf(on)
        for (const [at, answer] of plain.entries())
          must(answer === observed[at], () => `without device-bound sessions: ${answer}; observed: ${observed[at]}`)
      })
  }
}

/** The answers to the requests of a browser that binds its session, and of one with a copy of the session cookie. */
const answersOf = async (on: DeviceSite): Promise<ReadonlyArray<string>> => {
  const { device, site } = on
  const [alice, bob] = site.users
  const answers: Array<string> = []
  const browser = device.browser()
  const send = async (name: string, page: Promise<Response>): Promise<void> => {
    // Session keys and CSRF tokens are random values.
    answers.push(`${name} ${(await told(await page, device.cookie)).replace(/\b[A-Za-z0-9]{32,64}\b/g, "…")}`)
    await browser.settled()
  }
  const { pages } = site
  await send("a visit", pages.visit(browser))
  await send("a login", pages.login(browser, alice))
  await send("a login of the same user", pages.login(browser, alice))
  afterGrace(on)
  const copy = site.browser()
  copy.store([`${site.cookie}=${keyOf(site, browser)}; Path=/; Secure`])
  for (const [of, sender] of Object.entries({ browser, copy })) {
    if (pages.write !== undefined) await send(`a write (${of})`, pages.write(sender, "written", 1))
    await send(`a link on another site (${of})`, sender.fetch(device.handler, "/", { from: otherSite }))
    await send(`a visit (${of})`, pages.visit(sender))
  }
  for (const [name, change] of Object.entries(changesOf(on))) await send(name, change(browser))
  await send("a login of another user", pages.login(browser, bob))
  await send("a logout", pages.logout(browser))
  await send("a visit after it", pages.visit(browser))
  return answers
}

/** A response as text, without what belongs to device-bound sessions. */
const told = async (response: Response, cookie: string): Promise<string> => {
  const headers = [...response.headers].filter(
    ([name, value]) => !name.startsWith("secure-session-") && !(name === "set-cookie" && value.startsWith(`${cookie}=`))
  )
  return JSON.stringify([response.status, headers, await response.text()])
}

export const otherChallenges: LawText = {
  id: "a-challenge-is-for-one-session-and-one-purpose",
  title: "a proof over an old challenge, or over that of another session, is answered with a new challenge",
  why: "A recorded proof must not be used again, and a browser that was slow must not lose its session.",
  needs: ["deviceBound", "clock"],
  finds: ["a site that answers 401 to a proof over an old challenge"],
  holds: async (run) => {
    const on = deviceSiteOf(run)
    const { clock, device } = on
    await run.situation("proofs over other challenges", async () => {
      const owner = await bound(on)
      const other = await bound(on, 1)
      const old = await challengeFor(on, owner.browser, owner.id)
      clock.advance({ seconds: 302 })
      const challenges = {
        "an old challenge": old,
        "a challenge of another session": await challengeFor(on, other.browser, other.id),
        "an invented challenge": `refresh.${owner.id}.0.x`,
        "no challenge": ""
      }
      for (const [name, challenge] of Object.entries(challenges)) {
        const answer = await proof(on, owner.browser, owner.id, owner.key.prove(challenge))
        must(!gives(answer, device.cookie), () => `a proof over ${name} gives a short cookie`)
        const isChallenged = answer.status === 403 && answer.headers.has("secure-session-challenge")
        must(isChallenged, () => `a proof over ${name} is answered ${answer.status}`)
      }
    })
  }
}

export const endedEverywhere: LawText = {
  id: "an-ended-session-ends-in-its-browser",
  title: "a bound session that has ended on the site ends in its browser at the next two refreshes",
  why: "Otherwise the browser holds each request for a session that does not come back.",
  needs: ["deviceBound", "clock"],
  finds: ["a site that answers 503 to refreshes without a session cookie"],
  holds: async (run) => {
    const on = deviceSiteOf(run)
    const { clock, device, site } = on
    await run.situation("a logout with a copy of the cookies", async () => {
      const { browser } = await bound(on)
      await site.pages.logout(browser.copy())
      browser.deleteShortCookies()
      await site.pages.visit(browser)
      await site.pages.visit(browser)
      const { exchanges } = browser
      must(browser.boundSessions.length === 0, () => `the bound session goes on: ${said(exchanges)}`)
    })
    const { passwords } = site
    if (passwords !== undefined)
      await run.situation("a password that was changed elsewhere", async () => {
        const { browser } = await bound(on)
        clock.advance({ seconds: device.cookieSeconds + leewaySeconds + 1 })
        await passwords.set(site.users[0], newPassword)
        await site.pages.visit(browser)
        must((await userOf(site, browser)) === undefined, () => "the session goes on")
        await site.pages.visit(browser)
        const { exchanges } = browser
        must(browser.boundSessions.length === 0, () => `the bound session goes on: ${said(exchanges)}`)
      })
    await run.situation("a logout of the browser", async () => {
      const { browser, id } = await bound(on)
      await site.pages.logout(browser)
      must(browser.cookie(device.cookie) === undefined, () => "the short cookie is still there")
      const { status } = await message(on, browser, refreshPath, { "sec-secure-session-id": id })
      must(status >= 400 && status < 500 && status !== 403, () => `a refresh is answered ${status}`)
    })
  }
}
