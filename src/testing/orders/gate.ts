/** The place where the store calls of requests wait, while `everyOrder` decides which call is made next. */
import { AsyncLocalStorage } from "node:async_hooks"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { intercepted, type Stores } from "../browser/intercept.ts"

/** Decides when calls go on. `everyOrder` is one. */
export interface Turns {
  /**
   * A call waits.
   *
   * @param request the number of the request that calls
   * @returns when the call may go on
   */
  readonly hold: (request: number, label: string) => Promise<void>
  /**
   * A call has ended.
   *
   * @param outcome its answer as text, or `failed`
   */
  readonly note: (request: number, label: string, outcome: string) => void
  /** A request of an order that is over has made a call. It does not wait. */
  readonly late: (request: number, label: string) => void
}

interface Caller {
  readonly turns: Turns
  readonly request: number
}

/**
 * Delays the calls of requests until it is their turn. Outside of `everyOrder`, calls are not delayed.
 *
 * ```ts
 * const gate = new Gate()
 * const { sessions, users } = gate.stores({ sessions: mySessions, users: myUsers })
 * ```
 */
export class Gate {
  readonly #callers = new AsyncLocalStorage<Caller>()
  #turns: Turns | undefined
  #running = 0
  #isOccupied = false
  #works = 0

  /** The same stores; each call to them waits for its turn. */
  stores<User>(stores: Stores<User>): Stores<User> {
    return intercepted(stores, ({ operation }, effect) =>
      Effect.suspend(() => {
        const caller = this.#caller(operation)
        if (caller === undefined) return effect
        const { request, turns } = caller
        return Effect.flatMap(
          Effect.promise(() => turns.hold(request, operation)),
          () =>
            Effect.onExit(effect, (exit) =>
              Effect.sync(() => turns.note(request, operation, Exit.isSuccess(exit) ? textOf(exit.value) : "failed"))
            )
        )
      })
    )
  }

  /**
   * For a call that the application itself makes, for example to its own database: `await gate.turn("insert order")`
   * before it.
   *
   * @param label what the call does, for the story of an order
   */
  async turn(label: string): Promise<void> {
    const caller = this.#caller(label)
    if (caller === undefined) return
    await caller.turns.hold(caller.request, label)
    caller.turns.note(caller.request, label, "")
  }

  /**
   * For work that a request waits for, that touches nothing which requests share, and that Node does not report as
   * pending: the hash of a password, for example. The order goes on when it has ended.
   */
  async during<A>(work: () => Promise<A>): Promise<A> {
    this.#works += 1
    try {
      return await work()
    } finally {
      this.#works -= 1
    }
  }

  /** Whether work of {@link during} has not ended yet. */
  get isAtWork(): boolean {
    return this.#works > 0
  }

  /** The number of the request that runs, from 0; `undefined` outside of `everyOrder`. */
  get request(): number | undefined {
    const caller = this.#callers.getStore()
    if (this.#turns === undefined || (caller !== undefined && caller.turns !== this.#turns)) return undefined
    return caller?.request ?? this.#running
  }

  /**
   * Called by `everyOrder`: until the returned function is called, the gate is its own.
   *
   * @throws {Error} if another `everyOrder` uses the gate
   */
  occupy(): () => void {
    if (this.#isOccupied)
      throw new Error(
        "another everyOrder runs on this gate. Await it before the next one, or give each test a site of its own: " +
          "with one site, tests cannot run concurrently"
      )
    this.#isOccupied = true
    return () => {
      this.#isOccupied = false
    }
  }

  /** Called by `everyOrder`: from now on calls wait; `undefined`: they no longer wait. */
  take(turns: Turns | undefined): void {
    this.#turns = turns
  }

  /** Called by `everyOrder`: calls without a request of their own count as calls of this one. */
  letRun(request: number): void {
    this.#running = request
  }

  /** Called by `everyOrder`: the calls of `begin`, and of all that it starts, are those of this request. */
  begin<A>(turns: Turns, request: number, begin: () => Promise<A>): Promise<A> {
    return this.#callers.run({ turns, request }, begin)
  }

  /** A call of a request that belongs to an order that is over does not wait. */
  #caller(label: string): Caller | undefined {
    const turns = this.#turns
    const caller = this.#callers.getStore()
    if (caller !== undefined && caller.turns !== turns) {
      caller.turns.late(caller.request, label)
      return undefined
    }
    return turns === undefined ? undefined : (caller ?? { turns, request: this.#running })
  }
}

const textOf = (value: unknown): string => JSON.stringify(value, plain) ?? ""

const plain = (_: string, value: unknown): unknown =>
  value instanceof Map || value instanceof Set ? [...value] : typeof value === "bigint" ? String(value) : value
