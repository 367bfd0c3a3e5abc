/** Laws about the throttle beyond the login: attempts at the same time, users who are logged in, requests for mails. */
import type { Browser } from "../../browser/browser.ts"
import { seen } from "../accounts/enumeration-laws.ts"
import type { LawText } from "../law.ts"
import { must } from "../law-broken.ts"
import { browserWith, keyOf, loggedIn } from "../law-site.ts"
import {
  attack,
  lastingAttack,
  logsIn,
  started,
  type ThrottleSite,
  userLogsIn,
  wrongPassword
} from "./throttle-scenes.ts"

export const parallelGuesses: LawText = {
  id: "guesses-at-the-same-time-are-counted",
  title:
    "wrong passwords at the same time count as many failures as one after the other, and no more of them are tried",
  why: "An attacker who sends all guesses at the same time must not get more of them than one who waits for each answer.",
  needs: ["clock", "throttle", "gate"],
  finds: [
    "a throttle store that counts two attempts at the same time as one",
    "a site that counts a failure after the check of the password"
  ],
  holds: async (run) => {
    for (const parallel of [2, 3]) {
      const guesses = async (before: (free: number) => number) => {
        const on = await started(run)
        await attack(on, on.alice, before(on.throttle.accountFailures))
        const browsers = Array.from({ length: parallel }, () => on.site.browser())
        const requests = browsers.map(
          (browser) => () => on.site.pages.login(browser, { ...on.alice, password: wrongPassword })
        )
        return { on, requests }
      }
      await run.everyOrder(`the last ${parallel} free guesses`, async () => {
        const { on, requests } = await guesses((free) => free - parallel)
        return {
          requests,
          check: async () => must(!(await userLogsIn(on, on.alice)), () => "the right password is accepted afterwards")
        }
      })
      await run.everyOrder(`${parallel} guesses for the last free one`, async () => {
        const { on, requests } = await guesses((free) => free - 1)
        return {
          requests,
          check: async () => {
            on.clock.advance({ seconds: on.throttle.firstSeconds })
            must(
              await userLogsIn(on, on.alice),
              () => "more than one of them is tried: the wait is longer than the first"
            )
          }
        }
      })
    }
    await run.everyOrder("a guess beside the login of the user", async () => {
      const on = await started(run)
      await attack(on, on.alice, on.throttle.accountFailures - 2)
      const requests = [on.alice, { ...on.alice, password: wrongPassword }].map(
        (user) => () => on.site.pages.login(on.site.browser(), user)
      )
      return {
        requests,
        check: async ([right, wrong]: ReadonlyArray<Response>) => {
          must(right?.ok === true, () => `the user's login is answered ${right?.status}`)
          must(wrong?.ok === false, () => "the wrong password logs in")
          must(await userLogsIn(on, on.alice), () => "the user is refused afterwards")
        }
      }
    })
  }
}

