/**
 * Checks names and types of options at run time. TypeScript checks only TypeScript callers. This checks JavaScript
 * callers, and options that come from JSON or the environment. An unknown option, or a value of the wrong type, is an
 * error when the application starts; it is never ignored.
 */
import { ConfigurationInvalid } from "../errors/errors.ts"
import { nearNames } from "./near-names.ts"

export interface Kind {
  /** What to write instead, as the words after "write" in an error message. */
  readonly written: string
  readonly accepts: (value: unknown) => boolean
}

/** One kind for each option. A table that lacks an option does not compile. */
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
 * The kind of objects that have a method of this name.
 *
 * @param written what to write instead, for the error message
 */
export const having = (method: string, written: string): Kind => ({
  written,
  accepts: (value) => typeof value === "object" && value !== null && typeof Reflect.get(value, method) === "function"
})

/**
 * Returns one message for each unknown option and for each value of the wrong kind. An option that is `undefined`
 * counts as absent.
 *
 * @param path prefix of the names in messages, such as `sessionCookie.`
 * @param nested names of nested options, such as `sessionCookie.secure`: suggested if a caller wrote them at this level
 */
export const optionProblems = <Options extends object>(
  options: Options,
  kinds: Kinds<NoInfer<Options>>,
  path = "",
  nested: ReadonlyArray<string> = []
): ReadonlyArray<string> => {
  if (!object.accepts(options)) {
    const written = typeof options === "string" && "url" in kinds ? "an object, as in { url: … }" : object.written
    return [`${path.replace(/\.$/, "") || "options"}: write ${written}`]
  }
  const known = Object.keys(kinds)
  const unknown = Object.keys(options).filter((name) => !known.includes(name))
  return [
    ...unknown.map((name) => `${path}${name}: there is no such option; ${instead(name, known, nested)}`),
    ...kindProblems(options, kinds, path)
  ]
}

/** As {@link optionProblems}, but unknown options are allowed. */
export const kindProblems = <Options extends object>(
  options: Options,
  kinds: Kinds<NoInfer<Options>>,
  path = ""
): ReadonlyArray<string> =>
  Object.entries<Kind>(kinds).flatMap(([name, kind]) => {
    const value: unknown = Reflect.get(options, name)
    return value === undefined || kind.accepts(value) ? [] : [`${path}${name}: write ${kind.written}`]
  })

/** Returns one message for each required option that is missing. */
export const missingProblems = <Options extends object>(
  options: Options,
  kinds: Kinds<NoInfer<Options>>,
  required: ReadonlyArray<keyof Options & string>,
  path = ""
): ReadonlyArray<string> =>
  required
    .filter((name) => options[name] === undefined)
    .map((name) => `${path}${name} is missing: write ${kinds[name].written}`)

/** @throws ConfigurationInvalid naming every option that is unknown, of the wrong kind, or missing */
export const checkOptions = <Options extends object>(
  options: Options,
  kinds: Kinds<NoInfer<Options>>,
  path = "",
  required: ReadonlyArray<keyof Options & string> = []
): void => {
  const unreadable = optionProblems(options, kinds, path)
  const problems = object.accepts(options)
    ? [...unreadable, ...missingProblems(options, kinds, required, path)]
    : unreadable
  if (problems.length > 0) throw new ConfigurationInvalid({ problems })
}

const instead = (name: string, known: ReadonlyArray<string>, nested: ReadonlyArray<string>): string => {
  const [nearest] = nearNames(name, [...known, ...nested])
  return nearest === undefined ? `the options are ${known.join(", ")}` : `did you mean ${nearest}?`
}
