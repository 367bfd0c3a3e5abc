import type { Gate } from "./gate.ts"

/** The `Client` class of node-postgres, and classes like it: their queries are calls of one method. */
export interface QueryClient {
  /** The prototype, whose `query` waits from now on. */
  readonly prototype: QueryMethod
}

/** The method of a client that sends a query. */
export interface QueryMethod {
  /** Takes the query first, and may take a callback last. */
  query: (...args: Array<never>) => unknown
}

/** The options of {@link gateQueries}. */
export interface QueryGateOptions {
  /** Names a query for the story of an order. Default: its verb and its table. Must not quote values. */
  readonly label?: (sql: string) => string
}

/** Queries of a gate, which can be made to fail. */
export interface QueryGate {
  /** From now on every query fails. */
  readonly fail: () => void
  /** Ends the faults. */
  readonly heal: () => void
  /** Removes the gate: queries no longer wait. */
  readonly remove: () => void
}

/**
 * Lets every query of node-postgres wait for its turn, so that `everyOrder` and the laws decide the order of the
 * queries of an application in this process. The application itself does not change.
 *
 * ```ts
 * import pg from "pg"
 * const gate = new Gate()
 * const queries = gateQueries(pg.Client, gate)
 * ```
 */
export const gateQueries = (
  { prototype }: QueryClient,
  gate: Gate,
  { label = shortOf }: QueryGateOptions = {}
): QueryGate => {
  const sound = prototype.query
  let isFailing = false
  const gated = function (this: unknown, ...args: ReadonlyArray<unknown>): unknown {
    const callback = args.at(-1)
    // Cursors and streams read in many steps. They go on immediately.
    if (typeof Object(args[0]).submit === "function") return Reflect.apply(sound, this, args)
    const name = label(String(Object(args[0]).text ?? args[0]))
    const asked = async (): Promise<unknown> => {
      await gate.turn(name)
      if (isFailing)
        throw Object.assign(new Error("connect ECONNREFUSED (a fault that a test asked for)"), { code: "ECONNREFUSED" })
      return Reflect.apply(sound, this, typeof callback === "function" ? args.slice(0, -1) : args)
    }
    if (typeof callback !== "function") return asked()
    asked().then(
      (result) => callback(null, result),
      (error: unknown) => callback(error)
    )
    return undefined
  }
  prototype.query = gated
  return {
    fail: () => {
      isFailing = true
    },
    heal: () => {
      isFailing = false
    },
    remove: () => {
      prototype.query = sound
    }
  }
}

/** `select session` for `SELECT sess FROM "session" WHERE …`. */
const shortOf = (sql: string): string => {
  const [verb = ""] = sql.trim().toLowerCase().split(/\s+/)
  const table = /\b(?:from|into|update)\s+(?:"?\w+"?\.)?"?(\w+)/i.exec(sql)?.[1]
  return table === undefined ? verb : `${verb} ${table}`
}
