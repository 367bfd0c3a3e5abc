import type { EventEmitter } from "node:events"

type Listener = (...args: ReadonlyArray<never>) => unknown

/**
 * Those who listen for `drain` on a response whose `on` somebody wrapped before us. The compression package hands them
 * to a stream of its own, which knows nothing of a wait that we caused, and an event of the response does not reach
 * them: so they are remembered, and called.
 */
export class DivertedDrain {
  readonly #res: EventEmitter
  readonly #beneath: EventEmitter["on"]
  readonly #installed: EventEmitter["on"]
  readonly #listeners = new Set<Listener>()

  /** `undefined` where nobody wrapped `on`. */
  static watch(res: EventEmitter): DivertedDrain | undefined {
    return Object.hasOwn(res, "on") ? new DivertedDrain(res) : undefined
  }

  private constructor(res: EventEmitter) {
    this.#res = res
    this.#beneath = res.on
    this.#installed = (event: string | symbol, listener: Listener): EventEmitter => {
      if (event === "drain") this.#listeners.add(listener)
      return Reflect.apply(this.#beneath, res, [event, listener])
    }
    res.on = this.#installed
  }

  /** From here on, nobody new is remembered. */
  stop(): void {
    if (this.#res.on === this.#installed) this.#res.on = this.#beneath
  }

  /** Emits `drain`, and calls those whom it does not reach. */
  emit(): void {
    const reached = new Set<unknown>(this.#res.rawListeners("drain"))
    this.#res.emit("drain")
    for (const listener of this.#listeners) if (!reached.has(listener)) Reflect.apply(listener, this.#res, [])
    this.#listeners.clear()
  }
}
