/** The catalogue of texts: its type, and how a text is filled with values. */
import type { Problem, Rule } from "../../password/validators.ts"
import { english } from "./english.ts"

/** The name of a text, as in `english.ts`. */
export type MessageKey = keyof typeof english

export const isMessageKey = (name: string): name is MessageKey => Object.hasOwn(english, name)

/** All texts in one language, with the placeholders that the English texts have. */
export type Messages = Readonly<Record<MessageKey, string>>

/**
 * Texts of an application: they replace latchkey's, and may name problems and rules of the application's own
 * validators.
 */
export type CustomMessages = Readonly<
  Partial<Messages> & { readonly [problem: `problem.${string}`]: string; readonly [rule: `rule.${string}`]: string }
>

/** The names in braces in a text. */
export type Placeholders<Text> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never

/** The names of texts without values. */
export type PlainMessageKey = {
  [Key in MessageKey]: [Placeholders<(typeof english)[Key]>] extends [never] ? Key : never
}[MessageKey]

/** The values that a text needs. */
export type MessageValues<Key extends MessageKey> = Readonly<
  Record<Placeholders<(typeof english)[Key]>, string | number>
>

/** The texts of one language, ready for use. */
export interface Texts {
  /** A language tag, such as `de`. */
  readonly language: string
  /** The text with its values. */
  readonly text: <Key extends MessageKey>(
    key: Key,
    ...values: [Placeholders<(typeof english)[Key]>] extends [never] ? [] : [MessageValues<Key>]
  ) => string
  /** The text of a problem. @param field the field that has the problem, or `__all__` */
  readonly problem: (problem: Problem, field: string) => string
  /** The text of a rule for passwords. */
  readonly rule: (rule: Rule) => string
}

/** Texts that the placeholders of another text are filled from. */
type Values = Readonly<Record<string, string | number>>

/**
 * The texts of a language.
 *
 * @param messages all texts of the language; texts that it lacks are English
 */
export const textsOf = (language: string, messages: CustomMessages): Texts => {
  const all = new Map<string, string>(Object.entries({ ...english, ...messages }))
  const find = (key: string, values: Values): string | undefined => {
    const [count] = Object.values(values).filter((value) => typeof value === "number")
    return (count === 1 ? all.get(`${key}.one`) : undefined) ?? all.get(key)
  }
  return {
    language,
    text: (key, ...[values]) => fill(find(key, values ?? {}) ?? key, values ?? {}),
    problem: ({ code, message, params }, field) => {
      const template = find(`problem.${code}.${field}`, params) ?? find(`problem.${code}`, params)
      const named = Object.entries(params).map(([name, value]) => [name, all.get(`term.${value}`) ?? value])
      return template === undefined ? message : fill(template, Object.fromEntries(named))
    },
    rule: ({ code, message, params }) => {
      const template = find(`rule.${code}`, params)
      return template === undefined ? message : fill(template, params)
    }
  }
}

/** Replaces each placeholder once: a value that contains braces is not filled again. */
const fill = (template: string, values: Values): string =>
  template.replace(/\{([A-Za-z_]+)\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? String(values[name]) : whole
  )

/** The names in braces of a text, for checks. */
export const placeholdersOf = (template: string): ReadonlyArray<string> =>
  Array.from(template.matchAll(/\{([A-Za-z_]+)\}/g), ([, name = ""]) => name)
