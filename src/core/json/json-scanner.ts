/**
 * A JSON parser with Python's grammar: RFC 8259, and also the words `NaN`, `Infinity`, `-Infinity`. Refuses control
 * characters in strings, a byte order mark, and anything after the document. Takes linear time; the depth is limited.
 */

/** Documents nested deeper are refused. Django cannot write them: Python's own recursion limit is 1000. */
export const deepestRead = 1000

/** Most digits of an integer: Python reads and writes no longer ones (`sys.int_info.default_max_str_digits`). */
export const longestInteger = 4300

const quote = 0x22
const comma = 0x2c
const colon = 0x3a
const openArray = 0x5b
const backslash = 0x5c
const closeArray = 0x5d
const openObject = 0x7b
const closeObject = 0x7d

/** White space between tokens. */
export const isSpace = (unit: number): boolean => unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09

const escapeSequence = /\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})/y
const number = /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/y
const word = /true|false|null|NaN|-?Infinity/y

/** One member of a JSON object. */
export interface ScannedMember {
  /** A JSON string. */
  readonly name: string
  /** Name, colon and value, with the white space around them if it is kept. */
  readonly text: string
  /** Where in `text` the value begins and ends. */
  readonly start: number
  readonly end: number
}

/**
 * Splits a JSON object into its members. Values are not converted, only their grammar is checked.
 *
 * @param spaces whether the white space between tokens is kept or dropped
 * @param deepest objects nested deeper are refused; the object itself counts
 * @returns all members in order, repeated names included; joined by commas they are the whole object. `undefined` if
 * `text` is not exactly one object
 */
export const scanMembers = (
  text: string,
  spaces: "Kept" | "Dropped",
  deepest = deepestRead
): ReadonlyArray<ScannedMember> | undefined => {
  const members: Array<ScannedMember> = []
  let at = 0
  // The current member is `kept` followed by the text since `from`. Dropped white space lies between the two.
  let kept = ""
  let from = 0

  const space = (): void => {
    const start = at
    while (isSpace(text.charCodeAt(at))) at++
    if (at === start || spaces === "Kept") return
    kept += text.slice(from, start)
    from = at
  }

  const unit = (expected: number): boolean => text.charCodeAt(at++) === expected

  const token = (grammar: RegExp): RegExpExecArray | undefined => {
    grammar.lastIndex = at
    const match = grammar.exec(text) ?? undefined
    if (match !== undefined) at = grammar.lastIndex
    return match
  }

  const string = (): boolean => {
    if (!unit(quote)) return false
    while (at < text.length) {
      const here = text.charCodeAt(at)
      if (here === backslash) {
        if (token(escapeSequence) === undefined) return false
      } else {
        if (here < 0x20) return false
        at++
        if (here === quote) return true
      }
    }
    return false
  }

  /** Parses the items of an array or object, and the closing bracket. */
  const items = (close: number, item: () => boolean): boolean => {
    space()
    if (text.charCodeAt(at) === close) return unit(close)
    for (;;) {
      space()
      if (!item()) return false
      space()
      if (text.charCodeAt(at) === close) return unit(close)
      if (!unit(comma)) return false
    }
  }

  /** Parses a key and its colon. */
  const key = (): string | undefined => {
    const start = at
    if (!string()) return undefined
    const name = text.slice(start, at)
    space()
    if (!unit(colon)) return undefined
    space()
    return name
  }

  const value = (depth: number): boolean => {
    switch (text.charCodeAt(at)) {
      case quote:
        return string()
      case openObject:
        at++
        return depth < deepest && items(closeObject, () => key() !== undefined && value(depth + 1))
      case openArray:
        at++
        return depth < deepest && items(closeArray, () => value(depth + 1))
      default: {
        const match = token(number)
        if (match === undefined) return token(word) !== undefined
        const [, digits = "", fraction, exponent] = match
        return fraction !== undefined || exponent !== undefined || digits.length <= longestInteger
      }
    }
  }

  /** The next member begins after the brace or comma that is here. */
  const begin = (): void => {
    kept = ""
    from = at + 1
  }

  const member = (): boolean => {
    const name = key()
    const start = kept.length + at - from
    if (name === undefined || !value(1)) return false
    const end = kept.length + at - from
    space()
    members.push({ name, text: kept + text.slice(from, at), start, end })
    begin()
    return true
  }

  space()
  begin()
  const whole = unit(openObject) && items(closeObject, member)
  space()
  return whole && at === text.length ? members : undefined
}
