/** What handlers and pages answer, as far as it can be told. */

/** A `Response` of this process, or one of a polyfill. */
export const isResponse = (value: unknown): value is Response =>
  value instanceof Response ||
  (typeof value === "object" &&
    value !== null &&
    "status" in value &&
    "headers" in value &&
    value.headers instanceof Headers)

/** A value in an error message. */
export const nameOf = (value: unknown): string =>
  typeof value === "object" && value !== null ? `an object (${value.constructor?.name ?? "no class"})` : String(value)
