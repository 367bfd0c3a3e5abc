/**
 * Prints latchkey's errors as Node prints errors: with name, message, stack, fields and causes.
 *
 * The fields of latchkey's errors contain no secrets. The cause of an outage may be an error of any library, and its
 * fields may contain a request, a password or a connection URL. So for causes only name, message, stack and their own
 * causes are printed.
 */

/** Marks every error of latchkey. The tag is not enough, because an application may use the same tags. */
const ours = Symbol.for("latchkey.error")

export const markOurs = (prototype: object): void => {
  Object.defineProperty(prototype, ours, { value: true })
}

/** Whether this is an error of latchkey, from any copy of its modules. */
export const isOurs = (error: unknown): error is Error => error instanceof Error && ours in error

type Inspect = (value: unknown, options: object) => string

/** Node, Deno and Bun call this function to print an error. */
export function printed(this: Error, _depth: number, options: object, inspect: Inspect): string {
  return inspect(copyOf(this, MAXIMUM_CAUSES), options)
}

/**
 * The JSON form of an error, for `JSON.stringify` and for loggers that write JSON: name, message and fields, and only
 * name and message of causes.
 */
export function asJson(this: Error): object {
  const fields = Object.entries(this).filter(([name]) => name === "_tag" || !shownAnyway.has(name))
  return { ...plain(this, MAXIMUM_CAUSES), ...Object.fromEntries(fields) }
}

const plain = (error: Error, causes: number): object => ({
  name: error.name,
  message: error.message,
  ...(error.cause === undefined ? {} : { cause: plainCause(error.cause, causes) })
})

const plainCause = (cause: unknown, causes: number): unknown => {
  if (causes === 0) return "…"
  return cause instanceof Error ? plain(cause, causes - 1) : kindOf(cause)
}

/** The number of nested causes that are printed. There is a limit because causes may be circular. */
const MAXIMUM_CAUSES = 8

/** A plain error with the parts that may be printed. */
const copyOf = (error: Error, causes: number): Error => {
  class Copy extends Error {}
  const hidden = { enumerable: false, configurable: true, writable: true }
  // Node reads the name of the class and of the error, and prints both if they differ.
  Object.defineProperty(Copy, "name", { value: error.name })
  const copy = Object.defineProperties(new Copy(error.message), {
    name: { value: error.name, ...hidden },
    stack: { value: error.stack, ...hidden }
  })
  if (isOurs(error)) {
    const fields = Object.entries(error).filter(([name]) => !shownAnyway.has(name))
    for (const [name, value] of fields) Object.defineProperty(copy, name, { value, enumerable: true })
  }
  if (error.cause !== undefined) Object.defineProperty(copy, "cause", { value: shown(error.cause, causes), ...hidden })
  if (error instanceof AggregateError) {
    const errors = error.errors.map((each) => shown(each, causes))
    Object.defineProperty(copy, "errors", { value: errors, ...hidden })
  }
  return copy
}

const shownAnyway: ReadonlySet<string> = new Set(["_tag", "name", "message", "stack", "cause", "errors"])

const shown = (cause: unknown, causes: number): unknown => {
  if (causes === 0) return "…"
  return cause instanceof Error ? copyOf(cause, causes - 1) : kindOf(cause)
}

const kindOf = (cause: unknown): string => `(${cause === null ? "null" : `a ${typeof cause}`})`
