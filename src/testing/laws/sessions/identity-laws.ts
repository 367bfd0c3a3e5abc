/** A law about what a stored session says about who is logged in. */
import type { Browser } from "../../browser/browser.ts"
import type { LawText } from "../law.ts"
import { must } from "../law-broken.ts"
import type { LawIdentity } from "../law-parts.ts"
import { type LawSite, loggedIn } from "../law-site.ts"
import { isLogin, newPassword, parallelRequestsOf } from "../parallel-requests.ts"

/** The identities of each user that the site stores when one request comes after the other. */
type Known = ReadonlyArray<{ readonly user: string; readonly identity: LawIdentity }>

const knownOf = async (site: LawSite): Promise<Known> => {
  const known: Array<Known[number]> = []
  for (const user of site.users)
    for (const change of [undefined, site.pages.changePassword]) {
      await site.reset()
      const browser = await loggedIn(site, user)
      await change?.(browser, newPassword)
      const identity = site.identities?.().at(-1) ?? {}
      if (Object.keys(identity).length === 0)
        throw new TypeError(
          "identities: after a login it tells nothing; answer what the stored session says about its user"
        )
      known.push({ user: user.username, identity })
    }
  await site.reset()
  return known
}

/** What is wrong with a stored identity; `undefined`: nothing. */
const wrongWith = (known: Known, identity: LawIdentity): string | undefined => {
  const names = Object.keys(identity)
  if (names.length === 0) return undefined
  const missing = Object.keys(known[0]?.identity ?? {}).filter((name) => !names.includes(name))
  if (missing.length > 0) return `a session was stored with ${names.join(", ")} and without ${missing.join(", ")}`
  // A value that no known identity has, for example a salted hash, tells nothing about its user.
  const isOf = (user: string): boolean =>
    names.every((name) => {
      const same = known.filter((one) => one.identity[name] === identity[name])
      return same.length === 0 || same.some((one) => one.user === user)
    })
  const isWhole = known.some(({ user }) => isOf(user))
  return isWhole ? undefined : `a session was stored that mixes two logins: ${names.join(", ")} are not of one user`
}

export const oneLogin: LawText = {
  id: "an-identity-is-of-one-login",
  title: "what a stored session says about its user comes whole from one login, in every order of two requests",
  why: "If a row mixes the user of one login with the proof of another, or lacks the proof, a session acts as a user who has not opened it.",
  needs: ["identities", "gate"],
  finds: [
    "a store that writes the user of a session before the rest",
    "a store that keeps the former proof of a session"
  ],
  holds: async (run) => {
    const { site } = run
    const known = await knownOf(site)
    const requests = Object.entries(parallelRequestsOf(site)).filter(([name]) => name !== "visit" && name !== "remove")
    const { write } = site.pages
    const befores: Readonly<Record<string, (browser: Browser) => Promise<unknown>>> = {
      ...(write === undefined ? {} : { "an anonymous session": (browser: Browser) => write(browser, "old", 1) }),
      ...Object.fromEntries(
        site.users.map((user) => [`a session of ${user.username}`, (browser: Browser) => loggedIn(site, user, browser)])
      )
    }
    for (const [before, prepare] of Object.entries(befores))
      for (const [at, [name, one]] of requests.entries())
        for (const [other, two] of requests.slice(at)) {
          // Two requests that open no session do not change who is logged in.
          if (!isChange(name) && !isChange(other)) continue
          await run.everyOrder(`${before}: ${name}, ${other}`, async () => {
            const browser = site.browser()
            await prepare(browser)
            const tab = browser.copy()
            return {
              requests: [async () => void (await one(browser)), async () => void (await two(tab))],
              check: () => {
                for (const identity of site.identities?.() ?? []) {
                  const wrong = wrongWith(known, identity)
                  must(wrong === undefined, () => wrong ?? "")
                }
              }
            }
          })
        }
  }
}

const isChange = (name: string): boolean => isLogin(name) || name === "change the password"
