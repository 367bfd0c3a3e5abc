/** How account pages become HTML, and problems become texts. */
import type { Problem } from "../../password/validators.ts"
import type { AccountPage, PageField, PageForm } from "./account-page.ts"

/** A page as it is sent. */
export interface RenderedPage {
  /** The whole HTML document. */
  readonly html: string
  /** Further headers, by lower-case name, as `content-security-policy`. */
  readonly headers?: Readonly<Record<string, string>>
}

/** Makes the texts that a client sees. */
export interface AccountRenderer {
  /** Renders a page. @param acceptLanguage the header `Accept-Language` of the request */
  readonly page: (page: AccountPage, acceptLanguage: string | undefined) => RenderedPage
  /** The text of a problem, for clients that ask for JSON. */
  readonly problem: (problem: Problem, acceptLanguage: string | undefined) => string
}

/** Pages without design, in English. */
export const bareRenderer: AccountRenderer = {
  page: (page) => ({
    html: `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escaped(`${page.name} | ${page.siteName}`)}</title><h1>${escaped(page.name)}</h1>${page.address === undefined ? "" : `<p>${escaped(page.address)}</p>`}${page.form === undefined ? "" : formOf(page.form)}</html>`
  }),
  problem: ({ message }) => message
}

const formOf = (form: PageForm): string =>
  `<form method="post" action="${escaped(form.action)}">${hidden("csrfmiddlewaretoken", form.csrfToken)}${
    form.next === undefined ? "" : hidden(form.next.name, form.next.url)
  }${problemsOf(form.problems)}${form.fields.map(fieldOf).join("")}<button>OK</button></form>`

const hidden = (name: string, value: string): string =>
  `<input type="hidden" name="${escaped(name)}" value="${escaped(value)}">`

const fieldOf = ({ autocomplete, kind, name, problems, value }: PageField): string =>
  `<label>${escaped(name)} <input type="${kind === "username" ? "text" : kind}" name="${escaped(name)}" value="${escaped(value)}" autocomplete="${escaped(autocomplete)}"></label>${problemsOf(problems)}`

const problemsOf = (problems: ReadonlyArray<Problem>): string =>
  problems.map(({ message }) => `<p>${escaped(message)}</p>`).join("")

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
