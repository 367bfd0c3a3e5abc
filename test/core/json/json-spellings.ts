/** JSON objects in every spelling that Python's json accepts, of which few are those that it writes. */
import fc from "fast-check"

/** The text in UTF-8, with one character for each byte. */
export const utf8 = (text: string): string => Buffer.from(text, "utf8").toString("latin1")

/** A member of an object, with one character for each byte. */
export interface SpelledMember {
  /** Name and colon. */
  readonly before: string
  readonly value: string
  /** White space. */
  readonly after: string
}

export const textOf = ({ after, before, value }: SpelledMember): string => before + value + after

export const objectOf = (members: ReadonlyArray<SpelledMember>): string => `{${members.map(textOf).join(",")}}`

const unit = fc.oneof(
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }),
  fc.constantFrom("a", "é", "Ã", "©", "/", '"', "\\", "\n", "\x7f", "\u2028", "😀")
)

const escapes = (text: string): string =>
  Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, "0")}`).join("")

const character = fc
  .tuple(unit, fc.constantFrom("plain", "escaped", "in upper case"))
  .map(([text, spelling]) =>
    spelling === "plain"
      ? JSON.stringify(text).slice(1, -1)
      : spelling === "escaped"
        ? escapes(text)
        : escapes(text).toUpperCase().replaceAll("\\U", "\\u")
  )

const string = fc.array(character, { maxLength: 4 }).map((parts) => `"${parts.join("")}"`)
const space = fc.string({ unit: fc.constantFrom(" ", "\n", "\r", "\t"), maxLength: 2 })

const { value } = fc.letrec<{ readonly value: string }>((tie) => {
  const item = fc.tuple(space, tie("value"), space).map((parts) => parts.join(""))
  const name = fc
    .tuple(space, fc.oneof(string, fc.constantFrom('"a"', '"\\u0061"')), space)
    .map((parts) => parts.join(""))
  const listed = (items: ReadonlyArray<string>, empty: string): string => (items.length === 0 ? empty : items.join(","))
  return {
    value: fc.oneof(
      { depthSize: "small" },
      string,
      fc.constantFrom("1.0", "1E+2", "-0", "12345678901234567890", "NaN", "-Infinity", "null", "true", '"\\/"'),
      fc.tuple(fc.array(item, { maxLength: 3 }), space).map(([items, empty]) => `[${listed(items, empty)}]`),
      fc.tuple(fc.array(fc.tuple(name, item), { maxLength: 3 }), space).map(
        ([items, empty]) =>
          `{${listed(
            items.map((parts) => parts.join(":")),
            empty
          )}}`
      )
    )
  }
})

const member = fc.tuple(space, string, space, space, value, space)

const namesOnce = fc.uniqueArray(member, { selector: ([, name]) => JSON.parse(name), maxLength: 6 })
const namesRepeated = fc
  .tuple(
    fc.array(member, { maxLength: 4 }),
    fc.array(fc.tuple(fc.constantFrom('"é"', '"\\u00e9"', '"\\u00E9"'), value))
  )
  .chain(([some, repeated]) =>
    fc.shuffledSubarray([...some, ...repeated.map(([name, text]) => ["", name, "", " ", text, ""] as const)])
  )

const encoded = (
  parts: ReadonlyArray<readonly [string, string, string, string, string, string]>,
  encoding: string
): ReadonlyArray<SpelledMember> => {
  const members = parts.map(([a, name, b, c, text, after]) => ({ before: `${a}${name}${b}:${c}`, value: text, after }))
  // With these bytes the object is not valid UTF-8.
  const latin1 = [...members, { before: '"\xff\xff\xff\xff\xff":', value: '"\xff"', after: "" }]
  return encoding === "Latin-1" && /^[\0-\xff]*$/.test(objectOf(latin1))
    ? latin1
    : members.map(({ after, before, value }) => ({ before: utf8(before), value: utf8(value), after }))
}

const encoding = fc.constantFrom("UTF-8", "Latin-1")

/** The members of an object, each with another name. */
export const members = fc.tuple(namesOnce, encoding).map(([parts, encoding]) => encoded(parts, encoding))

/** The same, with names that are repeated in several spellings. */
export const repeatedMembers = fc.tuple(namesRepeated, encoding).map(([parts, encoding]) => encoded(parts, encoding))
