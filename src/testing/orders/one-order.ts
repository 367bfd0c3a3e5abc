/** Carries requests out once, in one order of their calls. */
import { hasFakeTimers, hasImmediates, newlyAtWork, pause, round, stopwatch } from "./at-rest.ts"
import type { Gate, Turns } from "./gate.ts"

/** A possible next step: a request begins, or a waiting call continues. */
interface Choice {
  /** The request's letter, with a prime for each earlier call of the same request that still waits. */
  readonly word: string
  readonly request: number
  readonly label: string
  /** `undefined`: the request begins. */
  readonly call: Held | undefined
}

interface Held {
  readonly request: number
  readonly label: string
  readonly go: () => void
}

/** One step of an order that was carried out. */
export interface Step {
  readonly word: string
  /** As in `A load`. */
  readonly said: string
  /** Whether a call went on; otherwise a request began that made no call. */
  readonly isCall: boolean
  /** How many choices there were, and which was taken. */
  readonly choices: number
  readonly taken: number
}

/** What had happened before a step. */
export interface Mark {
  /** The calls, with their answers. */
  readonly outcomes: string
  /** What could happen next. */
  readonly calls: string
}

/** An order that was carried out. */
export interface Order<A> {
  readonly steps: ReadonlyArray<Step>
  /**
   * For each step, all that had happened before it and what could happen next; and one for the end. The same order has
   * the same marks.
   */
  readonly marks: ReadonlyArray<Mark>
  readonly answers: ReadonlyArray<A>
  /** What went wrong in carrying out the requests; `undefined`: each was answered. */
  readonly failure: Error | undefined
  /** What a request waited for, or left running, that was not a call at the gate. */
  readonly notControlled: ReadonlySet<string>
}

/** What is kept from order to order. */
export interface SharedByOrders {
  /** Places where a request was found to wait for another one. */
  readonly blocked: Set<string>
  /** What no order controls, in any of its runs. */
  readonly notControlled: Set<string>
}

export interface OrderOptions {
  readonly starts: "lazy" | "steps"
  /** Milliseconds of real time for a request that neither ends nor makes a call, and for which nothing is at work. */
  readonly patience: number
}

/** A request that waits longer than this for something else fails. */
const longestWaitMilliseconds = 5000

/** When no request has a call left, those that have not ended get this time to do so. */
const latestAnswerMilliseconds = 1000

/** The name of a request: A, B, C, … */
export const letter = (request: number): string => String.fromCharCode(65 + request)

interface Outcome<A> {
  isBegun: boolean
  result:
    | { readonly _tag: "Answered"; readonly answer: A }
    | { readonly _tag: "Threw"; readonly error: unknown }
    | undefined
}

/** Picks one of the words that are possible at a step; `undefined`: none of them is wanted. */
export type PickWord = (words: ReadonlyArray<string>, step: number) => number

/** A run of requests in one order. Calls wait here until they are picked. */
export class OneOrder<A> implements Turns {
  readonly #gate: Gate
  readonly #requests: ReadonlyArray<() => A | Promise<A>>
  readonly #options: OrderOptions
  readonly #blocked: Set<string>
  readonly #outcomes: ReadonlyArray<Outcome<A>>
  readonly #waiting: Array<Held> = []
  readonly #past: Array<string> = []
  readonly #notControlled = new Set<string>()
  readonly #late: Set<string>
  #before: ReadonlyArray<string> = []
  #isReleased = false
  #wake: () => void = () => {}

  /** @param shared what the orders of the same requests have in common */
  constructor(
    gate: Gate,
    requests: ReadonlyArray<() => A | Promise<A>>,
    options: OrderOptions,
    { blocked, notControlled }: SharedByOrders
  ) {
    this.#gate = gate
    this.#requests = requests
    this.#options = options
    this.#blocked = blocked
    this.#late = notControlled
    this.#outcomes = requests.map(() => ({ isBegun: false, result: undefined }))
  }

