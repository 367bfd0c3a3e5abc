/**
 * The only way in which the account pages make HTML. Every value in an {@link html} template is escaped, unless it is
 * HTML that another template made. So no text of a client or an application can become markup.
 */

/** HTML that a template made. */
export class Html {
  /** The markup. */
  readonly markup: string
  constructor(markup: string) {
    this.markup = markup
  }
}

/** What a template may contain. `undefined` and `false` add nothing. */
export type HtmlValue = Html | string | number | undefined | false | ReadonlyArray<Html>

/** Makes HTML. Write attribute values in double quotes. */
export const html = (strings: TemplateStringsArray, ...values: ReadonlyArray<HtmlValue>): Html =>
  new Html(strings.reduce((made, text, at) => `${made}${markupOf(values[at - 1])}${text}`))

const markupOf = (value: HtmlValue): string => {
  if (value === undefined || value === false) return ""
  if (value instanceof Html) return value.markup
  if (typeof value === "object") return value.map(({ markup }) => markup).join("")
  return escapeHtml(String(value))
}

/** A text as HTML shows it, in an element and in a quoted attribute. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`)
