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
/** No character: before the text or behind it. */
const none = -1

/** White space between tokens. */
export const isSpace = (unit: number): boolean => unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09

const escapeSequence = /\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})/y
const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y
const word = /true|false|null|NaN|-?Infinity/y

/**
 * Takes one member of a JSON object.
 *
 * @param name a JSON string
 * @param text name, colon and value, with the white space around them
 * @param start where in `text` the value begins
 * @param end where in `text` the value ends
 */
export type TakeMember = (name: string, text: string, start: number, end: number) => void

/**
 * Splits a JSON object into its members. Values are not converted, only their grammar is checked.
 *
 * @param take gets all members in order, repeated names included; joined by commas they are the whole object
 * @param deepest objects nested deeper are refused; the object itself counts
 * @returns whether `text` is exactly one object. If not, `take` may have got some members
 */
export const scanMembers = (text: string, take: TakeMember, deepest = deepestRead): boolean => {
  const brace = afterSpace(text, 0)
  if (unitAt(text, brace) !== openObject) return false
  // A member begins after the brace or comma in front of it.
  let from = brace + 1
  let at = afterSpace(text, from)
  if (unitAt(text, at) === closeObject) return isEnd(text, at + 1)
  for (;;) {
    const nameEnd = afterString(text, at)
    const start = afterColon(text, nameEnd)
    const end = afterValue(text, start, deepest - 1)
    if (end === none) return false
    const to = afterSpace(text, end)
    take(text.slice(at, nameEnd), text.slice(from, to), start - from, end - from)
    const unit = unitAt(text, to)
    if (unit === closeObject) return isEnd(text, to + 1)
    if (unit !== comma) return false
    from = to + 1
    at = afterSpace(text, from)
  }
}

/** A JSON text without the white space between its tokens. @param text that the scanner has accepted */
export const withoutSpace = (text: string): string => {
  if (!/[ \t\n\r]/.test(text)) return text
  const parts: Array<string> = []
  for (let at = afterSpace(text, 0); at < text.length; ) {
    const from = at
    while (at < text.length && !isSpace(text.charCodeAt(at)))
      at = text.charCodeAt(at) === quote ? afterString(text, at) : at + 1
    parts.push(text.slice(from, at))
    at = afterSpace(text, at)
  }
  return parts.join("")
}

// ---- the grammar: each function returns where its part ends, or `none` if it is not there -------------------------

/** Reads no character outside the text: V8 would compile that to something slower. */
const unitAt = (text: string, at: number): number => (at >= 0 && at < text.length ? text.charCodeAt(at) : none)

const isEnd = (text: string, at: number): boolean => afterSpace(text, at) === text.length

const afterSpace = (text: string, from: number): number => {
  let at = from
  while (isSpace(unitAt(text, at))) at++
  return at
}

const afterToken = (text: string, at: number, grammar: RegExp): number => {
  grammar.lastIndex = at
  return grammar.test(text) ? grammar.lastIndex : none
}

const afterString = (text: string, from: number): number => {
  if (unitAt(text, from) !== quote) return none
  let at = from + 1
  while (at < text.length) {
    const unit = text.charCodeAt(at)
    if (unit === quote) return at + 1
    if (unit < 0x20) return none
    if (unit !== backslash) at++
    else {
      at = afterToken(text, at, escapeSequence)
      if (at === none) return none
    }
  }
  return none
}

/** A colon with the white space around it. */
const afterColon = (text: string, from: number): number => {
  const at = afterSpace(text, from)
  return unitAt(text, at) === colon ? afterSpace(text, at + 1) : none
}

/** @param depth how many levels of arrays and objects the value may have */
const afterValue = (text: string, at: number, depth: number): number => {
  switch (unitAt(text, at)) {
    case none:
      return none
    case quote:
      return afterString(text, at)
    case openObject:
      return depth > 0 ? afterItems(text, at + 1, closeObject, depth - 1) : none
    case openArray:
      return depth > 0 ? afterItems(text, at + 1, closeArray, depth - 1) : none
    default: {
      const end = afterToken(text, at, number)
      if (end === none) return afterToken(text, at, word)
      return end - at <= longestInteger || !isLongInteger(text.slice(at, end)) ? end : none
    }
  }
}

const isLongInteger = (text: string): boolean =>
  /^-?[0-9]+$/.test(text) && text.replace("-", "").length > longestInteger

/** The items of an array or the members of an object, and the closing bracket. */
const afterItems = (text: string, from: number, close: number, depth: number): number => {
  let at = afterSpace(text, from)
  if (unitAt(text, at) === close) return at + 1
  for (;;) {
    const start = close === closeObject ? afterColon(text, afterString(text, at)) : at
    const end = afterSpace(text, afterValue(text, start, depth))
    const unit = unitAt(text, end)
    if (unit === close) return end + 1
    if (unit !== comma) return none
    at = afterSpace(text, end + 1)
  }
}
