/** A series of steps of several browsers on one site, compared after each step with {@link FlowModel}. */
import type { Browser } from "../browser/browser.ts"
import { LawBroken } from "../laws/law-broken.ts"
import { dataOf, type LawSite, userOf } from "../laws/law-site.ts"
import { describedSite, type LawTestSite } from "../laws/memory/memory-site.ts"
import { FlowModel } from "./flow-model.ts"
import type { CookiesAction, ExtraAction, FlowAction, FlowStep } from "./flow-step.ts"

/** A series of steps. `run` carries it out on a site. */
export class Flow {
  /** The steps, in order. */
  readonly steps: ReadonlyArray<FlowStep>
  readonly #browsers: number
  readonly #extra: Readonly<Record<string, ExtraAction>>

  constructor(steps: ReadonlyArray<FlowStep>, browsers: number, extra: Readonly<Record<string, ExtraAction>> = {}) {
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
    const model = new FlowModel(site, this.#browsers)
    const browsers = Array.from({ length: this.#browsers }, () => site.browser())
    for (const [at, { browser: each, action }] of this.steps.entries()) {
      const number = each % this.#browsers
      const browser = browsers[number]
      if (browser === undefined || !canDo(site, action)) continue
      if (action._tag === "take the cookies") browsers[number] = browsers[action.of % this.#browsers]?.copy() ?? browser
      else await send(site, browser, action, this.#extra, model.passwordOf(action))
      model.step(number, action)
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

const saidOf = ({ browser, action }: FlowStep): string => {
  const { _tag, ...more } = action
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
const canDo = ({ accounts, clock, pages }: LawSite, { _tag }: FlowAction): boolean => {
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
    case "deactivate":
    case "activate":
      return accounts !== undefined
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
  action: Exclude<FlowAction, CookiesAction>,
  extra: Readonly<Record<string, ExtraAction>>,
  password: string
): Promise<unknown> => {
  const { pages } = site
  switch (action._tag) {
    case "visit":
      return pages.visit(browser)
    case "log in":
      return pages.login(browser, { ...site.users[action.user], password })
    case "log out":
      return pages.logout(browser)
    case "write":
      return pages.write?.(browser, action.key, action.value)
    case "remove":
      return pages.remove?.(browser, action.key)
    case "clear":
      return pages.clear?.(browser)
    case "renew the key":
      return pages.cycle?.(browser)
    case "change password":
      return pages.changePassword?.(browser, action.password)
    case "deactivate":
      return site.accounts?.deactivate(site.users[action.user])
    case "activate":
      return site.accounts?.activate(site.users[action.user])
    case "time passes":
      return site.clock?.advance({ days: action.days })
    case "extra":
      return extra[action.name]?.(browser)
    default:
      return action satisfies never
  }
}
