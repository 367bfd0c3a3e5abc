import { EventEmitter } from "node:events"

const nodesOn = EventEmitter.prototype.on

type Listener = (...args: ReadonlyArray<never>) => unknown

/**
 * Listeners for `drain` on a response whose `on` another package replaced before latchkey did. The compression package
 * passes such listeners to its own stream. That stream does not know that latchkey makes the handler wait, and an event
 * of the response does not reach the listeners. So this class remembers them and calls them.
 */
export class DivertedDrain {
  readonly #res: EventEmitter
  readonly #beneath: EventEmitter["on"]
  readonly #installed: EventEmitter["on"]
  readonly #listeners = new Set<Listener>()

  /** `undefined` if `on` was not replaced. */
  static watch(res: EventEmitter): DivertedDrain | undefined {
    // `hasOwn` takes longer, and most responses have Node's own method.
    return res.on !== nodesOn && Object.hasOwn(res, "on") ? new DivertedDrain(res) : undefined
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

  /** No more listeners are remembered from now on. */
  stop(): void {
    if (this.#res.on === this.#installed) this.#res.on = this.#beneath
  }

  /** Emits `drain`, and calls the listeners that the event does not reach. */
  emit(): void {
    const reached = new Set<unknown>(this.#res.rawListeners("drain"))
    this.#res.emit("drain")
    for (const listener of this.#listeners) if (!reached.has(listener)) Reflect.apply(listener, this.#res, [])
    this.#listeners.clear()
  }
}