  hold = (request: number, label: string): Promise<void> => {
    if (this.#isReleased) return Promise.resolve()
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.push({ request, label, go: resolve })
    this.#wake()
    return promise
  }

  note = (request: number, label: string, outcome: string): void => {
    if (!this.#isReleased) this.#past.push(`${letter(request)} ${label}: ${outcome}`)
  }

  late = (request: number, label: string): void => {
    this.#late.add(`${letter(request)} makes a call after its order is over: ${label}`)
  }

  /** Carries the requests out. Calls wait until `pick` chooses them. Every request has ended when this returns. */
  async carryOut(pick: PickWord): Promise<Order<A>> {
    this.#before = newlyAtWork([])
    this.#gate.take(this)
    const steps: Array<Step> = []
    const marks: Array<Mark> = []
    let failure: Error | undefined
    try {
      for (;;) {
        const choices = this.#choices(steps.at(-1)?.word)
        if (choices.length === 0) {
          if (await this.#goesOn()) continue
          break
        }
        marks.push({
          outcomes: this.#past.join("\n"),
          calls: choices.map(({ label, word }) => `${word} ${label}`).join(", ")
        })
        const words = choices.map(({ word }) => word)
        const taken = pick(words, steps.length)
        const choice = choices[taken]
        if (choice === undefined)
          throw notDeterministic(
            steps,
            `There was another choice before; now there are ${words.join(", ")}.`,
            new Set([...this.#late, ...this.#notControlled])
          )
        const { isCall, said } = await this.#step(choice)
        steps.push({ word: choice.word, said, isCall, choices: choices.length, taken })
      }
      marks.push({ outcomes: [...this.#past, ...this.#outcomes.map(endOf)].join("\n"), calls: "" })
      failure = this.#failure()
    } finally {
      await this.#release()
    }
    const answers = this.#outcomes.flatMap(({ result }) => (result?._tag === "Answered" ? [result.answer] : []))
    return { steps, marks, answers, failure, notControlled: this.#notControlled }
  }

  /** What may happen next. The request that ran last comes first, so that an order that only goes on has no switch. */
  #choices(last: string | undefined): ReadonlyArray<Choice> {
    const counts = new Map<number, number>()
    const calls = this.#waiting.map((call): Choice => {
      const earlier = counts.get(call.request) ?? 0
      counts.set(call.request, earlier + 1)
      return { ...call, word: letter(call.request) + "'".repeat(earlier), call }
    })
    const begins = this.#outcomes.flatMap(
      ({ isBegun }, request): ReadonlyArray<Choice> =>
        isBegun ? [] : [{ word: letter(request), request, label: "begins", call: undefined }]
    )
    const rank = ({ request }: Choice) => (letter(request) === last?.charAt(0) ? -1 : request)
    return [...begins, ...calls].toSorted((one, other) => rank(one) - rank(other))
  }

  async #step({ call, label, request, word }: Choice): Promise<Pick<Step, "isCall" | "said">> {
    this.#gate.letRun(request)
    if (call === undefined) {
      await this.#begin(request)
      // A request begins together with its first call: what it does before that concerns no other request.
      const first = this.#waiting.find((held) => held.request === request)
      if (this.#options.starts === "steps" || first === undefined) return { said: `${word} begins`, isCall: false }
      return this.#step({ word, request, label: first.label, call: first })
    }
    this.#waiting.splice(this.#waiting.indexOf(call), 1)
    const waiting = this.#waitingOf(request)
    call.go()
    await this.#settle(request, `${word} ${label}`, waiting)
    return { said: `${word} ${label}`, isCall: true }
  }

  async #begin(request: number): Promise<void> {
    const outcome = this.#outcomes[request]
    if (outcome === undefined) return
    outcome.isBegun = true
    const run = this.#requests[request]
    if (run === undefined) return
    const end = (result: Outcome<A>["result"]): void => {
      outcome.result = result
      this.#wake()
    }
    const waiting = this.#waitingOf(request)
    this.#gate
      .begin(this, request, async () => run())
      .then(
        (answer) => end({ _tag: "Answered", answer }),
        (error: unknown) => end({ _tag: "Threw", error })
      )
    await this.#settle(request, `${letter(request)} begins`, waiting)
  }

  #waitingOf(request: number): number {
    return this.#waiting.filter((held) => held.request === request).length
  }

  /**
   * Waits until the request has ended or waits at the gate again, and nothing runs that would go on by itself. The
   * others wait at the gate all the time, so what runs is this request.
   *
   * @param waiting how many calls of the request waited before
   */
  async #settle(request: number, at: string, waiting: number): Promise<void> {
    const isAtRest = () => this.#waitingOf(request) > waiting || this.#outcomes[request]?.result !== undefined
    const time = stopwatch()
    let wasWaiting = false
    for (;;) {
      await (this.#gate.isAtWork ? pause(1).over : round())
      const waited = time()
      if (this.#gate.isAtWork && waited < longestWaitMilliseconds) continue
      const others = newlyAtWork(this.#before)
      if (hasImmediates()) {
        if (others.length > 0) this.#noteOther(request, at, others, "waits for")
        continue
      }
      if (isAtRest()) {
        if (others.length > 0) this.#noteOther(request, at, others, "goes on beside")
        else if (wasWaiting) this.#noteOther(request, at, ["something that Node does not tell"], "waits for")
        return
      }
      if (others.length > 0) this.#noteOther(request, at, others, "waits for")
      else if (this.#blocked.has(at) || waited > this.#options.patience) {
        this.#blocked.add(at)
        return
      }
      if (waited > longestWaitMilliseconds)
        throw new Error(
          `${letter(request)} neither ends nor makes a call, after ${at}: ${
            hasFakeTimers()
              ? 'fake timers are on; use site.clock, or fake only the Date (vitest: toFake: ["Date"])'
              : `it waits for ${others.join(", ") || "something that Node does not tell"}`
          }`
        )
      const short = pause(5)
      this.#wake = short.stop
      await short.over
      this.#wake = () => {}
      wasWaiting = others.length === 0
    }
  }

  /**
   * Whether a request that seemed to wait for another one makes a call after all: on a busy machine, a database may
   * take longer than the patience.
   */
  async #goesOn(): Promise<boolean> {
    const time = stopwatch()
    while (this.#outcomes.some(({ result }) => result === undefined)) {
      if (this.#waiting.length > 0) return true
      if (time() > latestAnswerMilliseconds) return false
      await pause(5).over
    }
    return false
  }

  #noteOther(request: number, at: string, others: ReadonlyArray<string>, how: string): void {
    this.#notControlled.add(`${letter(request)} ${how} ${[...new Set(others)].join(", ")} after ${at}`)
  }

  #failure(): Error | undefined {
    const waiting = this.#outcomes.flatMap(({ result }, request) => (result === undefined ? [letter(request)] : []))
    if (waiting.length > 0) return new Error(`${waiting.join(" and ")} never ended: nothing is left that could go on`)
    for (const [request, { result }] of this.#outcomes.entries())
      if (result?._tag === "Threw")
        return new Error(`${letter(request)} threw: ${describe(result.error)}`, { cause: result.error })
    return undefined
  }

  /** Lets every request run to its end: a request that is not finished could hold a lock that later ones need. */
  async #release(): Promise<void> {
    this.#isReleased = true
    const time = stopwatch()
    for (;;) {
      for (const { go } of this.#waiting.splice(0)) go()
      if (this.#outcomes.every(({ isBegun, result }) => result !== undefined || !isBegun)) break
      const waited = time()
      const isStuck = waited > this.#options.patience && newlyAtWork(this.#before).length === 0
      if (isStuck || waited > longestWaitMilliseconds) break
      await (waited < 20 ? round() : pause(5).over)
    }
    this.#gate.take(undefined)
  }
}

/**
 * @param difference what was not as before
 * @param notControlled what may be the reason
 */
export const notDeterministic = (
  steps: ReadonlyArray<Step>,
  difference: string,
  notControlled: ReadonlySet<string>
): Error =>
  new Error(
    [
      `the requests are not deterministic: after "${steps.map(({ word }) => word).join(" ")}" they did not do the same ` +
        `as before. ${difference} Let the scene make the browsers, and reset() restore all else that requests change. ` +
        "Take the time from site.clock and random values from the site.",
      ...notControlled
    ].join("\n  ")
  )

/** How a request has ended, as far as it can be compared. */
const endOf = <A>({ result }: Outcome<A>): string => {
  if (result?._tag !== "Answered") return result?._tag ?? "not ended"
  if (result.answer instanceof Response) return `status ${result.answer.status}`
  return typeof result.answer === "object" ? "answered" : String(result.answer)
}

const describe = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error)
