import { inAscii } from "./json-string.ts"
import { read } from "./json-text.ts"
import { type AsciiJson, type JsonText, writtenInAscii } from "./json-value.ts"
import { type Member, makeMember, plainString, valueText, withValue } from "./stored-json.ts"

export type { Member } from "./stored-json.ts"

/**
 * Session data: a map from key to member, in insertion order. A value is parsed when it is read first. A member that
 * the application does not change is stored again byte for byte. In a Map `__proto__` is an ordinary key.
 */
export type SessionData = ReadonlyMap<string, Member>

/** Data without keys. */
export const empty: SessionData = new Map()

/** Makes session data of values that were not stored before. */
export const of = (values: Iterable<readonly [key: string, value: JsonText]>): SessionData => {
  const data = new Map<string, Member>()
  for (const [key, value] of values) put(data, key, value)
  return data
}

/** A copy that {@link put} may change. `new Map(data)` takes twice the time and more than twice the memory. */
export const copyOf = (data: SessionData): Map<string, Member> => {
  const copy = new Map<string, Member>()
  for (const key of data.keys()) {
    const member = data.get(key)
    if (member !== undefined) copy.set(key, member)
  }
  return copy
}

/** The JSON text of a value, in characters. */
export const get = (data: SessionData, key: string): JsonText | undefined => {
  const member = data.get(key)
  return member === undefined ? undefined : valueText(member)
}

/** The value, if it is a string. */
export const stringIn = (data: SessionData, key: string): string | undefined => {
  const member = data.get(key)
  if (member === undefined) return undefined
  const value = plainString(member) ?? read(valueText(member))
  return typeof value === "string" ? value : undefined
}

/** Every value, by key. */
export const values = (data: SessionData): Map<string, JsonText> =>
  new Map(Array.from(data, ([key, member]) => [key, valueText(member)]))

/**
 * Sets a value, in ASCII. A key that exists keeps its spelling and its place. Changes `data` itself, so `data` must be
 * a copy that no other code holds.
 */
export const put = (data: Map<string, Member>, key: string, value: JsonText): void =>
  putAscii(data, key, writtenInAscii(inAscii(value)))

/** Like {@link put}, for a value that is in ASCII. */
export const putAscii = (data: Map<string, Member>, key: string, value: AsciiJson): void => {
  const member = data.get(key)
  data.set(key, member === undefined ? makeMember(key, value) : withValue(member, value))
}
