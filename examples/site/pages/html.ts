/** A type for HTML: every value that is not of this type is escaped. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

export type Content = Html | string | number | undefined | ReadonlyArray<Html>

/** A piece of HTML. Values are escaped for elements and for quoted attributes; `undefined` becomes the empty text. */
export const html = (pieces: TemplateStringsArray, ...values: ReadonlyArray<Content>): Html =>
  new Html(pieces.map((piece, index) => piece + written(values[index])).join(""))

const written = (value: Content): string => {
  if (value === undefined) return ""
  if (value instanceof Html) return value.text
  if (typeof value === "string" || typeof value === "number") return escaped(String(value))
  return value.map(({ text }) => text).join("\n")
}

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
