/** Checks the options of the renderer: names, languages, texts and their placeholders. */
import { english } from "../texts/english.ts"
import { isMessageKey, placeholdersOf } from "../texts/messages.ts"
import { type RenderOptions, shippedMessages } from "./html-renderer.ts"
import { pageNames } from "./page-html.ts"

/** One text per problem: the name of the option, what is wrong, and what to write instead. */
export const renderProblems = ({
  language,
  layout,
  mails = {},
  messages = {},
  pages = {},
  timeZone = "UTC"
}: RenderOptions): ReadonlyArray<string> => {
  const languages = [...new Set([...Object.keys(shippedMessages), ...Object.keys(messages)])]
  const mailNames = Object.keys(english).flatMap((key) => /^mail\.(\w+)\.subject$/.exec(key)?.[1] ?? [])
  return [
    ...(language === undefined || languages.includes(language)
      ? []
      : [`language: write one of ${languages.join(", ")}, or add texts for it to messages`]),
    ...(isTimeZone(timeZone) ? [] : ['timeZone: write a name of the IANA database, as in "Europe/Berlin"']),
    ...Object.entries(messages).flatMap(([tag, texts]) => [
      ...(isLanguage(tag) ? [] : [`messages.${tag}: write a language tag, as in "fr" or "pt-BR"`]),
      ...messageProblems(tag, texts)
    ]),
    ...replacementProblems("pages", pages, pageNames),
    ...replacementProblems("mails", mails, mailNames),
    ...(layout === undefined || typeof layout === "function" ? [] : ["layout: write a function"])
  ]
}

const messageProblems = (tag: string, texts: unknown): ReadonlyArray<string> => {
  if (typeof texts !== "object" || texts === null) return [`messages.${tag}: write an object of texts`]
  return Object.entries(texts).flatMap(([key, text]: readonly [string, unknown]) => {
    const at = `messages.${tag}: ${key}`
    if (typeof text !== "string") return [`${at}: write a text`]
    if (!isMessageKey(key)) return /^(?:problem|rule)\./.test(key) ? [] : [`${at}: there is no such text`]
    const known = placeholdersOf(english[key])
    const unknown = placeholdersOf(text).filter((name) => !known.includes(name))
    if (unknown.length === 0) return []
    const names = known.length === 0 ? "it has no values" : `its values are {${known.join("}, {")}}`
    return [`${at}: there is no {${unknown.join("}, {")}}; ${names}`]
  })
}

const replacementProblems = (option: string, given: object, known: ReadonlyArray<string>): ReadonlyArray<string> =>
  Object.entries(given).flatMap(([name, value]: readonly [string, unknown]) => {
    if (!known.includes(name)) return [`${option}.${name}: there is none; the names are ${known.join(", ")}`]
    return value === undefined || typeof value === "function" ? [] : [`${option}.${name}: write a function`]
  })

const isTimeZone = (timeZone: string): boolean => {
  try {
    return new Intl.DateTimeFormat("en", { timeZone }).format(0) !== ""
  } catch {
    return false
  }
}

const isLanguage = (tag: string): boolean => {
  try {
    return Intl.getCanonicalLocales(tag).length === 1
  } catch {
    return false
  }
}
