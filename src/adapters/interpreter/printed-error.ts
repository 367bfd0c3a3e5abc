/**
 * How errors of latchkey are printed: as Node prints errors, with name, message, stack, fields and causes.
 *
 * Their fields hold no secret. What is behind an outage may be any library's error, whose fields may hold a request, a
 * password or a connection's URL: of those only name, message, stack and causes are shown.
 */

/** On every error of latchkey, and on no other: an application may use the same tags. */
const ours = Symbol.for("latchkey.error")

export const markOurs = (prototype: object): void => {
  Object.defineProperty(prototype, ours, { value: true })
}

/** Whether latchkey made this error, in whichever copy of its modules. */
export const isOurs = (error: unknown): error is Error => error instanceof Error && ours in error

type Inspect = (value: unknown, options: object) => string

/** What Node, Deno and Bun call to print an error. */
export function printed(this: Error, _depth: number, options: object, inspect: Inspect): string {
  return inspect(copyOf(this, MAXIMUM_CAUSES), options)
}

/** What `JSON.stringify` writes, and loggers that write JSON: name, message and fields; of causes name and message only. */
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

/** Of causes of causes: more of them tell nothing new, and they may go round in a circle. */
const MAXIMUM_CAUSES = 8

/** A plain error with what may be shown. */
const copyOf = (error: Error, causes: number): Error => {
  class Copy extends Error {}
  const hidden = { enumerable: false, configurable: true, writable: true }
  // Node looks at both names, and prints two that differ.
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
