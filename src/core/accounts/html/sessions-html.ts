/** The list of a user's sessions as HTML. */
import type { AccountPage, PageForm, PageSession } from "../pages/account-page.ts"
import type { Texts } from "../texts/messages.ts"
import { hidden, hiddenFields } from "./form-html.ts"
import { type Html, html } from "./html.ts"

/** All sessions, each other one with a button that ends it, and a button that ends all others. */
export const sessionsHtml = ({ form, sessions }: AccountPage, texts: Texts, timeZone: string): Html => {
  const hasOthers = sessions.some(({ isCurrent }) => !isCurrent)
  return html`<ul class="sessions">
${sessions.map((session) => sessionHtml(session, form, texts, timeZone))}</ul>
${
  hasOthers
    ? form !== undefined && endForm(form, "", texts.text("sessions.endOthers"), undefined)
    : html`<p>${texts.text("sessions.none")}</p>
`
}`
}

const sessionHtml = (session: PageSession, form: PageForm | undefined, texts: Texts, timeZone: string): Html => {
  const browser =
    session.userAgent === undefined || session.userAgent === ""
      ? texts.text("sessions.unknownBrowser")
      : session.userAgent
  return html`<li>
<h2>${session.isCurrent ? texts.text("sessions.current") : browser}</h2>
<dl>
<dt>${texts.text("sessions.loggedIn")}</dt><dd>${timeHtml(session.createdAt, texts, timeZone)}</dd>
<dt>${texts.text("sessions.lastSeen")}</dt><dd>${timeHtml(session.lastSeenAt, texts, timeZone)}</dd>
${
  session.address !== undefined &&
  html`<dt>${texts.text("sessions.address")}</dt><dd>${session.address}</dd>
`
}${
  session.isBound !== undefined &&
  html`<dt>${texts.text("sessions.device")}</dt><dd>${texts.text(session.isBound ? "sessions.bound" : "sessions.notBound")}</dd>
`
}</dl>
${
  form !== undefined &&
  !session.isCurrent &&
  endForm(form, session.id, texts.text("sessions.end"), texts.text("sessions.endNamed", { browser }))
}</li>
`
}

/** @param name how a screen reader names the button; `undefined`: by its text */
const endForm = (form: PageForm, session: string, button: string, name: string | undefined): Html =>
  html`<form method="post" action="${form.action}">
${hiddenFields(form)}${hidden("session", session)}<p><button class="secondary"${name !== undefined && html` aria-label="${name}"`}>${button}</button></p>
</form>
`

/** @param at epoch milliseconds */
const timeHtml = (at: number, { language }: Texts, timeZone: string): Html => {
  const date = new Date(at)
  if (Number.isNaN(date.getTime())) return html`?`
  const format = new Intl.DateTimeFormat(language, {
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    timeZone,
    timeZoneName: "short"
  })
  return html`<time datetime="${date.toISOString()}">${format.format(date)}</time>`
}
