/**
 * A series of steps of several browsers on one site, compared after each step with a model of what a session is.
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
 * | take the cookies  | the browser has another browser's cookies                                                     |
 * | time passes       | a session is over when its last write is longer ago than the session age                      |
 */
import type { Browser } from "./browser.ts"
import { LawBroken } from "./laws/law-broken.ts"
import { dataOf, type LawSite, type LawUser, userOf } from "./laws/law-site.ts"
import { describedSite, type LawTestSite } from "./laws/memory-site.ts"

/** What a browser does in one step. */
export type FlowDeed = PlainDeed | LogInDeed | DataDeed | PasswordDeed | CookiesDeed | TimeDeed | ExtraStep

/** A request without more details. */
export interface PlainDeed {
  /** The page that it visits. */
  readonly _tag: "visit" | "log out" | "clear" | "renew the key"
}

/** A login. */
export interface LogInDeed {
  /** The kind of step. */
  readonly _tag: "log in"
  /** The number of the user, in `users` of the site. */
  readonly user: 0 | 1
  /** `wrong`: a password that the user never had. */
  readonly password: "right" | "wrong"
}

/** A change of the session's data. */
export interface DataDeed {
  /** The kind of step. */
  readonly _tag: "write" | "remove"
  /** The key in the data. */
  readonly key: string
  /** The value to write. */
  readonly value: number
}

/** A change of the password of the user who is logged in. */
export interface PasswordDeed {
  /** The kind of step. */
  readonly _tag: "change password"
  /** The new password. */
  readonly password: string
}

/** The browser gets the cookies of another one. */
export interface CookiesDeed {
  /** The kind of step. */
  readonly _tag: "take the cookies"
  /** The number of the other browser. */
  readonly of: number
}

/** The site's clock moves, if the site has one. */
export interface TimeDeed {
  /** The kind of step. */
  readonly _tag: "time passes"
  /** By how many days. */
  readonly days: number
}

/** A request of the application, which leaves users, sessions and the data that flows write as they are. */
export interface ExtraStep {
  /** The kind of step. */
  readonly _tag: "extra"
  /** The name of the request in the option `extra`. */
  readonly name: string
}

/** One step. */
export interface FlowStep {
  /** The number of the browser, from 0. */
  readonly browser: number
  /** What it does. */
  readonly deed: FlowDeed
}

/** A request of the application, for flows. */
export type ExtraDeed = (browser: Browser) => Promise<unknown>

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

/** A series of steps. `run` carries it out on a site. */
export class Flow {
  /** The steps, in order. */
  readonly steps: ReadonlyArray<FlowStep>
  readonly #browsers: number
  readonly #extra: Readonly<Record<string, ExtraDeed>>

  constructor(steps: ReadonlyArray<FlowStep>, browsers: number, extra: Readonly<Record<string, ExtraDeed>> = {}) {
    this.steps = steps
    this.#browsers = browsers
    this.#extra = extra
  }

