/** Writes and reads the strings of JSON. */

/** The text as a JSON string, in ASCII. */
export const quoted = (text: string): string => `"${text.replace(/["\\]|[^ -~]/g, escaped)}"`

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
export const inAscii = (json: string): string => json.replace(/[^ -~\t\n\r]/g, escaped)

/** The text in a JSON string. */
export const unquoted = (token: string): string =>
  token.includes("\\") ? String(JSON.parse(token)) : token.slice(1, -1)
