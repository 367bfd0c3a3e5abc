/** Laws about forms whose answers must not tell which accounts exist. */
import type { Browser } from "../../browser/browser.ts"
import type { LawText } from "../law.ts"
import { must } from "../law-broken.ts"
import type { LawUser } from "../law-pages.ts"
import type { LawRun } from "../law-run.ts"
import { type LawSite, loggedIn } from "../law-site.ts"

const wrongPassword = "a wrong password"

/** A person who has no account, with a name as long as that of the first user: lengths of answers are compared too. */
const strangerTo = ({ users: [alice, bob] }: LawSite): LawUser => {
  const names = ["x", "y", "z"].map((last) => alice.username.slice(0, -1) + last)
  const username = names.find((name) => name !== alice.username && name !== bob.username) ?? ""
  return { username, password: "the password of a stranger" }
}

/** What a form is sent about, and what the site has to answer in the same way. */
interface State {
  /** The person whose account, name or address the form is about. */
  readonly person: LawUser
  /** Makes the state. Other laws know that the site can do this. */
  readonly prepare?: () => Promise<unknown>
}

/** The states of an account that a client must not be able to tell apart. */
const statesOf = (site: LawSite): Readonly<Record<string, State>> => {
  const { accounts, pages, users } = site
  const [alice] = users
  const stranger = strangerTo(site)
  return {
    "a person without an account": { person: stranger },
    "a user": { person: alice },
    ...(accounts && {
      "an inactive user": { person: alice, prepare: async () => accounts.deactivate(alice) }
    }),
    ...(pages.signUpLink && {
      "a new account that was not confirmed": {
        person: stranger,
        prepare: () => pages.signUpLink?.(site.browser(), stranger) ?? Promise.resolve()
      }
    })
  }
}

/** A value that is random in each answer: a token, a key, an identifier of the request. */
const random = /[\w+=-]{20,}/g
const isRandom = (text: string): boolean => /\d/.test(text) || (/[a-z]/.test(text) && /[A-Z]/.test(text))

const varying: ReadonlyArray<string> = ["date", "etag", "set-cookie"]

/** What a client sees, without the name of the person and what differs between any two answers. */
export const seen = async (response: Response, { username }: LawUser): Promise<string> => {
  const headers = [...response.headers].filter(([name]) => !varying.includes(name)).toSorted()
  const cookies = response.headers.getSetCookie().map((line) => line.split("=", 1)[0])
  return JSON.stringify([response.status, headers, cookies, await response.text()])
    .replaceAll(username, "(name)")
    .replaceAll(random, (text) => (isRandom(text) ? "(random)" : text))
}

/** Sends a form in each state, and compares the answers and the work of the site. */
const isSameForAll = async (
  run: LawRun,
  states: Readonly<Record<string, State>>,
  send: (person: LawUser, browser: Browser) => Promise<Response | undefined>,
  loggedInAs?: LawUser
): Promise<void> => {
  const { site } = run
  let first: Observed | undefined
  for (const [name, { person, prepare }] of Object.entries(states))
    await run.situation(`the form about ${name}`, async () => {
      // A login replaces an outdated hash, whose comparison costs more.
      await loggedIn(site, site.users[0])
      await prepare?.()
      const browser = loggedInAs === undefined ? site.browser() : await loggedIn(site, loggedInAs)
      const [hashes, calls] = [site.hashed?.().length, site.calls?.().length]
      const response = await send(person, browser)
      if (response === undefined) return
      const work = `hashes: ${listed(site.hashed?.(), hashes)}; store calls: ${listed(site.calls?.(), calls)}`
      const answer = await seen(response, person)
      first ??= { name, answer, work }
      const usual = first
      must(answer === usual.answer, () => `it is answered with ${answer}; about ${usual.name} with ${usual.answer}`)
      must(work === usual.work, () => `its work: ${work}. About ${usual.name}: ${usual.work}`)
    })
}

/** The first answer, which the others must equal. */
interface Observed {
  readonly name: string
  readonly answer: string
  readonly work: string
}

const listed = (all: ReadonlyArray<string> | undefined, before = 0): string =>
  all === undefined ? "not counted" : all.slice(before).join(", ") || "none"

export const silentLogin: LawText = {
  id: "a-failed-login-reveals-no-user",
  title:
    "a failed login is answered in the same way for an unknown name, a wrong password, an inactive user and a new account that was not confirmed",
  why: "An attacker who sends many names finds out which of them belong to users, and guesses passwords only for these.",
  needs: [],
  finds: [
    "a site that says at a login that the name is unknown",
    "a site that tells inactive users that they are inactive",
    "a site that computes no hash for an unknown user",
    "a site that asks its store once more for a user that exists"
  ],
  holds: async (run) => {
    const { site } = run
    const { "a user": known, ...others } = statesOf(site)
    const right = Object.entries(others).map(([name, state]) => [`${name}, with the right password`, state] as const)
    const wrong = Object.entries(statesOf(site)).map(
      ([name, { person, ...state }]) => [name, { ...state, person: { ...person, password: wrongPassword } }] as const
    )
    await isSameForAll(run, Object.fromEntries([...wrong, ...right]), async (person, browser) => {
      const response = await site.pages.login(browser, person)
      must(response.status >= 400, () => `a login that has to fail is answered with ${response.status}`)
      return response
    })
  }
}

export const silentReset: LawText = {
  id: "a-reset-request-reveals-no-user",
  title: "a request for a password reset is answered in the same way, whether or not a user has the address",
  why: "An attacker who sends many addresses finds out which of them belong to users.",
  needs: ["pages.requestReset"],
  finds: [
    "a site that answers 404 to a reset request for an unknown user",
    "a site that makes a reset link before it answers"
  ],
  holds: async (run) => {
    const { pages } = run.site
    await isSameForAll(run, statesOf(run.site), async (person, browser) => pages.requestReset?.(browser, person))
  }
}

export const silentSignUp: LawText = {
  id: "a-sign-up-reveals-no-address",
  title: "a sign-up is answered in the same way, whether or not a user has the address",
  why: "An attacker who sends many addresses finds out which of them belong to users.",
  needs: ["pages.requestSignUp"],
  finds: [
    "a site that refuses a sign-up with the address of a user",
    "a site that computes no hash at a sign-up with the address of a user"
  ],
  holds: async (run) => {
    const { pages } = run.site
    const newcomer = { username: "newcomer", password: "the password of a newcomer" }
    await isSameForAll(run, statesOf(run.site), async (person, browser) =>
      pages.requestSignUp?.(browser, newcomer, person)
    )
  }
}

export const silentEmailChange: LawText = {
  id: "a-new-address-reveals-no-user",
  title:
    "a request to change the e-mail address is answered in the same way, whether or not another user has the new address",
  why: "An attacker with an account of their own finds out which addresses belong to users.",
  needs: ["pages.requestEmail"],
  finds: ["a site that refuses to change an address to that of another user"],
  holds: async (run) => {
    const { pages, users } = run.site
    const send = async (person: LawUser, browser: Browser) => pages.requestEmail?.(browser, users[1], person)
    await isSameForAll(run, statesOf(run.site), send, users[1])
  }
}
