/** Laws about what a site reveals. */
import type { Browser } from "../../browser/browser.ts"
import type { Fault } from "../../stores/store-network.ts"
import type { LawText } from "../law.ts"
import { must } from "../law-broken.ts"
import type { LawUser } from "../law-pages.ts"
import { keyOf, type LawSite, loggedIn, userOfKey } from "../law-site.ts"
import { newPassword, type ParallelRequest, parallelRequestsOf } from "../parallel-requests.ts"

const wrongPassword = "a wrong password that must stay secret"

/** Requests of a logged-in user in which secrets take part. */
const requestsWithSecrets = (site: LawSite): Readonly<Record<string, ParallelRequest>> => {
  const [alice] = site.users
  const { csrfToken, loginThenFail, logoutWithToken, resetLink, resetPassword } = site.pages
  return {
    ...parallelRequestsOf(site),
    "a wrong login": (browser) => site.pages.login(browser, { ...alice, password: wrongPassword }),
    "a login of an unknown user": (browser) =>
      site.pages.login(browser, { username: "no-user", password: wrongPassword }),
    ...(loginThenFail === undefined ? {} : { "a login whose page fails": (browser) => loginThenFail(browser, alice) }),
    ...(csrfToken === undefined || logoutWithToken === undefined
      ? {}
      : { "a form with another token": async (browser) => logoutWithToken(browser, await csrfToken(site.browser())) }),
    ...(resetLink === undefined || resetPassword === undefined
      ? {}
      : {
          "a reset link that is used twice": async (browser) => {
            const link = await resetLink(site.browser(), alice)
            await resetPassword(browser, link, newPassword)
            return resetPassword(browser, link, newPassword)
          }
        })
  }
}

/** The values of a browser's cookies, and their parts that are keys or tokens. */
const cookiesOf = (browser: Browser): ReadonlyArray<string> =>
  browser.cookies.map(({ value }) => value).filter((value) => value.length >= 16)

/** What a response tells its client, apart from the cookies that it sets. */
const textOf = async (response: Response): Promise<string> => {
  const headers = [...response.headers].filter(([name]) => name !== "set-cookie")
  return JSON.stringify([headers, await response.clone().text()])
}

export const noSecretInLogs: LawText = {
  id: "secrets-stay-secret",
  title:
    "no session key, CSRF secret, password, encoded password or secret key gets into a log, an error, a signal or a page",
  why: "Logs are read by more people than the database, and are kept longer.",
  needs: ["log"],
  finds: [
    "a site that logs the cookies of its requests",
    "a site that logs the passwords of failed logins",
    "a page that shows its session key"
  ],
  holds: async (run) => {
    const { site } = run
    const [alice] = site.users
    const faults: ReadonlyArray<Fault | undefined> =
      site.network === undefined ? [undefined] : [undefined, "refused", "acknowledgementLost"]
    for (const [name, request] of Object.entries(requestsWithSecrets(site)))
      for (const fault of faults)
        await run.situation(
          fault === undefined ? name : `${name}, while every call to the store is ${fault}`,
          async () => {
            const browser = await loggedIn(site, alice)
            await site.pages.csrfToken?.(browser)
            const secrets = new Set([alice.password, wrongPassword, newPassword, ...cookiesOf(browser)])
            let shown = ""
            const logged = await site.log?.during(async () => {
              if (fault !== undefined) site.network?.fail("all", fault)
              // With a reset link, a page of the kit throws when the store is unavailable.
              const response = await request(browser).catch(() => undefined)
              site.network?.heal()
              if (response !== undefined) shown = await textOf(response)
            })
            for (const secret of [...cookiesOf(browser), ...(site.log?.secrets() ?? [])]) secrets.add(secret)
            for (const secret of secrets) {
              must(logged?.includes(secret) !== true, () => `the log has a secret: ${excerpt(logged ?? "", secret)}`)
              must(!shown.includes(secret), () => `the response has a secret: ${excerpt(shown, secret)}`)
            }
          }
        )
  }
}

const excerpt = (text: string, secret: string): string => {
  const at = text.indexOf(secret)
  return JSON.stringify(text.slice(Math.max(0, at - 40), at + secret.length + 20))
}

export const onePurpose: LawText = {
  id: "a-value-has-one-purpose",
  title: "a session key, a CSRF token and a link to reset a password are not accepted in place of each other",
  why: "A CSRF token is in the page and a reset link in an e-mail: neither may open a session.",
  needs: ["pages.csrfToken", "pages.logoutWithToken"],
  finds: ["a site that accepts the session key as the CSRF token"],
  holds: async (run) => {
    const { site } = run
    const [alice] = site.users
    const { csrfToken, logoutWithToken, resetLink, resetPassword } = site.pages
    const issued = async (browser: Browser) => ({
      "the session key": keyOf(site, browser) ?? "",
      "the CSRF token": (await csrfToken?.(browser)) ?? "",
      ...(resetLink === undefined ? {} : { "a reset link": await resetLink(site.browser(), alice) })
    })
    for (const name of ["the session key", "the CSRF token", "a reset link"] as const)
      await run.situation(`${name} in place of other values`, async () => {
        const browser = await loggedIn(site, alice)
        const key = keyOf(site, browser)
        const value = (await issued(browser))[name]
        if (value === undefined || value === "") return
        // A link may end with a token that is a value of its own.
        for (const part of new Set([value, value.split("/").at(-1) ?? value])) {
          if (name !== "the session key")
            must((await userOfKey(site, part)) === undefined, () => "as a session cookie it acts as a user")
          if (name !== "the CSRF token") {
            await logoutWithToken?.(browser, part)
            must((await userOfKey(site, key)) === alice.username, () => "as a CSRF token it is accepted")
          }
          if (name !== "a reset link" && resetPassword !== undefined) {
            await resetPassword(site.browser(), part, newPassword)
            const { status } = await site.pages.login(site.browser(), { ...alice, password: newPassword })
            must(status >= 400, () => "as a reset link it sets a password")
          }
        }
      })
  }
}

export const sameCost: LawText = {
  id: "a-failed-login-costs-the-same",
  title: "a failed login computes the same password hashes for an unknown user, a wrong password and an inactive user",
  why: "An attacker who measures the time of failed logins finds out which users exist.",
  needs: ["hashed"],
  finds: ["a site that computes no hash for an unknown user"],
  holds: async (run) => {
    const { site } = run
    const [alice] = site.users
    const costOf = async (user: LawUser): Promise<string> => {
      const before = site.hashed?.().length ?? 0
      const { status } = await site.pages.login(site.browser(), user)
      must(status >= 400, () => `a login that has to fail is answered with ${status}`)
      return (site.hashed?.().slice(before) ?? []).join(", ") || "none"
    }
    const wrong = { ...alice, password: wrongPassword }
    const others: Readonly<Record<string, () => Promise<LawUser>>> = {
      "an unknown user": async () => ({ ...wrong, username: `${alice.username}x` }),
      ...(site.accounts === undefined
        ? {}
        : {
            "an inactive user": async () => {
              await site.accounts?.deactivate(alice)
              return alice
            },
            "an inactive user with a wrong password": async () => {
              await site.accounts?.deactivate(alice)
              return wrong
            }
          })
    }
    for (const [name, user] of Object.entries(others))
      await run.situation(`a failed login of ${name}`, async () => {
        // A login replaces an outdated hash, whose comparison costs more.
        await loggedIn(site, alice)
        const [usual, found] = [await costOf(wrong), await costOf(await user())]
        must(found === usual, () => `it computes: ${found}; a wrong password: ${usual}`)
      })
  }
}
