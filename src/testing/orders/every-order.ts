import { checkOptions, type Kind, type Kinds, string } from "../../adapters/options/option-kinds.ts"
import type { Gate } from "./gate.ts"
import { OneOrder, type Order, type PickWord } from "./one-order.ts"
import { following, nextOf, shortOf, switches } from "./order-words.ts"
import { Tried } from "./tried-orders.ts"

/** A site whose store calls can be put into order. A `testSite` is one. */
export interface OrderedSite {
  /** The gate that its store calls pass. */
  readonly gate: Gate
  /** Restores the start of the site: called before each order. */
  readonly reset: () => void | Promise<void>
}

/** The requests of one order, and what has to hold after it. */
export interface Scene<Answers extends ReadonlyArray<unknown>> {
  /** They are called A, B, C, … in this order. */
  readonly requests: { readonly [Each in keyof Answers]: () => Answers[Each] | Promise<Answers[Each]> }
  /**
   * Throws if the outcome is wrong. Called when every request has ended.
   *
   * @param answers those of the requests, in their order
   */
  readonly check: (answers: Answers) => void | Promise<void>
}

/** Settings of {@link everyOrder}. */
export interface EveryOrderOptions {
  /** Runs one order only: the one that an error named, as in `"A B A"`. */
  readonly only?: string
  /** The most orders to run. Default 10,000. */
  readonly budget?: number
  /**
   * `"lazy"` (default): a request begins with its first call. `"steps"`: its beginning is a step of its own, for
   * handlers that share variables before their first call.
   */
  readonly starts?: "lazy" | "steps"
  /** `"allowed"`: does not reject when not every order could be run. Look at `complete` and `notControlled` then. */
  readonly incomplete?: "allowed"
  /**
   * What has to be the same each time that an order begins with the same steps: the calls and their answers (default),
   * or only the `"calls"`, for sites whose random values and clock are their own. With `"nothing"`, other calls are
   * named in `notControlled`.
   */
  readonly repeats?: "answers" | "calls" | "nothing"
  /** Milliseconds after which a request that does nothing counts as waiting for another request. Default 200. */
  readonly patience?: number
}

/** What {@link everyOrder} has run. */
export interface Orders {
  /** How many orders were run. */
  readonly orders: number
  /** Whether these are all the orders of the calls, and nothing else decided what happened. */
  readonly complete: boolean
  /** What a request waited for that is not under control, as in `A waits for Timeout after A load`. */
  readonly notControlled: ReadonlyArray<string>
}

/** A check failed in at least one order. The message tells the order with the fewest switches between requests. */
export class OrderBroken extends Error {
  override readonly name = "OrderBroken"
  /** Runs it again: `everyOrder(site, scene, { only: order })`. */
  readonly order: string
  constructor(message: string, order: string, cause: unknown) {
    super(message, { cause })
    this.order = order
  }
}

/** Not every order could be run, or something else decided what happened. The message says why and what to do. */
export class OrdersIncomplete extends Error {
  override readonly name = "OrdersIncomplete"
  /** The orders that were run. */
  readonly result: Orders
  constructor(message: string, result: Orders) {
    super(message)
    this.result = result
  }
}

/**
 * Runs requests at the same time, once for each order in which their store calls can happen, and checks the outcome of
 * each order. Before each order the site is reset and `scene` is called.
 *
 * ```ts
 * await everyOrder(site, async () => {
 *   const alice = await site.browserOf("alice")
 *   const tab = alice.copy()
 *   const requests = [() => alice.fetch(app, "/logout", { form: {} }), () => tab.fetch(app, "/cart", { form: { add: "1" } })]
 *   return { requests, check: async () => expect((await tab.fetch(app, "/account")).status).toBe(302) }
 * })
 * ```
 *
 * It proves that the check holds for these requests, from this start, in every order of the calls at the site's gate,
 * where each call is atomic. It proves nothing about more requests, other starts, the inside of a call, or other work
 * that a request waits for (timers, files, sockets). `notControlled` names such work.
 *
 * @throws {OrderBroken} if the check fails in an order
 * @throws {OrdersIncomplete} if not every order could be run and `incomplete` is not `"allowed"`
 */
