/**
 * A model of what a session is. It does each step of a flow, and says what the site has to show afterwards.
 *
 * | step              | what the model does                                                                           |
 * | ----------------- | --------------------------------------------------------------------------------------------- |
 * | visit             | a session of a user whose password has changed since is over                                  |
 * | log in            | a wrong password changes nothing; the same user keeps the session; an anonymous session keeps |
 * |                   | its data under a new key; any other one ends, and a new one is empty                           |
 * | log out           | the session is over                                                                           |
 * | write             | makes a session where there is none                                                           |
 * | remove, clear     | change data; a session that is cleared has no user                                            |
 * | renew the key     | the old key has no session                                                                    |
 * | change password   | every other session of the user is over                                                       |
 * | deactivate        | sessions of the user act as no user, until the user is activated                              |
 * | take the cookies  | the browser has another browser's cookies                                                     |
 * | time passes       | a session is over when its last write is longer ago than the session age                      |
 */
import type { LawUser } from "../laws/law-pages.ts"
import type { LawSite } from "../laws/law-site.ts"
import type { FlowAction } from "./flow-step.ts"

interface ModelSession {
  user: number | undefined
  /** The password at the login, or at the change of the password that this session has made. */
  password: string | undefined
  readonly data: Map<string, number>
  expiresAt: number
}

interface ModelBrowser {
  session: ModelSession | undefined
  /** When the cookie expires. */
  cookieUntil: number
}

/**
 * The model: what the site has to show. To compare, a browser visits the site, so the model applies a visit as well.
 */
export class FlowModel {
  readonly #site: LawSite
  readonly #passwords: [string, string]
  readonly #browsers: ReadonlyArray<ModelBrowser>
  /** The numbers of the users who may not log in. */
  readonly #inactive = new Set<number>()

  constructor(site: LawSite, browsers: number) {
    this.#site = site
    this.#passwords = [site.users[0].password, site.users[1].password]
    this.#browsers = Array.from({ length: browsers }, () => ({ session: undefined, cookieUntil: 0 }))
  }

  /** The password that a login sends. */
  passwordOf(action: FlowAction): string {
    if (action._tag !== "log in") return ""
    return action.password === "right" ? this.#passwords[action.user] : "never a password"
  }

  /** What a visit by a browser shows. */
  look(number: number): { readonly user: string | undefined; readonly data: ReadonlyMap<string, number> } {
    this.step(number, { _tag: "visit" })
    const session = this.#sessionOf(this.#browsers[number])
    const user = this.#isLoggedIn(session) ? this.#userAt(session.user).username : undefined
    return { user, data: session?.data ?? new Map() }
  }

  step(number: number, action: FlowAction): void {
    const browser = this.#browsers[number]
    if (browser === undefined) return
    const session = this.#sessionOf(browser)
    switch (action._tag) {
      case "visit":
        if (this.#isLoggedIn(session) && this.#isStale(session)) this.#end(session)
        return
      case "log in":
        if (action.password === "right" && !this.#inactive.has(action.user)) this.#logIn(browser, session, action.user)
        return
      case "log out":
        this.#end(session)
        return
      case "write": {
        const written = session ?? this.#open(browser)
        written.data.set(action.key, action.value)
        this.#written(browser, written)
        return
      }
      case "remove":
        if (session?.data.delete(action.key) === true) this.#written(browser, session)
        return
      case "clear":
        if (session === undefined) return
        session.data.clear()
        session.user = undefined
        this.#written(browser, session)
        return
      case "renew the key":
        this.#renew(browser, session ?? this.#open(browser))
        return
      case "change password": {
        if (!this.#isLoggedIn(session)) return
        if (this.#isStale(session)) {
          this.#end(session)
          return
        }
        this.#passwords[session.user === 0 ? 0 : 1] = action.password
        session.password = action.password
        this.#renew(browser, session)
        return
      }
      case "deactivate":
        this.#inactive.add(action.user)
        return
      case "activate":
        this.#inactive.delete(action.user)
        return
      case "take the cookies":
        Object.assign(browser, this.#browsers[action.of % this.#browsers.length])
        return
      case "time passes":
      case "extra":
        return
      default:
        action satisfies never
    }
  }

  #logIn(browser: ModelBrowser, session: ModelSession | undefined, user: 0 | 1): void {
    if (session?.user === user && !this.#isStale(session)) {
      this.#written(browser, session)
      return
    }
    const isKept = session !== undefined && session.user === undefined
    const data = isKept ? session.data : new Map<string, number>()
    this.#end(session)
    const opened = this.#open(browser, data)
    opened.user = user
    opened.password = this.#passwords[user]
  }

  /** The same session under a new key: a client with the old key has no session. */
  #renew(browser: ModelBrowser, session: ModelSession): void {
    const renewed = { ...session }
    this.#end(session)
    browser.session = renewed
    this.#written(browser, renewed)
  }

  #open(browser: ModelBrowser, data = new Map<string, number>()): ModelSession {
    const session = { user: undefined, password: undefined, data, expiresAt: 0 }
    browser.session = session
    this.#written(browser, session)
    return session
  }

  #written(browser: ModelBrowser, session: ModelSession): void {
    session.expiresAt = this.#now + this.#age
    browser.cookieUntil = session.expiresAt
  }

  #end(session: ModelSession | undefined): void {
    if (session !== undefined) session.expiresAt = Number.NEGATIVE_INFINITY
  }

  #sessionOf(browser: ModelBrowser | undefined): ModelSession | undefined {
    const session = browser?.session
    return session === undefined || session.expiresAt <= this.#now || (browser?.cookieUntil ?? 0) <= this.#now
      ? undefined
      : session
  }

  /** Whether the session names a user who may log in. */
  #isLoggedIn(session: ModelSession | undefined): session is ModelSession & { readonly user: number } {
    return session?.user !== undefined && !this.#inactive.has(session.user)
  }

  #isStale({ password, user }: ModelSession): boolean {
    return user !== undefined && password !== this.#passwords[user === 0 ? 0 : 1]
  }

  #userAt(user: number): LawUser {
    return this.#site.users[user === 0 ? 0 : 1]
  }

  get #now(): number {
    return this.#site.clock?.now() ?? 0
  }

  get #age(): number {
    return (this.#site.clock?.sessionSeconds ?? 1) * 1000
  }
}
