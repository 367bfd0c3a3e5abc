/** The law about sites that only observe device-bound sessions. */

import { makeDeviceKey } from "../../browser/device-key.ts"
import type { LawText } from "../law.ts"
import { must } from "../law-broken.ts"
import { browserWith, keyOf, loggedIn } from "../law-site.ts"
import { parallelRequestsOf } from "../parallel-requests.ts"
import {
  afterGrace,
  bound,
  changesOf,
  type DeviceSite,
  deviceSiteOf,
  gives,
  offered,
  otherSite,
  registered,
  registration,
  renewal
} from "./device-scenes.ts"

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
    const [alice] = site.users
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
    for (const [name, request] of Object.entries(parallelRequestsOf(site)))
      for (const isRegistered of [false, true]) {
        const prepared = async () => {
          const session = await offered(on)
          const id = session === undefined || !isRegistered ? "" : await registered(on, session, key)
          const browser = session?.browser ?? (await loggedIn(site, alice))
          if (isRegistered) afterGrace(on)
          return {
            copy: browser.copy(),
            challenge: session?.challenge ?? "",
            id,
            own: browserWith(site, keyOf(site, browser))
          }
        }
        await site.reset()
        if (off === undefined) device.observe()
        else off()
        const alone = masked(await told(await request((await prepared()).own), device.cookie))
        await run.everyOrder(`${name} beside a ${isRegistered ? "refresh" : "registration"}`, async () => {
          device.observe()
          const { challenge, copy, id, own } = await prepared()
          return {
            requests: [
              () => request(own),
              () => (isRegistered ? renewal(on, { id, key }, copy) : registration(on, copy, key.register(challenge)))
            ],
            check: async ([answer]) => {
              const beside = masked(await told(answer, device.cookie))
              must(beside === alone, () => `alone the answer is ${alone}, beside it ${beside}`)
            }
          }
        })
      }
  }
}

const key = makeDeviceKey("of the browser")

/** Session keys and CSRF tokens are random values. */
const masked = (answer: string): string => answer.replace(/\b[A-Za-z0-9]{32,64}\b/g, "…")

/** The answers to the requests of a browser that binds its session, and of one with a copy of the session cookie. */
const answersOf = async (on: DeviceSite): Promise<ReadonlyArray<string>> => {
  const { device, site } = on
  const [alice, bob] = site.users
  const answers: Array<string> = []
  const browser = device.browser()
  const send = async (name: string, page: Promise<Response>): Promise<void> => {
    answers.push(`${name} ${masked(await told(await page, device.cookie))}`)
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
