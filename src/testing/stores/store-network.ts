/** The network between latchkey and its stores, with faults that a test asks for. */
import * as Effect from "effect/Effect"
import { InjectedFault, StoreUnavailable } from "../../adapters/errors/errors.ts"
import { checkOptions, number } from "../../adapters/options/option-kinds.ts"
import {
  type Around,
  checkedStores,
  intercepted,
  operations,
  type StoreCall,
  type Stores
} from "../browser/intercept.ts"

/**
 * A fault of one call.
 *
 * - `refused`: the store does not get the call, and the caller gets an error.
 * - `acknowledgementLost`: the store does what was asked, but the caller gets an error.
 * - `slow`: the store does what was asked, after a delay.
 */
export type Fault = "refused" | "acknowledgementLost" | "slow"

/** The options of a {@link Network}. */
export interface NetworkOptions {
  /** How long a `slow` call takes. Default 100. */
  readonly slowMilliseconds?: number
}

/** A call to a store, and its result. */
export interface LoggedCall extends StoreCall {
  /** `answered`; or the fault that was asked for; or `failed` if the store itself failed. */
  readonly outcome: "pending" | "answered" | "failed" | Fault
}

/** The connection between a site and its stores, which can fail. */
export interface Network<User> extends Stores<User> {
  /**
   * The next `count` calls get this fault, or all calls until {@link heal}. Later calls of `fail` come after earlier
   * ones.
   *
   * @param only which calls, by operation, as in `["load"]`; default all
   */
  readonly fail: (count: number | "all", fault: Fault, only?: ReadonlyArray<string>) => void
  /**
   * The next calls get these faults, one each, in this order, as in `failEach(["none", "refused"])`. They come after
   * those of earlier calls of `fail`.
   */
  readonly failEach: (faults: ReadonlyArray<Fault | "none">) => void
  /** Ends all faults. */
  readonly heal: () => void
  /** Every call since the start or since {@link forget}, in order. */
  readonly log: ReadonlyArray<LoggedCall>
  /** Empties the log. */
  readonly forget: () => void
}

const faults: ReadonlyArray<string> = ["refused", "acknowledgementLost", "slow"] satisfies ReadonlyArray<Fault>

const checkFault = (method: string, fault: string, possible: ReadonlyArray<string>): void => {
  if (!possible.includes(fault))
    throw new TypeError(`${method}: there is no fault ${fault}; the faults are ${possible.join(", ")}`)
}

interface Plan {
  left: number
  readonly fault: Fault | "none"
  readonly only: ReadonlyArray<string> | undefined
}

/**
 * Puts a network between latchkey and its stores.
 *
 * ```ts
 * const net = network(memory())
 * const auth = createAuth({ sessions: net.sessions, backends: { [name]: modelBackend(net.users) }, … })
 * net.fail("all", "refused")
 * ```
 */
export const network = <User>(stores: Stores<User>, options: NetworkOptions = {}): Network<User> => {
  checkOptions(options, { slowMilliseconds: number })
  const { slowMilliseconds = 100 } = options
  let plans: Array<Plan> = []
  let log: Array<LoggedCall> = []

  const faultOf = ({ operation }: StoreCall): Fault | "none" => {
    const plan = plans.find(({ only }) => only === undefined || only.includes(operation))
    if (plan === undefined) return "none"
    plan.left--
    if (plan.left === 0) plans = plans.filter((other) => other !== plan)
    return plan.fault
  }
  const around: Around = (call, effect) =>
    Effect.suspend(() => {
      const fault = faultOf(call)
      const at = log.length
      const written = log
      written.push({ ...call, outcome: "pending" })
      const note = (outcome: LoggedCall["outcome"]) =>
        Effect.sync(() => {
          written[at] = { ...call, outcome }
        })
      const made = Effect.tapError(effect, () => note("failed"))
      if (fault === "none") return Effect.tap(made, () => note("answered"))
      const lost = Effect.fail(new StoreUnavailable({ operation: call.operation, cause: new InjectedFault({ fault }) }))
      if (fault === "refused") return Effect.andThen(note(fault), lost)
      const late = fault === "slow" ? Effect.delay(made, slowMilliseconds) : made
      const noted = Effect.tap(late, () => note(fault))
      return fault === "acknowledgementLost" ? Effect.andThen(noted, lost) : noted
    })

  return {
    ...intercepted(checkedStores("network: the first argument", stores), around),
    fail: (count, fault, only) => {
      checkFault("fail", fault, faults)
      const unknown = only?.find((operation) => !operations.includes(operation))
      if (unknown !== undefined)
        throw new TypeError(`fail: no store has the operation ${unknown}; the operations are ${operations.join(", ")}`)
      const left = count === "all" ? Number.POSITIVE_INFINITY : count
      if (!(left > 0) || (count !== "all" && !Number.isInteger(count)))
        throw new TypeError('fail: the number of calls is a whole number above 0, or "all"')
      plans.push({ left, fault, only })
    },
    failEach: (each) => {
      for (const fault of each) checkFault("failEach", fault, [...faults, "none"])
      plans.push(...each.map((fault): Plan => ({ left: 1, fault, only: undefined })))
    },
    heal: () => {
      plans = []
    },
    get log() {
      return log
    },
    forget: () => {
      log = []
    }
  }
}
