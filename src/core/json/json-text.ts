/**
 * Writes and reads single JSON values as Python's `json` does. Session data is kept as such texts. So a number that the
 * application does not change is stored again as it was: `1.0`, `1E+2` and `12345678901234567890` would change if they
 * became JavaScript numbers. New values are written in ASCII.
 *
 * @see Django: django.core.signing.JSONSerializer
 */
import { isSpace, longestInteger, scanMembers, withoutSpace } from "./json-scanner.ts"
import { inAscii, quoted, unquoted } from "./json-string.ts"
import { type AsciiJson, type JsonObject, type JsonText, written, writtenInAscii } from "./json-value.ts"

export type { AsciiJson, JsonObject, JsonText } from "./json-value.ts"

/**
 * Values nested deeper are not written, so that Python's recursion limit suffices to read them. Also stops at cycles.
 */
export const deepestWritten = 500

/** The value, or a part of it, cannot be written as JSON. The message tells its kind, never its content. */
export class NotJson extends Error {
  override readonly name = "NotJson"
  /** What kind of value it is. Never its content. */
  readonly reason: string
  constructor(reason: string) {
    super(`not JSON: ${reason}`)
    this.reason = reason
  }
}

// ---- writing -----------------------------------------------------------------------------------------------------

/**
 * Writes a value as Python would. Safe integers and bigints become ints. Every other number becomes a float, written as
 * by Python's `repr`. Properties that are `undefined` are left out, as by `JSON.stringify`.
 *
 * @throws {NotJson} for what Python's `json` refuses: instances of classes (a Date, a Map), functions, symbols,
 * `undefined` itself or in an array; and for nesting deeper than {@link deepestWritten}
 */
export const write = (value: unknown): AsciiJson => writtenInAscii(textOf(value, 0))

/** The JSON text of an object: ASCII, except for values that were read with other characters. */
export const writeObject = (object: JsonObject): string =>
  `{${Array.from(object, ([name, value]) => `${quoted(name)}:${value}`).join(",")}}`

const textOf = (value: unknown, depth: number): string => {
  switch (typeof value) {
    case "string":
      return quoted(value)
    case "number":
      return numberText(value)
    case "bigint":
      return bigintText(value)
    case "boolean":
      return String(value)
    case "object":
      return value === null ? "null" : containerText(value, depth)
    case "undefined":
      throw new NotJson("undefined")
    default:
      throw new NotJson(`a ${typeof value}`)
  }
}

const containerText = (value: object, depth: number): string => {
  if (depth >= deepestWritten) throw new NotJson(`nested deeper than ${deepestWritten}`)
  // `Array.from` also visits the holes of a sparse array; `map` would skip them.
  if (Array.isArray(value)) return `[${Array.from(value, (item) => textOf(item, depth + 1)).join(",")}]`
  if (!isPlain(value)) throw new NotJson("an instance of a class")
  let members = ""
  for (const key of Object.keys(value)) {
    const item = value[key]
    if (item !== undefined) members += `${members === "" ? "" : ","}${quoted(key)}:${textOf(item, depth + 1)}`
  }
  return `{${members}}`
}

/** Whether the object was made by `{}` (in any JavaScript realm) or `Object.create(null)`. */
const isPlain = (value: object): value is Readonly<Record<string, unknown>> => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

const numberText = (value: number): string => {
  if (Number.isNaN(value)) return "NaN"
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity"
  if (Object.is(value, -0)) return "-0.0"
  return Number.isSafeInteger(value) ? String(value) : floatText(value)
}

/** Python's `repr`: the fewest digits that read back as the same number; no exponent for 1e-4 ≤ |value| < 1e16. */
const floatText = (value: number): string => {
  const [mantissa = "", exponent = ""] = value.toExponential().split("e")
  const power = Number(exponent)
  if (power < -4 || power >= 16) {
    return `${mantissa}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`
  }
  const text = String(value)
  return text.includes(".") ? text : `${text}.0`
}

const bigintLimit = 10n ** BigInt(longestInteger)

const bigintText = (value: bigint): string => {
  if (value >= bigintLimit || value <= -bigintLimit)
    throw new NotJson(`an integer of more than ${longestInteger} digits`)
  return String(value)
}

