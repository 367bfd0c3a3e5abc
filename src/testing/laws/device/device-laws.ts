/** Laws about sessions that are bound to a device: what a proof is, and what a copy of the cookies can do. */
import type { Browser } from "../../browser/browser.ts"
import type { LawText } from "../law.ts"
import { must } from "../law-broken.ts"
import { dataOf, userOf } from "../law-site.ts"
import {
  afterGrace,
  bound,
  challengeFor,
  changesOf,
  deviceSiteOf,
  gives,
  leewaySeconds,
  navigated,
  otherSite,
  proof,
  proofByAnotherKey,
  registrationOfAnotherKey,
  touches,
  wrongMessages
} from "./device-scenes.ts"

export const onlyTheKey: LawText = {
  id: "no-short-cookie-without-the-key",
  title: "only a proof by the key of a session gives a short cookie for it",
  why: "An attacker who copied the cookies of a session must not be able to go on with them.",
  needs: ["deviceBound", "clock"],
  finds: ["a site that renews a device-bound session after any proof"],
  holds: async (run) => {
    const on = deviceSiteOf(run)
    const { cookie } = on.device
    await run.situation("messages without the right proof", async () => {
      const owner = await bound(on)
      const other = await bound(on, 1)
      for (const [name, send] of Object.entries(wrongMessages(on, owner)))
        must(!gives(await send(owner.browser), cookie), () => `${name} gives a short cookie`)
      const challenge = await challengeFor(on, owner.browser, owner.id)
      const forOther = await proof(on, other.browser, owner.id, owner.key.prove(challenge))
      must(!gives(forOther, cookie), () => "a proof for one session gives a short cookie for another one")
    })
    const foreign = {
      "a proof by another key": proofByAnotherKey,
      "a registration of another key": registrationOfAnotherKey
    }
    for (const [name, send] of Object.entries(foreign))
      await run.everyOrder(`${name} beside a refresh`, async () => {
        const owner = await bound(on)
        const thief = owner.browser.copy()
        owner.browser.deleteShortCookies()
        return {
          requests: [() => on.site.pages.visit(owner.browser), () => send(on, owner, thief)],
          check: async ([, answer]: ReadonlyArray<Response>) =>
            must(answer !== undefined && !gives(answer, cookie), () => `${name} gives a short cookie`)
        }
      })
  }
}

export const wrongProofChangesNothing: LawText = {
  id: "a-wrong-proof-changes-no-binding",
  title: "a message without the right proof neither ends a device-bound session nor binds it to another key",
  why: "Otherwise an attacker with a copy of the cookies could log the user out, or bind the session to another key.",
  needs: ["deviceBound", "clock"],
  finds: ["a site that ends a device-bound session after a wrong proof"],
  holds: async (run) => {
    const on = deviceSiteOf(run)
    const { device, site } = on
    await run.situation("messages without the right proof", async () => {
      const owner = await bound(on)
      afterGrace(on)
      for (const [name, send] of Object.entries(wrongMessages(on, owner))) {
        const answer = await send(owner.browser)
        must(answer.status < 500, () => `${name} is answered ${answer.status}`)
        must(!touches(answer, site.cookie), () => `${name} changes the session cookie`)
        const right = owner.key.prove(await challengeFor(on, owner.browser, owner.id))
        const renewed = await proof(on, owner.browser, owner.id, right)
        must(gives(renewed, device.cookie), () => `after ${name} the right proof is answered ${renewed.status}`)
      }
      must((await userOf(site, owner.browser)) === site.users[0].username, () => "the user is logged out")
    })
  }
}

