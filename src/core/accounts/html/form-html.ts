/** Forms and their problems as HTML. */
import type { AccountPage, PageField, PageForm } from "../pages/account-page.ts"
import type { Texts } from "../texts/messages.ts"
import { type Html, html } from "./html.ts"

/** A form with its fields and one button. @param button the text of the button */
export const formHtml = (form: PageForm, texts: Texts, button: string): Html =>
  html`<form method="post" action="${form.action}" novalidate>
${hiddenFields(form)}${form.fields.map((field) => fieldHtml(field, texts))}<p><button>${button}</button></p>
</form>
`

/** The fields of every form that the visitor does not see. */
export const hiddenFields = ({ csrfToken, next }: Pick<PageForm, "csrfToken" | "next">): Html =>
  html`<input type="hidden" name="csrfmiddlewaretoken" value="${csrfToken}">
${next !== undefined && hidden(next.name, next.url)}`

export const hidden = (name: string, value: string): Html =>
  html`<input type="hidden" name="${name}" value="${value}">
`

/**
 * What is wrong with a form, at the top of the page. It gets the focus when the page loads, and screen readers read it.
 * Each problem of a field is a link to the field.
 */
export const problemsHtml = (form: PageForm, texts: Texts): Html => {
  const items = [
    ...form.problems.map(
      (problem) => html`<li>${texts.problem(problem, "__all__")}</li>
`
    ),
    ...form.fields.flatMap((field) =>
      field.problems.map((problem) => {
        const shown = texts.text("problems.item", {
          field: labelOf(field, texts),
          problem: texts.problem(problem, field.name)
        })
        return html`<li><a href="#${idOf(field)}">${shown}</a></li>
`
      })
    )
  ]
  if (items.length === 0) return html``
  const title = texts.text(items.length === 1 ? "problems.title.one" : "problems.title")
  return html`<div class="problems" role="alert" aria-labelledby="problems_title" tabindex="-1" autofocus>
<h2 id="problems_title">${title}</h2>
<ul>
${items}</ul>
</div>
`
}

/** Whether a page shows problems. */
export const hasProblems = ({ form }: AccountPage): boolean =>
  form !== undefined && (form.problems.length > 0 || form.fields.some(({ problems }) => problems.length > 0))

const fieldHtml = (field: PageField, texts: Texts): Html => {
  const id = idOf(field)
  const problems = field.problems.map(
    (problem, at) =>
      html`<p class="problem" id="${problemId(field, at)}">${texts.text("problems.prefix")} ${texts.problem(problem, field.name)}</p>
`
  )
  const described = [
    ...(field.rules.length > 0 ? [`${id}_rules`] : []),
    ...field.problems.map((_, at) => problemId(field, at))
  ]
  const states = html`${field.isRequired && html` required`}${problems.length > 0 && html` aria-invalid="true"`}${
    described.length > 0 && html` aria-describedby="${described.join(" ")}"`
  }`
  const label = html`<label for="${id}">${labelOf(field, texts)}</label>
`
  if (field.kind === "checkbox")
    return html`<div class="field">
${problems}<div class="checkbox"><input type="checkbox" id="${id}" name="${field.name}"${field.value === "on" && html` checked`}${states}>
${label}</div>
</div>
`
  return html`<div class="field">
${label}${rulesHtml(field, texts)}${problems}<input type="${typeOf(field)}" id="${id}" name="${field.name}" value="${field.value}" autocomplete="${field.autocomplete}"${typedExactly(field)}${states}>
</div>
`
}

/** What a new password needs, as a list above the field. */
const rulesHtml = (field: PageField, texts: Texts): Html | false =>
  field.rules.length > 0 &&
  html`<ul class="rules" id="${idOf(field)}_rules">
${field.rules.map(
  (rule) => html`<li>${texts.rule(rule)}</li>
`
)}</ul>
`

const idOf = ({ name }: PageField): string => `id_${name}`
const problemId = (field: PageField, at: number): string => `${idOf(field)}_problem_${at + 1}`

/**
 * The type of the input. It never refuses a text itself: the form has `novalidate`, so that the page says what is
 * wrong.
 */
export const typeOf = ({ kind }: Pick<PageField, "kind">): "email" | "password" | "text" =>
  kind === "email" || kind === "password" ? kind : "text"

/** Names and addresses are not words: no capital letter at the beginning, and no marks for spelling. */
const typedExactly = ({ kind }: PageField): Html =>
  kind === "username" || kind === "email" ? html` autocapitalize="none" spellcheck="false"` : html``

/** A user name that is an e-mail address is called so. */
export const labelOf = (
  field: Pick<PageField, "autocomplete" | "isRequired" | "kind" | "name">,
  texts: Texts
): string => {
  const isAddress = field.name === "username" && field.autocomplete.split(" ").includes("email")
  const label = texts.text(isAddress ? "field.email" : `field.${field.name}`)
  return field.isRequired || field.kind === "checkbox" ? label : texts.text("field.optional", { field: label })
}
