/** Checks that a site is as laws and flows need it, and says what to change. */
import { callable, checkOptions, type Kind, object, string } from "../../adapters/options/option-kinds.ts"
import type { Browser } from "../browser/browser.ts"
import { nameOf } from "../browser/response-like.ts"
import { keyOf, type LawSite, loggedIn, userOf } from "./law-site.ts"
import { newPassword } from "./parallel-requests.ts"
import { examineRows } from "./stored-keys.ts"

const twoUsers: Kind = { written: "two users", accepts: (value) => Array.isArray(value) && value.length === 2 }

/** @throws {ConfigurationInvalid} if a part of the description is missing or is of another kind */
export const checkShape = ({ browser, cookie, pages, reset, user, users }: LawSite): void => {
  const kinds = { browser: callable, cookie: string, pages: object, reset: callable, user: callable, users: twoUsers }
  const parts = { browser, cookie, pages, reset, user, users }
  checkOptions(parts, kinds, "", ["browser", "cookie", "pages", "reset", "user", "users"])
  const { login, logout, visit } = pages
  const needed = { login: callable, logout: callable, visit: callable }
  checkOptions({ login, logout, visit }, needed, "pages.", ["login", "logout", "visit"])
}

/**
 * Checks that the pages answer what the laws read, that the clock moves, and that `reset` resets.
 *
 * @throws {TypeError} that says which part of the site has to be changed, and how
 */
export const examine = async (site: LawSite): Promise<void> => {
  await site.reset()
  const [alice] = site.users
  const browser = site.browser()
  if (typeof Object(browser).cookie !== "function")
    throw new TypeError(`browser: it answers ${nameOf(browser)}; answer a new Browser, without cookies`)
  await examineVisitor(site)
  const response = await site.pages.login(browser, alice)
  if (response.status >= 400)
    throw new TypeError(`pages.login: ${alice.username} gets ${response.status} with the password of users[0]`)
  if (keyOf(site, browser) === undefined) {
    const names = browser.cookies.map(({ name }) => name).join(", ") || "none"
    throw new TypeError(`cookie: after a login the browser has no cookie ${site.cookie}; it has: ${names}`)
  }
  const found = await userOf(site, browser)
  if (found !== alice.username) {
    const { status } = await site.pages.visit(browser)
    throw new TypeError(
      `user: after the login of ${alice.username} it answers ${found} for the answer of pages.visit (status ${status}); ` +
        "answer the user's name"
    )
  }
  await examineRefusal(site)
  await site.pages.write?.(browser, "left", 1)
  await examineReset(site, browser)
  if (site.rows !== undefined) await examineRows(site, keyOf(site, await loggedIn(site, alice)))
  examineClock(site)
  await site.reset()
}

const examineVisitor = async (site: LawSite): Promise<void> => {
  const { status } = await site.pages.visit(site.browser())
  if (status >= 500)
    throw new TypeError(`pages.visit: a browser without cookies gets ${status}; it has to show who is logged in`)
  const anonymous = await userOf(site, site.browser())
  if (anonymous !== undefined)
    throw new TypeError(`user: a browser without cookies is ${anonymous}; answer undefined for an anonymous visitor`)
}

/** A login that fails must not look like one that succeeds. If it does succeed, a law says so. */
const examineRefusal = async (site: LawSite): Promise<void> => {
  const [{ password, username }] = site.users
  const browser = site.browser()
  const { status } = await site.pages.login(browser, { username, password: `${password}, but wrong` })
  if (status < 400 && (await userOf(site, browser)) === undefined)
    throw new TypeError(
      `pages.login: a wrong password is answered with ${status}, as if it were right; say how the site's answer shows ` +
        "that: isRefused: (response) => …"
    )
}

/** @param browser of a user who is logged in */
const examineReset = async (site: LawSite, browser: Browser): Promise<void> => {
  await site.reset()
  if ((await userOf(site, browser)) !== undefined)
    throw new TypeError(
      "reset: a session from before is still there; remove all sessions, for a test site with stores of your own in " +
        "its option `reset`"
    )
  if (site.pages.changePassword === undefined) return
  const [alice] = site.users
  const another = site.browser()
  await site.pages.login(another, alice)
  await site.pages.changePassword(another, newPassword)
  await site.reset()
  if ((await site.pages.login(site.browser(), alice)).status >= 400)
    throw new TypeError(`reset: ${alice.username} has another password than before; set the first passwords again`)
}

const examineClock = ({ clock }: LawSite): void => {
  if (clock === undefined) return
  const before = clock.now()
  clock.advance({ seconds: 1 })
  const passed = clock.now() - before
  if (!(passed >= 1000))
    throw new TypeError(
      `clock: after advance({ seconds: 1 }) it is ${passed} milliseconds later; it has to move forward by what it is told`
    )
  if (!(clock.sessionSeconds > 0))
    throw new TypeError(
      `clock.sessionSeconds: it is ${clock.sessionSeconds}; write the seconds after which a session expires`
    )
}