export const copiedJarDies: LawText = {
  id: "a-copied-jar-dies",
  title: "a copy of the cookies shows neither user nor data after its short cookie has expired",
  why: "An attacker who copied the cookies, by malware or from a log, must lose the session within minutes.",
  needs: ["deviceBound", "clock"],
  finds: ["a site that only observes device-bound sessions"],
  holds: async (run) => {
    const on = deviceSiteOf(run)
    const { clock, device, site } = on
    const { write } = site.pages
    const changes = {
      ...changesOf(on),
      "another login": (browser: Browser) => site.pages.login(browser, site.users[0])
    }
    for (const [name, change] of Object.entries(changes))
      await run.situation(`the copy after ${name} of the owner`, async () => {
        const { browser } = await bound(on)
        await write?.(browser, "written", 1)
        const thief = browser.copy()
        const short = thief.cookie(device.cookie)
        clock.advance({ seconds: device.cookieSeconds + leewaySeconds + 2 })
        // A thief keeps a cookie longer than a browser does.
        thief.store([`${device.cookie}=${short}; Path=/; Secure`])
        await change(browser)
        await browser.settled()
        must((await userOf(site, thief)) === undefined, () => "the copy acts as the user")
        must(!("written" in (await dataOf(site, thief))), () => "the copy shows the data of the session")
        await write?.(thief, "stolen", 1)
        must(!("stolen" in (await dataOf(site, browser))), () => "the copy writes into the session")
      })
  }
}

export const ownerGoesOn: LawText = {
  id: "the-owner-of-the-key-stays-logged-in",
  title: "a browser that has the key of its session stays logged in, with every other request of it at the same time",
  why: "Browsers register beside the page after a login, refresh beside other requests, and do not refresh for links on other sites: each of these has logged users out.",
  needs: ["deviceBound", "clock"],
  finds: [
    "a site that answers 404 to a proof for a session that has moved",
    "a site that does not heal links from other sites",
    "a site that offers a registration only at the login"
  ],
  holds: async (run) => {
    const on = deviceSiteOf(run)
    const { clock, device, site } = on
    const [alice] = site.users
    const isAlice = async (response: Response) =>
      response.status < 400 && (await site.user(response)) === alice.username
    await run.everyOrder("a registration beside the page after the login", () => {
      const browser = device.browser()
      const request = async () => {
        await site.pages.login(browser, alice)
        const page = await site.pages.visit(browser)
        await browser.settled()
        return page
      }
      return {
        requests: [request],
        check: async ([page]: ReadonlyArray<Response>) => {
          must(page !== undefined && (await isAlice(page)), () => "the page after the login shows no user")
          must((await userOf(site, browser)) === alice.username, () => "the user is logged out")
        }
      }
    })
    await run.situation("a registration that ends before the page after the login is judged", async () => {
      const browser = device.browser()
      await site.pages.login(browser, alice)
      const page = browser.copy()
      await browser.settled()
      must(browser.boundSessions.length === 1, () => "the login binds no session")
      must((await userOf(site, page)) === alice.username, () => "the page after the login shows no user")
    })
    for (const [name, change] of Object.entries(changesOf(on)))
      await run.everyOrder(`a registration beside ${name}`, () => {
        const browser = device.browser()
        const request = async () => {
          await site.pages.login(browser, alice)
          const answer = await change(browser)
          await browser.settled()
          return answer
        }
        return {
          requests: [request],
          check: async () => {
            must(browser.boundSessions.length === 1, () => `the session is not bound: ${said(browser.exchanges)}`)
            afterGrace(on)
            browser.deleteShortCookies()
            must((await userOf(site, browser)) === alice.username, () => "the user is logged out")
          }
        }
      })
    for (const [name, change] of Object.entries(changesOf(on)))
      await run.everyOrder(`a refresh ahead of time beside ${name}`, async () => {
        const { browser } = await bound(on)
        clock.advance({ seconds: device.cookieSeconds - 60 })
        const request = async () => {
          const answer = await change(browser)
          await browser.settled()
          return answer
        }
        return {
          requests: [request],
          check: async () => {
            must(browser.boundSessions.length === 1, () => "the browser has ended the bound session")
            browser.deleteShortCookies()
            must((await userOf(site, browser)) === alice.username, () => "the user is logged out")
          }
        }
      })
    await run.situation("a link on another site, without a short cookie", async () => {
      const { browser } = await bound(on)
      afterGrace(on)
      browser.deleteShortCookies()
      must(await isAlice(await navigated(on, browser, otherSite)), () => "the page shows no user")
    })
  }
}

const said = (exchanges: ReadonlyArray<object>): string => JSON.stringify(exchanges)
