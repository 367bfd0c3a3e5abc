/** The actions of requests that run in parallel with the request that a law is about. */
import type { Browser } from "../browser/browser.ts"
import type { LawSite } from "./law-site.ts"

/** A request of a browser. */
export type ParallelRequest = (browser: Browser) => Promise<Response>

export const newPassword = "another password"

/** The requests that a site can do, by name. */
export const parallelRequestsOf = ({
  pages,
  users: [alice, bob]
}: LawSite): Readonly<Record<string, ParallelRequest>> => {
  const { changePassword, clear, cycle, remove, write } = pages
  return {
    visit: pages.visit,
    logout: pages.logout,
    "log in as the same user": (browser) => pages.login(browser, alice),
    "log in as another user": (browser) => pages.login(browser, bob),
    ...(write === undefined ? {} : { write: (browser) => write(browser, "written", 1) }),
    ...(remove === undefined ? {} : { remove: (browser) => remove(browser, "left") }),
    ...(clear === undefined ? {} : { clear }),
    ...(cycle === undefined ? {} : { "renew the key": cycle }),
    ...(changePassword === undefined
      ? {}
      : { "change the password": (browser) => changePassword(browser, newPassword) })
  }
}

/** The requests that check a password: they may open a session of their own. */
export const isLogin = (name: string): boolean => name.startsWith("log in")
