/** Laws about the refreshes of sessions that are bound to a device. */
import { makeDeviceKey } from "../../browser/device-key.ts"

import type { LawText } from "../law.ts"
import { must } from "../law-broken.ts"
import { keyOf, userOf } from "../law-site.ts"
import {
  type BoundBrowser,
  bound,
  challengeFor,
  changesOf,
  type DeviceSite,
  deviceSiteOf,
  gives,
  keptBy,
  leewaySeconds,
  offered,
  proof,
  registered,
  registration,
  renewal,
  said,
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
        must(browser.boundSessions.length === 1, () => `the bound session has ended: ${said(browser)}`)
        const user = await userOf(site, browser)
        must(user === site.users[0].username, () => "afterwards the user is logged out")
      })
    for (const [fault, isHeld] of [
      ["refused", true],
      ["refused", false],
      ["acknowledgementLost", true],
      ["acknowledgementLost", false]
    ] as const)
      await run.everyOrder(
        `every call to the store is ${fault} for some time, beside ${isHeld ? "a held page" : "a refresh ahead of time"}`,
        async () => {
          const { browser } = await bound(on)
          clock.advance({ seconds: isHeld ? device.cookieSeconds + 1 : device.cookieSeconds - 60 })
          const before = keyOf(site, browser)
          return {
            requests: [
              async () => {
                const page = await site.pages.visit(browser)
                await browser.settled()
                return page
              },
              async () => {
                await site.gate?.turn("the outage begins")
                site.network?.fail("all", fault)
              },
              async () => {
                await site.gate?.turn("the outage ends")
                site.network?.heal()
              }
            ],
            check: async ([page]) => {
              site.network?.heal()
              const user = page.status < 500 ? await site.user(page) : undefined
              // A held page whose refresh has failed is sent without a proof: it may show no user, and ends nothing.
              const isSent = browser.exchanges.some(({ status = 503 }) => status >= 500)
              const isSeen = page.status < 400 && user === site.users[0].username
              must(isSeen || page.status >= 500 || isSent, () => `the page is answered ${page.status}, for ${user}`)
              must(keyOf(site, browser) === before, () => "the session cookie has changed")
              must(browser.boundSessions.length === 1, () => `the bound session has ended: ${said(browser)}`)
              const after = await userOf(site, browser)
              must(after === site.users[0].username, () => "afterwards the user is logged out")
            }
          }
        }
      )
  }
}

