/**
 * A response whose hold begins when its request is first used. Most requests use nothing, and their responses need no
 * hold.
 *
 * Code may read a method long before it calls it: `res.end(await getUser())` first reads `end`. So the methods are
 * replaced at the start, and pass every call on until the hold begins.
 */
import { type Decides, Hold, holdResponse } from "./held-response.ts"
import type { Method, NodeResponse } from "./native/native.ts"
import { nativeOf } from "./native/native-of.ts"
import { install, type Methods } from "./response-methods.ts"
import { looksSent } from "./sent-response-view.ts"

/** The property of a prepared response that has its hold. */
const holdOf = Symbol("latchkey.hold")

/**
 * The property of a prepared response whose first call was passed on. `headersSent` is not enough. It is still `false`
 * when Node, in its `end`, calls a `writeHead` that another package has replaced, and it stays `false` if the client has
 * disconnected.
 */
const begun = Symbol("latchkey.begun")

type Prepared = NodeResponse & { [holdOf]?: Hold; [begun]?: true | undefined }

export class LateHold {
  readonly #res: NodeResponse
  readonly #decides: Decides
  #state: "Prepared" | "Held" | "TooLate"

  constructor(res: NodeResponse, decides: Decides) {
    this.#res = res
    this.#decides = decides
    if (res.headersSent) this.#state = "TooLate"
    else if (hasOwnMethod(res)) {
      holdResponse(nativeOf(res), decides)
      this.#state = "Held"
    } else {
      install(res, passing)
      this.#state = "Prepared"
    }
  }

  /**
   * Holds the response from now on.
   *
   * @returns `false` if its head was sent, or is about to be sent
   */
  begin(): boolean {
    if (this.#state === "TooLate" || hasBegun(this.#res)) return false
    if (this.#state === "Prepared") {
      const res: Prepared = this.#res
      res[holdOf] = new Hold(nativeOf(res), this.#decides, passing)
      this.#state = "Held"
    }
    return true
  }
}

/**
 * Whether other code has replaced a method. The shared methods cannot call that one, and a replaced `on` has to be
 * watched (`diverted-drain.ts`).
 */
const hasOwnMethod = (res: NodeResponse): boolean =>
  Object.hasOwn(res, "end") ||
  Object.hasOwn(res, "write") ||
  Object.hasOwn(res, "writeHead") ||
  Object.hasOwn(res, "on") ||
  Object.hasOwn(res, "flushHeaders")

/** Not if the response only looks as if it was sent, because another application holds it. */
const hasBegun = (res: Prepared): boolean => res[begun] === true || (res.headersSent && !looksSent(res))

/**
 * All prepared responses share these methods, so that no request has to make functions. Each has as many parameters as
 * Node's own: to Node, an argument that is `undefined` is absent.
 */
const passing: Methods = {
  writeHead(this: Prepared, status?: unknown, message?: unknown, headers?: unknown) {
    const hold = this[holdOf]
    return hold === undefined
      ? pass(this, classOf(this).writeHead, status, message, headers)
      : hold.writeHead([status, message, headers])
  },
  write(this: Prepared, chunk?: unknown, encoding?: unknown, then?: unknown) {
    const hold = this[holdOf]
    return hold === undefined
      ? pass(this, classOf(this).write, chunk, encoding, then)
      : hold.write([chunk, encoding, then])
  },
  end(this: Prepared, chunk?: unknown, encoding?: unknown, then?: unknown) {
    const hold = this[holdOf]
    return hold === undefined ? pass(this, classOf(this).end, chunk, encoding, then) : hold.end([chunk, encoding, then])
  },
  flushHeaders(this: Prepared) {
    const hold = this[holdOf]
    if (hold === undefined) pass(this, classOf(this).flushHeaders)
    else hold.flushHeaders()
  }
}

/** The response has begun, unless the call is refused. */
const pass = (res: Prepared, method: Method, one?: unknown, two?: unknown, three?: unknown): unknown => {
  const before = res[begun]
  res[begun] = true
  try {
    return Reflect.apply(method, res, [one, two, three])
  } catch (error) {
    res[begun] = before
    throw error
  }
}

/**
 * The methods of the class of a response. They are looked up at each call, because a framework may give the response
 * another class later, as Express does. TypeScript does not check this type: to it, a prototype is `any`. Every class of
 * a response has all four, in HTTP/2 too.
 */
const classOf = (res: NodeResponse): Methods => Object.getPrototypeOf(res)
