/** The list of a user's sessions as HTML. */
import type { AccountPage, PageForm } from "../pages/account-page.ts"
import { type SessionFact, type SessionView, sessionsView } from "../pages/sessions-view.ts"
import type { Texts } from "../texts/messages.ts"
import { hidden, hiddenFields } from "./form-html.ts"
import { type Html, html } from "./html.ts"

/** All sessions, each other one with a button that ends it, and a button that ends all others. */
export const sessionsHtml = ({ form, sessions }: AccountPage, texts: Texts, timeZone: string): Html => {
  const view = sessionsView(sessions, texts, timeZone)
  return html`<ul class="sessions">
${view.sessions.map((session) => sessionHtml(session, form))}</ul>
${
  view.endOthers !== undefined
    ? form !== undefined && endForm(form, "", view.endOthers, undefined)
    : html`<p>${view.none}</p>
`
}`
}

const sessionHtml = ({ end, facts, id, title }: SessionView, form: PageForm | undefined): Html =>
  html`<li>
<h2>${title}</h2>
<dl>
${facts.map(
  (fact) => html`<dt>${fact.label}</dt><dd>${factHtml(fact)}</dd>
`
)}</dl>
${form !== undefined && end !== undefined && endForm(form, id, end.button, end.label)}</li>
`

const factHtml = ({ dateTime, text }: SessionFact): Html =>
  dateTime === undefined ? html`${text}` : html`<time datetime="${dateTime}">${text}</time>`

/** @param name how a screen reader names the button; `undefined`: by its text */
const endForm = (form: PageForm, session: string, button: string, name: string | undefined): Html =>
  html`<form method="post" action="${form.action}">
${hiddenFields(form)}${hidden("session", session)}<p><button class="secondary"${name !== undefined && html` aria-label="${name}"`}>${button}</button></p>
</form>
`
