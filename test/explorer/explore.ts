/**
 * Every order in which the store calls of a few requests can happen, over the pure core.
 *
 * A state is the world and how far each request is. Two states are equal when the worlds are equal and each request has
 * got the same answers, because a request over the core depends on nothing else. Equal states are continued once, and
 * each call of the core is made once for each series of answers.
 */
import * as Core from "../../src/core/index.ts"
import { type Operation, type Request, sessions } from "./operations.ts"
import { type Answer, begin, type CoreFunctions, type Response, type Running, unavailable } from "./request.ts"
import { type Store, sound } from "./table.ts"
import { called, happened, answered as heard, type World } from "./world.ts"

/** How far a request is: what it asks next, or its response. */
class Place {
  readonly running: Running
  readonly id: number
  readonly #after = new Map<string, Place>()
  readonly #count: { n: number }

  constructor(running: Running, count: { n: number }) {
    this.running = running
    this.#count = count
    this.id = count.n++
  }

  /** The request after an answer; `undefined`: its call failed. */
  after(answer: Answer | undefined, now: number): Place {
    const { running } = this
    if (running._tag === "Answered") return this
    const text = answer === undefined ? "" : `${now} ${JSON.stringify(answer)}`
    const known = this.#after.get(text)
    if (known !== undefined) return known
    const place = new Place(answer === undefined ? unavailable : running.answered(answer, now), this.#count)
    this.#after.set(text, place)
    return place
  }
}

/** One state of an exploration, with the step by which it was reached first. */
export interface State {
  readonly world: World
  /** One for each operation; for an event, whether it has happened. */
  readonly places: ReadonlyArray<Place | boolean>
  readonly from: State | undefined
  readonly step: string
}

export interface Exploration {
  /** How many orders of the steps there are. */
  readonly orders: bigint
  /** How many different states they meet. */
  readonly states: number
  readonly broken: ReadonlyArray<Broken>
}

/** A state in which a law does not hold. */
export interface Broken {
  readonly law: string
  /** The steps that lead there. */
  readonly story: ReadonlyArray<string>
}

/** A law of every state, or of the states in which every request is answered. Returns what is wrong. */
export interface Law {
  readonly sentence: string
  /** Names of faults that break it. */
  readonly finds: ReadonlyArray<string>
  readonly always?: (world: World, operations: ReadonlyArray<Operation>) => string | undefined
  readonly atRest?: (end: End) => string | undefined
}

/** The end of an order: every request is answered. */
export interface End {
  readonly start: World
  readonly world: World
  readonly operations: ReadonlyArray<Operation>
  readonly responses: ReadonlyArray<readonly [request: Request, response: Response]>
}

const letters = "abcdefgh"

/** What an exploration runs on. */
export interface Parts {
  readonly store?: Store
  readonly core?: CoreFunctions
  /** The lifetimes of sessions, at a site that has them. */
  readonly lifetime?: Core.Lifetime.LifetimeSettings
}

/** Runs the operations in every order, and judges each state. */
export const explore = (
  start: World,
  operations: ReadonlyArray<Operation>,
  laws: ReadonlyArray<Law>,
  { core = Core, lifetime, store = sound }: Parts = {}
): Exploration => {
  const broken: Array<Broken> = []
  let world = lifetime === undefined ? start : withLifetime(start, lifetime)
  const count = { n: 0 }
  const worlds = new Worlds()
  const places = operations.map((operation, each) => {
    if (operation._tag !== "Request") return false
    const running = begin(
      core,
      world.settings,
      letters.charAt(each),
      sessions[operation.from],
      start.now,
      operation.page,
      operation.isProven
    )
    if (running._tag === "Answered") world = heard(world, operation, running.response)
    return new Place(running, count)
  })
  let orders = 0n
  let states = 0
  let layer = new Map<string, { readonly state: State; orders: bigint }>()
  const enter = (into: typeof layer, state: State, ways: bigint) => {
    const places = state.places.map((place) => (place instanceof Place ? place.id : place))
    const text = `${worlds.numberOf(state.world)} ${places.join()}`
    const known = into.get(text)
    if (known !== undefined) known.orders += ways
    else into.set(text, { state, orders: ways })
  }
  enter(layer, { world, places, from: undefined, step: "" }, 1n)
  // What is always true depends on the world alone, and many states have the same world.
  const always = new Map<number, ReadonlyArray<string>>()
  const wrongIn = (world: World): ReadonlyArray<string> => {
    const number = worlds.numberOf(world)
    const found = always.get(number) ?? laws.flatMap((law) => law.always?.(world, operations) ?? [])
    always.set(number, found)
    return found
  }
  // All states of a layer are the same number of steps from the start.
  while (layer.size > 0) {
    const next: typeof layer = new Map()
    for (const { orders: ways, state } of layer.values()) {
      states += 1
      const judge = (wrong: string | undefined) => {
        if (wrong !== undefined) broken.push({ law: wrong, story: storyOf(state) })
      }
      for (const wrong of wrongIn(state.world)) judge(wrong)
      let isOver = true
      for (const [each, operation] of operations.entries()) {
        const after = stepped(state, each, operation, store)
        if (after === undefined) continue
        isOver = false
        enter(next, after, ways)
      }
      if (!isOver) continue
      orders += ways
      const responses = operations.flatMap((operation, each) => responseOf(operation, state.places[each]))
      for (const { atRest } of laws) judge(atRest?.({ start, world: state.world, operations, responses }))
    }
    layer = next
  }
  return { orders, states, broken }
}

/** A site that has lifetimes, with others. */
const withLifetime = (world: World, lifetime: Core.Lifetime.LifetimeSettings): World => {
  const { session } = world.settings
  if (session.lifetime === undefined) return world
  return { ...world, settings: { ...world.settings, session: { ...session, lifetime } } }
}

const stepped = (state: State, each: number, operation: Operation, store: Store): State | undefined => {
  const place = state.places[each]
  const moved = (world: World, to: Place | boolean, step: string): State => ({
    world,
    places: state.places.with(each, to),
    from: state,
    step
  })
  if (operation._tag !== "Request")
    return place === true ? undefined : moved(happened(state.world, operation), true, operation.name)
  if (!(place instanceof Place) || place.running._tag === "Answered") return undefined
  const { query } = place.running
  const { answer, world } = called(state.world, store, letters.charAt(each), operation, query)
  const to = place.after(answer, world.now)
  const call = query._tag === "CommitSession" ? query.change._tag : query._tag
  const step = `${operation.name}: ${call} → ${answer?._tag ?? "failed"}`
  return moved(to.running._tag === "Answered" ? heard(world, operation, to.running.response) : world, to, step)
}

const responseOf = (
  operation: Operation,
  place: Place | boolean | undefined
): ReadonlyArray<readonly [Request, Response]> =>
  operation._tag === "Request" && place instanceof Place && place.running._tag === "Answered"
    ? [[operation, place.running.response]]
    : []

/** Numbers for worlds: equal worlds have the same number. */
class Worlds {
  readonly #byText = new Map<string, number>()
  readonly #known = new WeakMap<World, number>()

