/** One check of a law on one site. It counts the situations and the orders. */
import { checkedScene, OrderBroken, runEveryOrder, type Scene } from "../orders/every-order.ts"
import { type Checked, LawBroken } from "./law-broken.ts"
import type { LawSite } from "./law-site.ts"

/** What a law uses to check its situations. */
export class LawRun {
  /** The site that the law is checked on. */
  readonly site: LawSite
  #situations = 0
  #orders = 0
  readonly #notControlled = new Set<string>()

  constructor(site: LawSite) {
    this.site = site
  }

  /** What was done so far. */
  get checked(): Checked {
    const notControlled = [...this.#notControlled]
    return { situations: this.#situations, orders: this.#orders, complete: notControlled.length === 0, notControlled }
  }

  /** Checks one situation, without other requests beside it. @param name what it is, for the message */
  async situation(name: string, check: () => Promise<void>): Promise<void> {
    this.#situations += 1
    this.#orders += 1
    await this.site.reset()
    await named(name, check)
  }

  /**
   * Checks one situation in every order of its requests' store calls. On a site without a gate, one after the other, in
   * every order of the requests.
   */
  async everyOrder<Answers extends ReadonlyArray<unknown> | []>(
    name: string,
    scene: () => Scene<Answers> | Promise<Scene<Answers>>
  ): Promise<void> {
    this.#situations += 1
    const { gate, incomplete, patience = 200, reset } = this.site
    await named(name, async () => {
      if (gate === undefined) return this.#oneAfterTheOther(async () => checkedScene(await scene()))
      const options = { patience, ...(incomplete === undefined ? {} : { incomplete, repeats: "nothing" as const }) }
      // The message says no call that runs the order alone: the scene is the law's.
      const done = await runEveryOrder({ gate, reset }, scene, options, () => "")
      this.#orders += done.orders
      for (const line of done.notControlled) this.#notControlled.add(line)
    })
  }

  async #oneAfterTheOther(scene: () => Promise<Scene<ReadonlyArray<unknown>>>): Promise<void> {
    this.#notControlled.add("the site has no gate: requests came one after the other")
    await this.site.reset()
    const { requests } = await scene()
    for (const order of permutations([...requests.keys()])) {
      this.#orders += 1
      await this.site.reset()
      const { check, requests } = await scene()
      const answers = new Map<number, unknown>()
      for (const each of order) {
        const request = requests[each]
        if (request !== undefined) answers.set(each, await request())
      }
      await check([...answers].toSorted(([one], [other]) => one - other).map(([, answer]) => answer))
    }
  }
}

/** Every order of some items. */
export const permutations = <A>(items: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> =>
  items.length < 2
    ? [items]
    : items.flatMap((first, at) => permutations(items.toSpliced(at, 1)).map((rest) => [first, ...rest]))

/**
 * Adds to a `LawBroken` in which situation the law was broken. Other errors are faults of the test and are thrown
 * again.
 */
const named = async (name: string, check: () => Promise<void>): Promise<void> => {
  try {
    await check()
  } catch (error) {
    const isBroken = error instanceof LawBroken || (error instanceof OrderBroken && error.cause instanceof LawBroken)
    throw isBroken ? new LawBroken(`${name}: ${error.message}`, { cause: error }) : error
  }
}