export const refreshChangesNoRow: LawText = {
  id: "a-refresh-changes-no-session",
  title: "a refresh neither extends a session nor sets its cookie",
  why: "A browser refreshes by itself, so a session would last as long as its page is open.",
  needs: ["deviceBound", "clock"],
  finds: ["a site whose refreshes set the session cookie"],
  holds: async (run) => {
    const on = deviceSiteOf(run)
    const { clock, device, site } = on
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
    for (const [name, change] of Object.entries(changesOf(on)))
      await run.everyOrder(`a refresh beside ${name}`, async () => {
        const owner = await bound(on)
        const { browser } = owner
        const [copy, challenge] = [browser.copy(), await challengeFor(on, browser, owner.id)]
        return {
          requests: [() => proof(on, copy, owner.id, owner.key.prove(challenge)), () => change(browser)],
          check: async ([answer]) => {
            must(!touches(answer, site.cookie), () => "the refresh sets or deletes the session cookie")
            const isKept = gives(answer, device.cookie) || (name !== "a visit" && answer.status >= 500)
            must(isKept, () => `the refresh is answered ${answer.status}`)
            // The change may have written the session, a refresh after it has not.
            must((await userOf(site, browser)) === site.users[0].username, () => "the user is logged out")
          }
        }
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
    for (const name of Object.keys(keptBy(on, { browser: device.browser(), id: "", key: makeDeviceKey("") })))
      await run.everyOrder(`a short cookie that the browser keeps, beside ${name}`, async () => {
        const owner = await bound(on)
        const { browser } = owner
        const ends = browser.cookies.find(({ name }) => name === device.cookie)?.expiresAt ?? Number.NaN
        const cookies = browser.header
        clock.advance({ milliseconds: Math.max(0, ends - clock.now()) + (leewaySeconds - 1) * 1000 })
        return {
          requests: [
            () => site.browser().fetch(device.handler, "/", { headers: { cookie: cookies } }),
            () => keptBy(on, owner)[name]?.(browser)
          ],
          check: async ([page]) => {
            const user = page.status < 400 ? await site.user(page) : undefined
            must(user === alice.username, () => `the short cookie is not accepted: ${page.status}`)
          }
        }
      })
    for (const [name, change] of Object.entries(changesOf(on)))
      await run.everyOrder(`a challenge of almost five minutes ago, beside ${name}`, async () => {
        const { browser, id, key } = await bound(on)
        const [copy, challenge] = [browser.copy(), await challengeFor(on, browser, id)]
        clock.advance({ seconds: 299 })
        return {
          requests: [() => proof(on, copy, id, key.prove(challenge)), () => change(browser)],
          check: ([answer]) => {
            // The change may have given the session another key: the browser tries again.
            const isKept = gives(answer, device.cookie) || (name !== "a visit" && answer.status >= 500)
            must(isKept, () => `the proof is answered ${answer.status}`)
          }
        }
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

export const otherChallenges: LawText = {
  id: "a-challenge-is-for-one-session-and-one-purpose",
  title: "a proof over an old challenge, or over that of another session, is answered with a new challenge",
  why: "A recorded proof must not be used again, and a browser that was slow must not lose its session.",
  needs: ["deviceBound", "clock"],
  finds: ["a site that answers 401 to a proof over an old challenge"],
  holds: async (run) => {
    const on = deviceSiteOf(run)
    const { device } = on
    const isChallenged = (answer: Response): boolean =>
      answer.status === 403 && answer.headers.has("secure-session-challenge")
    await run.situation("proofs over other challenges", async () => {
      const owner = await bound(on)
      const challenges = await otherChallengesOf(on, owner)
      for (const [name, challenge] of Object.entries(challenges)) {
        const answer = await proof(on, owner.browser, owner.id, owner.key.prove(challenge))
        must(!gives(answer, device.cookie), () => `a proof over ${name} gives a short cookie`)
        must(isChallenged(answer), () => `a proof over ${name} is answered ${answer.status}`)
      }
    })
    await run.situation("a proof over the challenge of the registration", async () => {
      const session = await offered(on)
      if (session === undefined) return
      const key = makeDeviceKey("of the owner")
      const id = await registered(on, session, key)
      const answer = await proof(on, session.browser, id, key.prove(session.challenge))
      must(isChallenged(answer), () => `a proof over the challenge of the registration is answered ${answer.status}`)
    })
    await run.situation("a registration over the challenge of a refresh", async () => {
      const session = await offered(on)
      if (session === undefined) return
      const key = makeDeviceKey("of the owner")
      const id = /register\.([\w-]+)/.exec(session.challenge)?.[1] ?? ""
      const challenge = await challengeFor(on, session.browser, id)
      const answer = await registration(on, session.browser, key.register(challenge))
      must(!gives(answer, device.cookie), () => "a registration over the challenge of a refresh binds the session")
    })
    for (const kind of challengeKinds)
      for (const [name, change] of Object.entries(changesOf(on)))
        await run.everyOrder(`a proof over ${kind}, beside ${name}`, async () => {
          const owner = await bound(on)
          const { browser } = owner
          const challenges = await otherChallengesOf(on, owner)
          const copy = browser.copy()
          return {
            requests: [() => proof(on, copy, owner.id, owner.key.prove(challenges[kind])), () => change(browser)],
            check: async ([answer]) => {
              must(!gives(answer, device.cookie), () => `a proof over ${kind} gives a short cookie`)
              const isKept = isChallenged(answer) || (name !== "a visit" && answer.status >= 500)
              must(isKept, () => `a proof over ${kind} is answered ${answer.status}`)
              must(gives(await renewal(on, owner, browser), device.cookie), () => "the key of the session is refused")
            }
          }
        })
  }
}

const challengeKinds = ["an old challenge", "a challenge of another session", "a challenge of another secret"] as const

/** Challenges that are not for a refresh of this session at this time. */
const otherChallengesOf = async (on: DeviceSite, { browser, id }: BoundBrowser) => {
  const other = await bound(on, 1)
  const old = await challengeFor(on, browser, id)
  on.clock.advance({ seconds: 302 })
  const fresh = await challengeFor(on, browser, id)
  return {
    "an old challenge": old,
    "a challenge of another session": await challengeFor(on, other.browser, other.id),
    "a challenge of another secret": fresh.replace(/[^.]*$/, (signature) => "A".repeat(signature.length)),
    "an invented challenge": `refresh.${id}.0.x`,
    "no challenge": ""
  }
}