export const limitedProofs: LawText = {
  id: "guesses-of-a-copied-session-are-limited",
  title:
    "a client that is logged in gets some wrong passwords and then waits; failed logins of other clients do not make it wait",
  why: "An attacker with a copied session cookie must not find the password, and one without must not stop the user.",
  needs: ["clock", "throttle", "pages.reauthenticate"],
  finds: [
    "a site that does not count proofs of users who are logged in",
    "a site on which failed logins stop users who are logged in",
    "a throttle store that counts two attempts at the same time as one"
  ],
  holds: async (run) => {
    const { reauthenticate } = run.site.pages
    if (reauthenticate === undefined) return
    await run.situation("guesses with a copied session cookie", async () => {
      const on = await started(run)
      const browser = browserWith(on.site, keyOf(on.site, await loggedIn(on.site, on.alice)))
      for (let at = 0; at < on.throttle.deviceFailures; at++) await reauthenticate(browser, wrongPassword)
      const refused = await reauthenticate(browser, on.alice.password)
      must(refused.status >= 400, () => "the right password is accepted")
      on.clock.advance({ seconds: on.throttle.firstSeconds })
      const accepted = await reauthenticate(browser, on.alice.password)
      must(accepted.status < 400, () => "the right password is refused after the wait")
    })
    await run.everyOrder("the last two free guesses with a copied session cookie, at the same moment", async () => {
      const on = await started(run)
      const key = keyOf(on.site, await loggedIn(on.site, on.alice))
      const guess = (password: string) => () => reauthenticate(browserWith(on.site, key), password)
      for (let at = 2; at < on.throttle.deviceFailures; at++) await guess(wrongPassword)()
      return {
        requests: [guess(wrongPassword), guess(wrongPassword)],
        check: async () => {
          const { status } = await guess(on.alice.password)()
          must(status >= 400, () => "the right password is accepted afterwards")
        }
      }
    })
    await run.situation("failed logins of other clients", async () => {
      const on = await started(run)
      const browser = browserWith(on.site, keyOf(on.site, await loggedIn(on.site, on.alice)))
      await lastingAttack(on, on.alice, on.throttle.accountFailures + 3)
      const { status } = await reauthenticate(browser, on.alice.password)
      must(status < 400, () => `the right password is answered ${status}`)
    })
  }
}

export const limitedMails: LawText = {
  id: "requests-for-mails-are-limited",
  title: "after some requests for mails to one address, a further one is answered as before, and sends no mail",
  why: "An attacker must not be able to fill the mailbox of a user, or to learn from the answer whether a mail was sent.",
  needs: ["clock", "throttle", "pages.requestReset"],
  finds: [
    "a site that sends mails without a limit",
    "a site that sends mails at each sign-up",
    "a site that answers 429 to a further request for a mail",
    "a throttle store that counts two attempts at the same time as one"
  ],
  holds: async (run) => {
    const { requestReset, requestSignUp } = run.site.pages
    const [alice] = run.site.users
    const newcomer = { username: "newcomer", password: "the password of a newcomer" }
    const forms = {
      ...(requestReset && { "a password reset": (browser: Browser) => requestReset(browser, alice) }),
      ...(requestSignUp && { "a sign-up": (browser: Browser) => requestSignUp(browser, newcomer, alice) })
    }
    for (const [name, request] of Object.entries(forms)) {
      const requestFrom = ({ site, throttle }: ThrottleSite, network: number) => {
        throttle.from(`198.51.100.${network}`)
        return request(site.browser())
      }
      await run.situation(`${name} for one address, each time from another network`, async () => {
        const on = await started(run)
        const { mails = () => 0 } = on.throttle
        const usual = await seen(await requestFrom(on, 0), alice)
        // A site without a confirmation of new accounts sends no mail at a sign-up.
        const each = mails()
        for (let at = 1; at < 2 * on.throttle.mailRequests; at++) {
          const answer = await seen(await requestFrom(on, at), alice)
          must(answer === usual, () => `request ${at + 1} is answered ${answer}, and the first ${usual}`)
        }
        must(mails() === each * on.throttle.mailRequests, () => `${mails()} mails are sent`)
        must(await logsIn(on, on.alice), () => "the requests stop the login of the user")
        on.clock.advance({ seconds: on.throttle.maximumSeconds })
        await requestFrom(on, 0)
        must(mails() === each * (on.throttle.mailRequests + 1), () => "no mail is sent after the wait")
      })
      await run.everyOrder(`${name}, two times at the same moment, for the last mail`, async () => {
        const on = await started(run)
        const { mails = () => 0 } = on.throttle
        await requestFrom(on, 0)
        const each = mails()
        for (let at = 1; at < on.throttle.mailRequests - 1; at++) await requestFrom(on, at)
        const twice = () => request(on.site.browser())
        return {
          requests: [twice, twice],
          check: async () =>
            must(mails() === each * on.throttle.mailRequests, () => `${mails()} mails are sent to one address`)
        }
      })
    }
  }
}
