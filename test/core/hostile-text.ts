/** 60 KB of what is expensive to a careless parser: atoms of the formats that clients send, repeated in some order. */
import fc from "fast-check"

const atoms: ReadonlyArray<string> = [
  ..."aZ09 \t\r\n\0\x1f\x85\xa0/\\:;=&?#%+.,-_@$!\"'[]{}()*~|<>",
  "\u0301",
  "\u0316",
  "\u0345",
  "\u00e9",
  "\u00df",
  "\u0130",
  "\u03a3",
  "\u2100",
  "\u2028",
  "\ufdfa",
  "\ufeff",
  "\ud800",
  "\u{1f600}",
  "%41",
  "%e2%82",
  "..",
  "//",
  "http:",
  "https://",
  "next=",
  "sessionid=",
  "csrftoken",
  "testserver",
  "password",
  "eyJ",
  "1e9",
  "\\u0041",
  "\\101",
  "null,",
  '{"a":',
  '"a":1,',
  "[[",
  "]]",
  "pbkdf2_sha256$",
  "md5$$",
  "true",
  "-Infinity"
]

const bytes = 60_000

const some = (maximum: number): fc.Arbitrary<ReadonlyArray<string>> =>
  fc.array(fc.constantFrom(...atoms), { minLength: 1, maxLength: maximum })

const filled = (pattern: string, units: number): string => pattern.repeat(Math.ceil(units / pattern.length))

/** The atoms over and over, in an order without a period. */
const shuffled = (from: ReadonlyArray<string>): string => {
  let text = ""
  for (let state = 1; text.length < bytes; state = (state * 48_271) % 2_147_483_647)
    text += from[state % from.length] ?? ""
  return text
}

/** As much of a text as fits, with room for an end. */
const cut = (text: string): string =>
  Buffer.from(text)
    .subarray(0, bytes - 100)
    .toString()

interface Text {
  readonly text: string
  /** How it was made. */
  readonly recipe: string
}

const textOf = (order: string, start: string, body: string, end: string): Text => ({
  text: cut(start + body) + end,
  recipe: JSON.stringify({ order, start, body: body.slice(0, 60), end })
})

/** Between a beginning and an end: one pattern, one after the other, or shuffled. */
const mixed: fc.Arbitrary<Text> = fc
  .record({
    start: some(3),
    first: some(3),
    second: some(3),
    end: some(2),
    order: fc.constantFrom("one", "halves", "shuffled")
  })
  .map(({ end, first, order, second, start }) => {
    const [one, other] = [first.join(""), second.join("")]
    const body =
      order === "one"
        ? filled(one, bytes)
        : order === "halves"
          ? filled(one, bytes / 4) + filled(other, bytes / 4)
          : shuffled([...first, ...second])
    return textOf(order, start.join(""), body, end.join(""))
  })

const marks: ReadonlyArray<string> = ["\u0301", "\u0316", "\u0345"]

/** Each atom by itself, then every two combining marks, then {@link mixed} ones. */
export const hostileTexts = (count: number): ReadonlyArray<Text> => [
  ...atoms.map((atom) => textOf("one", "", filled(atom, bytes), "")),
  ...marks.flatMap((mark) => marks.map((other) => textOf("one", "a", filled(mark + other, bytes), ""))),
  ...fc.sample(mixed, count)
]
