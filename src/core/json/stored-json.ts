/**
 * The JSON of a stored session, split into members that keep their bytes. Django's own serializer writes ASCII. A
 * custom serializer may write UTF-8 or, if it only sets `ensure_ascii=False`, Latin-1. A text that is valid UTF-8 is
 * read as UTF-8, any other as Latin-1. Both are written back as they were, with the spelling of names and the white
 * space.
 *
 * @see Django: django.core.signing.JSONSerializer
 */
import { charactersOf, isAscii, isUtf8 } from "./json-bytes.ts"
import { scanMembers } from "./json-scanner.ts"
import { quoted, unquoted } from "./json-string.ts"
import { type AsciiJson, type JsonText, written } from "./json-value.ts"

/** One member of a session's JSON object, as it is stored. */
export interface Member {
  /** The bytes, one character each: name, colon and value, with the white space around them. */
  readonly text: string
  /** Where in `text` the value begins. */
  readonly start: number
  /** Where in `text` the value ends. */
  readonly end: number
  /** Whether the value may have bytes above 0x7f that are UTF-8. Otherwise such bytes are Latin-1. */
  readonly isUtf8: boolean
}

/** A new member, in ASCII. */
export const makeMember = (name: string, value: AsciiJson): Member => {
  const before = `${quoted(name)}:`
  const text = before + value
  return { text, start: before.length, end: text.length, isUtf8: false }
}

/** The member with another value. The spelling of the name stays. */
export const withValue = ({ end, start, text }: Member, value: AsciiJson): Member => ({
  text: text.slice(0, start) + value + text.slice(end),
  start,
  end: start + value.length,
  isUtf8: false
})

/** The value as it is stored, in characters. */
export const valueText = ({ end, isUtf8, start, text }: Member): JsonText => {
  const value = text.slice(start, end)
  return written(isUtf8 ? charactersOf(value) : value)
}

/** The text in a value that is a string without escapes, as most are; `undefined` for any other value. */
export const plainString = ({ end, isUtf8, start, text }: Member): string | undefined => {
  if (isUtf8 || text.charCodeAt(start) !== quote) return undefined
  const value = text.slice(start + 1, end - 1)
  return value.includes("\\") ? undefined : value
}
const quote = 0x22

/**
 * Parses the JSON of a stored session by Python's rules. The members, joined by {@link writeMembers}, are the text
 * again. Only white space outside the braces is dropped.
 *
 * @param text the bytes, one character each
 * @returns the members by name. `undefined` for a text that is not exactly one JSON object; never throws
 */
export const parseMembers = (text: string): ReadonlyMap<string, Member> | undefined => {
  const hasUtf8 = !isAscii(text) && isUtf8(text)
  const members = new Map<string, Member>()
  let earlier: Map<string, Array<string>> | undefined
  const isObject = scanMembers(text, (token, member, start, end) => {
    const name = unquoted(hasUtf8 ? charactersOf(token) : token)
    const repeated = members.get(name)
    members.set(name, { text: member, start, end, isUtf8: hasUtf8 })
    if (repeated === undefined) return
    earlier ??= new Map()
    const others = earlier.get(name)
    if (others === undefined) earlier.set(name, [repeated.text])
    else others.push(repeated.text)
  })
  if (!isObject) return undefined
  // The last of repeated members counts, at the place of the first. The others are kept in front of it.
  for (const [name, others] of earlier ?? []) {
    const last = members.get(name)
    if (last !== undefined) members.set(name, behind(others, last))
  }
  return members
}

/** The JSON of a session: bytes, one character each. */
export const writeMembers = (members: ReadonlyMap<string, Member>): string => {
  const texts: Array<string> = []
  for (const { text } of members.values()) texts.push(text)
  return `{${texts.join(",")}}`
}

/**
 * The member, with earlier members of the same name in front. Joined in one step: V8 keeps a text that was put together
 * piece by piece as a tree, which takes many times the memory.
 */
const behind = (earlier: ReadonlyArray<string>, { end, isUtf8, start, text }: Member): Member => {
  const before = `${earlier.join(",")},`
  return { text: before + text, start: before.length + start, end: before.length + end, isUtf8 }
}