  /**
   * Resets the site, carries the steps out one after the other, and compares what every browser sees with the model.
   *
   * A step that the site has no page for, or no clock, is left out.
   *
   * @param on a `testSite`, which is visited by pages of the kit; or any site, described as for the laws
   * @throws {LawBroken} with the story, at the first difference
   */
  async run(on: LawSite | LawTestSite): Promise<void> {
    const site = describedSite(on)
    await site.reset()
    const model = new Model(site, this.#browsers)
    const browsers = Array.from({ length: this.#browsers }, () => site.browser())
    for (const [at, { browser: each, deed }] of this.steps.entries()) {
      const number = each % this.#browsers
      const browser = browsers[number]
      if (browser === undefined || !canDo(site, deed)) continue
      if (deed._tag === "take the cookies") browsers[number] = browsers[deed.of % this.#browsers]?.copy() ?? browser
      else await send(site, browser, deed, this.#extra, model.passwordOf(deed))
      model.step(number, deed)
      for (const [seen, other] of browsers.entries()) {
        const wrong = await difference(site, other, model.look(seen))
        if (wrong === undefined) continue
        const story = this.steps
          .slice(0, at + 1)
          .map(saidOf)
          .join("\n  ")
        throw new LawBroken(`browser ${seen + 1}: ${wrong}\n  ${story}`)
      }
    }
  }

  /** The story of the flow: what fast-check prints. */
  toString(): string {
    return this.steps.map(saidOf).join("; ")
  }
}

const saidOf = ({ browser, deed }: FlowStep): string => {
  const { _tag, ...more } = deed
  const details = Object.entries(more).map(([name, value]) => `${name} ${value}`)
  return [`browser ${browser + 1}: ${_tag}`, ...details].join(", ")
}

const difference = async (
  site: LawSite,
  browser: Browser,
  { data, user }: { readonly user: string | undefined; readonly data: ReadonlyMap<string, number> }
): Promise<string | undefined> => {
  const found = await userOf(site, browser)
  if (found !== user)
    return `the site sees ${found ?? "an anonymous visitor"}; it has to be ${user ?? "an anonymous visitor"}`
  if (site.data === undefined) return undefined
  const stored = Object.entries(await dataOf(site, browser)).filter(([key]) => flowKeys.includes(key))
  const text = (entries: Iterable<readonly [string, unknown]>) => JSON.stringify([...entries].toSorted())
  return text(stored) === text(data) ? undefined : `the session has ${text(stored)}; it has to have ${text(data)}`
}

/** The keys that flows write. */
export const flowKeys: ReadonlyArray<string> = ["a", "b"]

/** Whether the site has the page that a step needs. */
const canDo = ({ clock, pages }: LawSite, { _tag }: FlowDeed): boolean => {
  switch (_tag) {
    case "write":
      return pages.write !== undefined
    case "remove":
      return pages.remove !== undefined
    case "clear":
      return pages.clear !== undefined
    case "renew the key":
      return pages.cycle !== undefined
    case "change password":
      return pages.changePassword !== undefined
    case "time passes":
      return clock !== undefined
    case "visit":
    case "log in":
    case "log out":
    case "take the cookies":
    case "extra":
      return true
    default:
      return _tag satisfies never
  }
}

const send = async (
  site: LawSite,
  browser: Browser,
  deed: Exclude<FlowDeed, CookiesDeed>,
  extra: Readonly<Record<string, ExtraDeed>>,
  password: string
): Promise<unknown> => {
  const { pages } = site
  switch (deed._tag) {
    case "visit":
      return pages.visit(browser)
    case "log in":
      return pages.login(browser, { ...site.users[deed.user], password })
    case "log out":
      return pages.logout(browser)
    case "write":
      return pages.write?.(browser, deed.key, deed.value)
    case "remove":
      return pages.remove?.(browser, deed.key)
    case "clear":
      return pages.clear?.(browser)
    case "renew the key":
      return pages.cycle?.(browser)
    case "change password":
      return pages.changePassword?.(browser, deed.password)
    case "time passes":
      return site.clock?.advance({ days: deed.days })
    case "extra":
      return extra[deed.name]?.(browser)
    default:
      return deed satisfies never
  }
}

/** The model: what the site has to show. To compare, a browser visits the site, so the model applies a visit as well. */
class Model {
  readonly #site: LawSite
  readonly #passwords: [string, string]
  readonly #browsers: ReadonlyArray<ModelBrowser>

  constructor(site: LawSite, browsers: number) {
    this.#site = site
    this.#passwords = [site.users[0].password, site.users[1].password]
    this.#browsers = Array.from({ length: browsers }, () => ({ session: undefined, cookieUntil: 0 }))
  }

  /** The password that a login sends. */
  passwordOf(deed: FlowDeed): string {
    if (deed._tag !== "log in") return ""
    return deed.password === "right" ? this.#passwords[deed.user] : "never a password"
  }

  /** What a visit by a browser shows. */
  look(number: number): { readonly user: string | undefined; readonly data: ReadonlyMap<string, number> } {
    this.step(number, { _tag: "visit" })
    const session = this.#sessionOf(this.#browsers[number])
    const user = session?.user === undefined ? undefined : this.#userAt(session.user).username
    return { user, data: session?.data ?? new Map() }
  }

  step(number: number, deed: FlowDeed): void {
    const browser = this.#browsers[number]
    if (browser === undefined) return
    const session = this.#sessionOf(browser)
    switch (deed._tag) {
      case "visit":
        if (session !== undefined && this.#isStale(session)) this.#end(session)
        return
      case "log in":
        if (deed.password === "right") this.#logIn(browser, session, deed.user)
        return
      case "log out":
        this.#end(session)
        return
      case "write": {
        const written = session ?? this.#open(browser)
        written.data.set(deed.key, deed.value)
        this.#written(browser, written)
        return
      }
      case "remove":
        if (session?.data.delete(deed.key) === true) this.#written(browser, session)
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
        if (session !== undefined && this.#isStale(session)) {
          this.#end(session)
          return
        }
        if (session?.user === undefined) return
        this.#passwords[session.user === 0 ? 0 : 1] = deed.password
        session.password = deed.password
        this.#renew(browser, session)
        return
      }
      case "take the cookies":
        Object.assign(browser, this.#browsers[deed.of % this.#browsers.length])
        return
      case "time passes":
      case "extra":
        return
      default:
        deed satisfies never
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