export const everyOrder = <Answers extends ReadonlyArray<unknown> | []>(
  site: OrderedSite,
  scene: () => Scene<Answers> | Promise<Scene<Answers>>,
  options: EveryOrderOptions = {}
): Promise<Orders> =>
  runEveryOrder(site, scene, options, (order) => {
    const written = Object.entries({ ...{ only: order, ...options }, only: order }).map(
      ([name, value]) => `${name}: ${typeof value === "number" ? value : JSON.stringify(value)}`
    )
    return ` To run this order alone: everyOrder(site, scene, { ${written.join(", ")} })`
  })

/**
 * The same, for a caller that is not the user's own test.
 *
 * @param advice the end of the message of {@link OrderBroken}: how to run an order alone
 */
export const runEveryOrder = async <Answers extends ReadonlyArray<unknown> | []>(
  site: OrderedSite,
  scene: () => Scene<Answers> | Promise<Scene<Answers>>,
  options: EveryOrderOptions,
  advice: (order: string) => string
): Promise<Orders> => {
  checkSite(site)
  if (typeof scene !== "function")
    throw new TypeError("everyOrder: the second argument is a function that makes a scene: () => ({ requests, check })")
  checkOptions(options, orderKinds)
  const release = site.gate.occupy()
  try {
    return await runAll(site, async () => checkedScene(await scene()), options, advice)
  } finally {
    release()
  }
}

const runAll = async (
  site: OrderedSite,
  scene: () => Promise<AnyScene>,
  options: EveryOrderOptions,
  advice: (order: string) => string
): Promise<Orders> => {
  const { budget = 10_000, only, repeats = "answers" } = options
  const tried = new Tried(repeats)
  const run = (pick: PickWord): Promise<Run> => runControlled(site, scene, tried, options, pick)
  if (only !== undefined) {
    const broken = await run(following(only))
    if (broken.error !== undefined) throw orderBroken([broken], 1, advice)
    return settled(
      { orders: 1, complete: false, notControlled: [...tried.notControlled] },
      { ...options, incomplete: "allowed" }
    )
  }
  // The first order twice: what differs then is not due to the order.
  if (repeats !== "nothing") await run(() => 0)
  const broken: Array<Run> = []
  let orders = 0
  let choices: ReadonlyArray<number> | undefined = []
  while (choices !== undefined && orders < budget) {
    const taken: ReadonlyArray<number> = choices
    const done = await run((words, step) => {
      const wanted = taken[step] ?? 0
      return repeats === "nothing" ? Math.min(wanted, words.length - 1) : wanted
    })
    orders += 1
    if (done.error !== undefined) broken.push(done)
    choices = nextOf(done.order.steps)
  }
  if (broken.length > 0) throw orderBroken(broken, orders, advice)
  const notControlled = [
    ...tried.notControlled,
    ...(tried.hasCalls
      ? []
      : [
          "no request made a call that passes the gate: put the site's stores behind it (a request without a session " +
            "cookie may make no call)"
        ]),
    ...(choices === undefined ? [] : [`there are more orders than the budget of ${budget}`])
  ]
  return settled({ orders, complete: notControlled.length === 0, notControlled }, options)
}

const oneOf = (...words: ReadonlyArray<string>): Kind => ({
  written: words.map((word) => `"${word}"`).join(" or "),
  accepts: (value) => words.includes(String(value))
})

const orderKinds: Kinds<EveryOrderOptions> = {
  only: string,
  budget: { written: "a whole number from 1", accepts: (value) => Number.isInteger(value) && Number(value) > 0 },
  starts: oneOf("lazy", "steps"),
  incomplete: oneOf("allowed"),
  repeats: oneOf("answers", "calls", "nothing"),
  patience: { written: "milliseconds", accepts: (value) => typeof value === "number" && value >= 0 }
}

/** @throws {TypeError} for what is no site */
const checkSite = (site: Partial<OrderedSite> | undefined): void => {
  if (typeof site?.gate?.occupy !== "function" || typeof site.reset !== "function")
    throw new TypeError("everyOrder: the first argument is a site with `gate` and `reset`, as testSite() makes it")
}

