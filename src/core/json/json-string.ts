/** Writes and reads the strings of JSON. */

/** The text as a JSON string, in ASCII. */
export const quoted = (text: string): string => `"${withEscapes(text, special, everySpecial)}"`

// One object each: a regular expression in a function is a new object at every call.
const special = /["\\]|[^ -~]/
const everySpecial = new RegExp(special, "g")
const notAscii = /[^ -~\t\n\r]/
const everyNotAscii = new RegExp(notAscii, "g")

/** Most texts have nothing to escape, and a test costs less than a replacement that replaces nothing. */
const withEscapes = (text: string, some: RegExp, every: RegExp): string =>
  some.test(text) ? text.replace(every, escaped) : text

const shortEscapes: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ["\\", "\\\\"],
  ["\b", "\\b"],
  ["\f", "\\f"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"]
])

const escaped = (unit: string): string =>
  shortEscapes.get(unit) ?? `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`

/** Writes other characters than ASCII as escapes. They occur only in strings, where an escape has the same meaning. */
export const inAscii = (json: string): string => withEscapes(json, notAscii, everyNotAscii)

/** The text in a JSON string. */
export const unquoted = (token: string): string =>
  token.includes("\\") ? String(JSON.parse(token)) : token.slice(1, -1)