// ---- reading -----------------------------------------------------------------------------------------------------

/**
 * Parses a JSON object by Python's rules. If a name is repeated, the last one counts. The values are in the form that
 * `write` produces: ASCII, without white space between tokens; numbers are not changed.
 *
 * @returns `undefined` for a text that is not exactly one JSON object; never throws
 */
export const parseObject = (text: string): JsonObject | undefined => {
  const object = new Map<string, JsonText>()
  const isObject = scanMembers(text, (name, member, start, end) =>
    object.set(unquoted(name), written(inAscii(withoutSpace(member.slice(start, end)))))
  )
  return isObject ? object : undefined
}

/**
 * Checks that a text is exactly one JSON value by Python's rules, not nested deeper than {@link deepestWritten}.
 *
 * @returns the value's text, without white space around it. `undefined` for any other text; never throws
 */
export const parseValue = (text: string): JsonText | undefined => {
  const values: Array<string> = []
  const take = (_: string, member: string, start: number, end: number) => values.push(member.slice(start, end))
  // A text with more than one value, or with a bracket too many, does not make an object of one member.
  const isObject = scanMembers(`{"":${text}}`, take, deepestWritten + 1)
  const [value, ...others] = values
  return isObject && value !== undefined && others.length === 0 ? written(value) : undefined
}

/**
 * The JavaScript value of a JSON text. Objects are plain objects (`__proto__` is an ordinary key), integers beyond 2^53
 * are bigints, `NaN` and the infinities are numbers. Every call returns a new value.
 */
export const read = (text: JsonText): unknown => {
  // Most values are short texts without escapes.
  if (text.startsWith('"') && !text.includes("\\")) return text.slice(1, -1)
  return onlyPython.test(text) || longNumber.test(text) ? parsed(text) : JSON.parse(text)
}

// What `JSON.parse` does not read as Python does. Also found in strings, which costs time only. Two patterns take a
// third of the time of one.

/** `-0`, `NaN`, `Infinity` and `-Infinity`. */
const onlyPython = /[-NI](?:0|aN|nf)/
/** An integer may be greater than those that JavaScript's numbers tell apart. */
const longNumber = /[0-9]{16}/

const parsed = (text: JsonText): unknown => {
  let at = 0

  const space = (): void => {
    while (isSpace(text.charCodeAt(at))) at++
  }

  const items = (close: string, item: () => void): void => {
    at++
    space()
    while (text.charAt(at) !== close) {
      item()
      space()
      if (text.charAt(at) === ",") at++
      space()
    }
    at++
  }

  const token = (grammar: RegExp): string => {
    grammar.lastIndex = at
    const [found] = grammar.exec(text) ?? [""]
    if (found === "") throw new NotJson("a text that was not made by write or the scanner")
    at += found.length
    return found
  }

  const string = (): string => {
    const start = at
    for (at++; at < text.length && text.charAt(at) !== '"'; at++) if (text.charAt(at) === "\\") at++
    return unquoted(text.slice(start, ++at))
  }

  const value = (): unknown => {
    switch (text.charAt(at)) {
      case '"':
        return string()
      case "[": {
        const list: Array<unknown> = []
        items("]", () => list.push(value()))
        return list
      }
      case "{": {
        const members: Array<[string, unknown]> = []
        items("}", () => {
          const key = string()
          space()
          at++
          space()
          members.push([key, value()])
        })
        // `fromEntries` defines a property `__proto__`; an assignment would call its setter.
        return Object.fromEntries(members)
      }
      default:
        return atomOf(token(/[^,\]} \n\r\t]+/y))
    }
  }

  return value()
}

const atomOf = (token: string): unknown => {
  switch (token) {
    case "null":
      return null
    case "true":
      return true
    case "false":
      return false
    default:
      return numberOf(token)
  }
}

const numberOf = (token: string): number | bigint => {
  const value = Number(token)
  if (!/^-?[0-9]+$/.test(token)) return value
  if (!Number.isSafeInteger(value)) return BigInt(token)
  // Python's int `-0` is zero.
  return value === 0 ? 0 : value
}
