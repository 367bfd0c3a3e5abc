/** Laws about sessions that are bound to a device: what a proof is, and what a copy of the cookies can do. */
import type { Browser } from "../../browser/browser.ts"
import { makeDeviceKey } from "../../browser/device-key.ts"
import type { LawText } from "../law.ts"
import { must } from "../law-broken.ts"
import type { LawPages } from "../law-pages.ts"
import { dataOf, keyOf, userOf } from "../law-site.ts"
import {
  afterGrace,
  bound,
  challengeFor,
  changesOf,
  deviceSiteOf,
  gives,
  leewaySeconds,
  offered,
  proof,
  proofByAnotherKey,
  registered,
  registration,
  registrationOfAnotherKey,
  renewal,
  said,
  touches,
  wrongMessages
} from "./device-scenes.ts"

export const onlyTheKey: LawText = {
  id: "no-short-cookie-without-the-key",
  title: "only a proof by the key of a session gives a short cookie for it",
  why: "An attacker who copied the cookies of a session must not be able to go on with them.",
  needs: ["deviceBound", "clock"],
  finds: [
    "a site that renews a device-bound session after any proof",
    "a site that accepts the short cookie of another session"
  ],
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
    await run.situation("the short cookie of another session", async () => {
      const owner = await bound(on)
      const other = await bound(on, 1)
      afterGrace(on)
      const thief = on.site.browser()
      const [session, short] = [keyOf(on.site, owner.browser), other.browser.cookie(cookie)]
      thief.store([`${on.site.cookie}=${session}; Path=/; Secure`, `${cookie}=${short}; Path=/; Secure`])
      must((await userOf(on.site, thief)) === undefined, () => "the short cookie of one session proves another one")
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
    // Makes the names only. The scenes make the messages.
    for (const name of Object.keys(wrongMessages(on, { browser: device.browser(), id: "", key: makeDeviceKey("") })))
      await run.everyOrder(`${name} beside a refresh`, async () => {
        const owner = await bound(on)
        const { browser } = owner
        afterGrace(on)
        const thief = browser.copy()
        browser.deleteShortCookies()
        return {
          requests: [() => wrongMessages(on, owner)[name]?.(thief), () => site.pages.visit(browser)],
          check: async () => {
            must(browser.boundSessions.length === 1, () => `the bound session has ended: ${said(browser)}`)
            must((await userOf(site, browser)) === site.users[0].username, () => "the user is logged out")
            must(gives(await renewal(on, owner, browser), device.cookie), () => "the key of the session is refused")
          }
        }
      })
  }
}

export const oneDevice: LawText = {
  id: "one-device-registers-for-a-login",
  title: "one device registers for a login, soon after it, and no registration brings back a session that has ended",
  why: "An attacker who copied the cookies must not bind the session to a device of their own.",
  needs: ["deviceBound", "clock"],
  finds: ["a site that accepts every registration"],
  holds: async (run) => {
    const on = deviceSiteOf(run)
    const { device, site } = on
    const [own, other] = [makeDeviceKey("of the owner"), makeDeviceKey("of an attacker")]
    await run.situation("a second registration with the challenge of the first one", async () => {
      const session = await offered(on)
      if (session === undefined) return
      const { browser, challenge } = session
      const id = await registered(on, session, own)
      const second = await registration(on, browser, other.register(challenge))
      must(!gives(second, device.cookie), () => "a second device registers")
      const foreign = await renewal(on, { id, key: other }, browser)
      must(!gives(foreign, device.cookie), () => "the session is bound to the second device")
      must(gives(await renewal(on, { id, key: own }, browser), device.cookie), () => "the first device is refused")
    })
    await run.situation("a registration long after the login", async () => {
      const session = await offered(on)
      if (session === undefined) return
      afterGrace(on)
      const late = await registration(on, session.browser, other.register(session.challenge))
      must(!gives(late, device.cookie), () => "a device registers long after the login")
    })
    await run.everyOrder("two registrations", async () => {
      const session = await offered(on)
      const keys = [own, other]
      return {
        requests: keys.map((key) => async () => {
          if (session === undefined) return false
          return gives(await registration(on, session.browser, key.register(session.challenge)), device.cookie)
        }),
        check: async (hasRegistered) => {
          if (session === undefined) return
          must(hasRegistered.filter(Boolean).length === 1, () => `${hasRegistered} of two devices have registered`)
        }
      }
    })
    await run.everyOrder("a registration beside a logout", async () => {
      const session = await offered(on)
      const browser = session?.browser ?? site.browser()
      const copy = browser.copy()
      return {
        requests: [
          () => registration(on, copy, own.register(session?.challenge ?? "")),
          () => site.pages.logout(browser)
        ],
        check: async ([answer]) => {
          copy.store(answer.headers.getSetCookie())
          must((await userOf(site, copy)) === undefined, () => "the session goes on after the logout")
        }
      }
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
    const thefts = { "a visit": site.pages.visit, ...(write === undefined ? {} : { "a write": stealing(write) }) }
    for (const [theft, steal] of Object.entries(thefts))
      for (const [name, change] of Object.entries(changes))
        await run.everyOrder(`${theft} with the copy beside ${name} of the owner`, async () => {
          const { browser } = await bound(on)
          const thief = site.browser()
          thief.store([`${site.cookie}=${keyOf(site, browser)}; Path=/; Secure`])
          afterGrace(on)
          return {
            requests: [() => steal(thief), () => change(browser)],
            check: async ([page]) => {
              const user = page.status < 400 && theft === "a visit" ? await site.user(page) : undefined
              must(user === undefined, () => "the copy acts as the user")
              must(!("stolen" in (await dataOf(site, browser))), () => "the copy writes into the session")
              must((await userOf(site, browser)) === site.users[0].username, () => "the owner is logged out")
            }
          }
        })
  }
}

const stealing =
  (write: NonNullable<LawPages["write"]>) =>
  (browser: Browser): Promise<Response> =>
    write(browser, "stolen", 1)
