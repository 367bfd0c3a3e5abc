/**
 * What an options object may hold, by name. TypeScript checks this where it compiles the caller; JavaScript callers, and
 * options that come from JSON or the environment, are checked here: an option that does not exist, or whose value is of
 * another kind, is an error when the application starts, never ignored.
 */
import { ConfigurationInvalid } from "./interpreter/errors.ts"

export interface Kind {
  /** What to write, as it stands after "write" in a message. */
  readonly written: string
  readonly accepts: (value: unknown) => boolean
}

/** One kind for every option: the compiler refuses a table that leaves one out. */
export type Kinds<Options> = { readonly [Name in keyof Options]-?: Kind }

export const boolean: Kind = { written: "true or false", accepts: (value) => typeof value === "boolean" }
export const number: Kind = { written: "a number", accepts: (value) => typeof value === "number" }
export const string: Kind = { written: "a string", accepts: (value) => typeof value === "string" }
export const callable: Kind = { written: "a function", accepts: (value) => typeof value === "function" }
export const array: Kind = { written: "an array", accepts: Array.isArray }
export const strings: Kind = {
  written: 'an array of strings, as in ["…"]',
  accepts: (value) => Array.isArray(value) && value.every((item) => typeof item === "string")
}
export const object: Kind = {
  written: "an object",
  accepts: (value) => typeof value === "object" && value !== null && !Array.isArray(value)
}
export const nullValue: Kind = { written: "null", accepts: (value) => value === null }

export const either = (...kinds: ReadonlyArray<Kind>): Kind => ({
  written: kinds.map(({ written }) => written).join(", or "),
  accepts: (value) => kinds.some(({ accepts }) => accepts(value))
})

/**
 * An object with a function of that name.
 *
 * @param written what to write, for one that has none
 */
export const having = (method: string, written: string): Kind => ({
  written,
  accepts: (value) => typeof value === "object" && value !== null && typeof Reflect.get(value, method) === "function"
})

/**
 * What is wrong with the names and kinds of options. An option that is `undefined` counts as absent.
 *
 * @param path what stands before the names in messages: `sessionCookie.`
 * @param nested names inside of options, which a caller may have written at this level: `sessionCookie.secure`
 */
export const optionProblems = <Options extends object>(
  options: Options,
  kinds: Kinds<NoInfer<Options>>,
  path = "",
  nested: ReadonlyArray<string> = []
): ReadonlyArray<string> => {
  if (!object.accepts(options)) return [`${path.replace(/\.$/, "") || "options"}: write an object`]
  const known = Object.keys(kinds)
  const unknown = Object.keys(options).filter((name) => !known.includes(name))
  return [
    ...unknown.map((name) => `${path}${name}: there is no such option; ${instead(name, known, nested)}`),
    ...kindProblems(options, kinds, path)
  ]
}

/** The same without the names: `options` may hold others. */
export const kindProblems = <Options extends object>(
  options: Options,
  kinds: Kinds<NoInfer<Options>>,
  path = ""
): ReadonlyArray<string> =>
  Object.entries<Kind>(kinds).flatMap(([name, kind]) => {
    const value: unknown = Reflect.get(options, name)
    return value === undefined || kind.accepts(value) ? [] : [`${path}${name}: write ${kind.written}`]
  })

/** Options that must be there and are not. */
export const missingProblems = <Options extends object>(
  options: Options,
  required: ReadonlyArray<keyof Options & string>,
  path = ""
): ReadonlyArray<string> =>
  required.filter((name) => options[name] === undefined).map((name) => `${path}${name} is missing`)

/** @throws ConfigurationInvalid naming every option that does not exist, is of another kind, or is missing */
export const checkOptions = <Options extends object>(
  options: Options,
  kinds: Kinds<NoInfer<Options>>,
  path = "",
  required: ReadonlyArray<keyof Options & string> = []
): void => {
  const unreadable = optionProblems(options, kinds, path)
  const problems = object.accepts(options) ? [...unreadable, ...missingProblems(options, required, path)] : unreadable
  if (problems.length > 0) throw new ConfigurationInvalid({ problems })
}

const instead = (name: string, known: ReadonlyArray<string>, nested: ReadonlyArray<string>): string => {
  const similar = [...known, ...nested]
    .map((candidate) => ({ candidate, distance: distanceOf(plain(name), plain(candidate)) }))
    .filter(({ distance }) => distance <= 3)
    .sort((a, b) => a.distance - b.distance)[0]
  return similar === undefined ? `the options are ${known.join(", ")}` : `did you mean ${similar.candidate}?`
}

/** `SESSION_COOKIE_SECURE` and `sessionCookie.secure` are the same word. */
const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, "")

/** How many letters differ; less than 2 where one word is the beginning or the end of the other. */
const distanceOf = (given: string, known: string): number => {
  if (given === known) return 0
  if (isPartOf(given, known)) return 0.5
  if (isPartOf(known, given)) return 1
  const [short, long] = given.length < known.length ? [given, known] : [known, given]
  if (long.length > 64 || long.length - short.length > 3) return Number.POSITIVE_INFINITY
  let row = Array.from({ length: short.length + 1 }, (_, i) => i)
  for (let i = 1; i <= long.length; i++) {
    const next = [i]
    for (let j = 1; j <= short.length; j++) {
      const substituted = (row[j - 1] ?? 0) + (long[i - 1] === short[j - 1] ? 0 : 1)
      next.push(Math.min(substituted, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  const distance = row[short.length] ?? Number.POSITIVE_INFINITY
  return distance <= 0.4 * short.length ? distance : Number.POSITIVE_INFINITY
}

const isPartOf = (short: string, long: string): boolean =>
  short.length >= 5 && (long.startsWith(short) || long.endsWith(short))
