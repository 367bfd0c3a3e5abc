/** HTML as a value of its own: what is not one is escaped. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

export type Content = Html | string | number | undefined | ReadonlyArray<Html>

/** A piece of HTML. Values are text, for elements and for attributes in quotes; `undefined` is nothing. */
export const html = (pieces: TemplateStringsArray, ...values: ReadonlyArray<Content>): Html =>
  new Html(pieces.map((piece, index) => piece + written(values[index])).join(""))

const written = (value: Content): string => {
  if (value === undefined) return ""
  if (value instanceof Html) return value.text
  if (typeof value === "string" || typeof value === "number") return escaped(String(value))
  return value.map(({ text }) => text).join("\n")
}

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