/** A scene whose requests may answer anything. */
type AnyScene = Scene<ReadonlyArray<unknown>>

/** The same scene, for code that knows nothing about its answers. @throws {TypeError} for what is no scene */
export const checkedScene = <Answers extends ReadonlyArray<unknown>>(scene: Scene<Answers>): AnyScene => {
  const { check, requests }: Partial<Scene<Answers>> = Object(scene)
  const areRequests = Array.isArray(requests) && requests.every((request) => typeof request === "function")
  if (!areRequests || typeof check !== "function")
    throw new TypeError(
      "everyOrder: the scene has to return { requests, check }: an array of functions, and a function"
    )
  // Each answer is that of its request.
  const areAnswers = (answers: ReadonlyArray<unknown>): answers is Answers => answers.length === requests.length
  return {
    requests,
    check: (answers) => {
      if (areAnswers(answers)) return check(answers)
      throw new Error("everyOrder: a request has no answer")
    }
  }
}

interface Run {
  readonly order: Order<unknown>
  /** What the check, or a request, threw. */
  readonly error: unknown
}

/** How often an order is run in which something happened that is not controlled. */
const mostRuns = 3

/**
 * Runs an order until nothing in it was uncontrolled, apart from what is known already. What a request waits for is
 * there in each run. What is there only once is not: the timer of a test runner, the first connection of a pool.
 */
const runControlled = async (
  site: OrderedSite,
  scene: () => Promise<AnyScene>,
  tried: Tried,
  options: EveryOrderOptions,
  pick: PickWord
): Promise<Run> => {
  let done = await runOnce(site, scene, tried, options, pick)
  for (let runs = 1; tried.isNew(done.order) && done.error === undefined && runs < mostRuns; runs++) {
    const { notControlled, steps } = done.order
    const again = await runOnce(site, scene, tried, options, (_, step) => steps[step]?.taken ?? 0)
    const inBoth = [...notControlled].filter((line) => again.order.notControlled.has(line))
    done = { ...again, order: { ...again.order, notControlled: new Set(inBoth) } }
  }
  for (const line of done.order.notControlled) tried.notControlled.add(line)
  return done
}

const runOnce = async (
  site: OrderedSite,
  scene: () => Promise<AnyScene>,
  tried: Tried,
  { patience = 200, starts = "lazy" }: EveryOrderOptions,
  pick: PickWord
): Promise<Run> => {
  await site.reset()
  const { check, requests } = await scene()
  const one = new OneOrder(site.gate, requests, { starts, patience }, tried)
  const order = await one.carryOut(pick)
  tried.add(order)
  if (order.failure !== undefined) return { order, error: order.failure }
  try {
    await check(order.answers)
    return { order, error: undefined }
  } catch (error) {
    return { order, error: error ?? new Error("the check threw nothing") }
  }
}

const orderBroken = (broken: ReadonlyArray<Run>, orders: number, advice: (order: string) => string): OrderBroken => {
  const [first, ...rest] = broken.toSorted(
    (one, other) => switches(one.order) - switches(other.order) || one.order.steps.length - other.order.steps.length
  )
  if (first === undefined) throw new Error(`no broken order among ${rest.length}`)
  const { error, order } = first
  const short = shortOf(order)
  const story = order.steps.map(({ said }) => `  ${said}`).join("\n")
  const message = error instanceof Error ? error.message : String(error)
  return new OrderBroken(
    `${message}\n${story}\norder "${short}", ${switches(order)} ${switches(order) === 1 ? "switch" : "switches"}; ` +
      `${broken.length} of ${orders} ${orders === 1 ? "order fails" : "orders fail"}.${advice(short)}`,
    short,
    error
  )
}

const settled = (result: Orders, { incomplete }: EveryOrderOptions): Orders => {
  if (result.complete || incomplete === "allowed") return result
  throw new OrdersIncomplete(
    `not every order was run (${result.orders} were):\n${result.notControlled.map((line) => `  ${line}`).join("\n")}\n` +
      'Put what a request waits for behind `await site.gate.turn("…")`, use fewer requests or a larger budget, or pass ' +
      '{ incomplete: "allowed" } and read notControlled.',
    result
  )
}