  numberOf(world: World): number {
    const known = this.#known.get(world)
    if (known !== undefined) return known
    const text = textOf(world)
    const number = this.#byText.get(text) ?? this.#byText.size
    this.#byText.set(text, number)
    this.#known.set(world, number)
    return number
  }
}

/** A text that is the same for equal worlds. */
const textOf = ({ fault, now, passwords, past, table }: World): string => {
  const { latest, logins, renewals, writes } = past.times ?? { latest: 0, ...none }
  const maps = [table.rows, table.forwards, past.family, logins, writes, renewals].map((map) =>
    [...map].toSorted(byKey)
  )
  const proofs = [...past.proofs].map(([key, all]) => [key, [...all].toSorted()] as const).toSorted(byKey)
  const sets = [past.ended, past.risen, past.over].map((set) => [...set].toSorted())
  return JSON.stringify([now, latest, fault, passwords, maps, proofs, sets])
}

const none = { logins: new Map(), writes: new Map(), renewals: new Map() }

const byKey = ([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number =>
  one < other ? -1 : one > other ? 1 : 0

const storyOf = (state: State): ReadonlyArray<string> =>
  state.from === undefined ? [] : [...storyOf(state.from), state.step]

/** Every choice of `size` operations, where the same one may be chosen again. */
export const combinations = (
  operations: ReadonlyArray<Operation>,
  size: number
): ReadonlyArray<ReadonlyArray<Operation>> =>
  size === 0
    ? [[]]
    : operations.flatMap((first, at) => combinations(operations.slice(at), size - 1).map((rest) => [first, ...rest]))
