"use client"

/**
 * The forms of the account pages, and the sessions of a user, as React components for Next.js with React 19. They also
 * work without JavaScript.
 *
 * ```tsx
 * // app/login/actions.ts
 * "use server"
 * export const logIn = accountAction(auth, "login")
 *
 * // app/login/page.tsx
 * const Page = async () => <AccountForm form={await accountForm(auth, "login")} action={logIn} />
 * export default Page
 * ```
 */
import * as React from "react"
import type { FieldView, FormView, LinkFormView } from "../../../core/accounts/forms/form-view.ts"
import type { SessionFact, SessionsView, SessionView } from "../../../core/accounts/pages/sessions-view.ts"
import type { AccountFormError, AccountFormState } from "./accounts/account-actions.ts"

/** The properties of {@link AccountForm}. */
export interface AccountFormProps {
  /** The form, from `accountForm` or `accountLinkForm`. */
  readonly form: FormView | LinkFormView
  /** The Server Action, from `accountAction`. */
  readonly action: (state: AccountFormState, form: FormData) => Promise<AccountFormState>
  /**
   * The URL to go to afterwards: the `next` of the page's `searchParams`. An unsafe one is ignored. Only `login`,
   * `logout`, `reauthenticate` and `signUp` without a confirmation of the address take it, as the account pages do.
   */
  readonly next?: string | undefined
  /** The class of the form element. */
  readonly className?: string
  /** Shown instead of the form when it is done and does not redirect: after `logout`, `deactivate` and `delete`. */
  readonly children?: React.ReactNode
}

const unsent: AccountFormState = { errors: {}, values: {} }

/** A form with labels, a summary of the problems that gets the focus, and one button. */
export const AccountForm = ({ action, children, className, form, next }: AccountFormProps): React.ReactElement => {
  const [state, send, isPending] = React.useActionState(action, unsent)
  const summary = React.useRef<Focusable | null>(null)
  React.useEffect(() => {
    if (state !== unsent) summary.current?.focus()
  }, [state])
  if (state.done !== undefined) return React.createElement(React.Fragment, null, children)
  const text = "text" in form ? React.createElement("p", { lang: form.language }, form.text) : null
  if ("uid" in form && form.uid === undefined) return React.createElement("div", { className, role: "alert" }, text)
  return React.createElement(
    "form",
    { action: send, className, lang: form.language, noValidate: true },
    summaryOf(form, state, summary),
    text,
    "uid" in form ? hidden("uid", form.uid) : null,
    hidden("next", next),
    ...form.fields.map((field) => fieldOf(field, state)),
    React.createElement("button", { disabled: isPending, type: "submit" }, form.button)
  )
}

/** The properties of {@link AccountSessions}. */
export interface AccountSessionsProps {
  /** The sessions, from `accountSessions`. */
  readonly sessions: SessionsView
  /** The Server Action, from `accountAction` with the name `sessions`. */
  readonly action: AccountFormProps["action"]
  /** The URL to go to when a session was ended: the path of this page. An unsafe one is ignored. */
  readonly next?: string | undefined
  /** The class of the element around the list. */
  readonly className?: string
}

/** The sessions of the user, each other one with a button that ends it, and a button that ends all others. */
export const AccountSessions = ({ action, className, next, sessions }: AccountSessionsProps): React.ReactElement => {
  const [{ errors }, send, isPending] = React.useActionState(action, unsent)
  const problems = [...(errors["__all__"] ?? []), ...(errors["session"] ?? [])]
  const endForm = (id: string, button: string, label?: string): React.ReactElement =>
    React.createElement(
      "form",
      { action: send },
      hidden("next", next),
      hidden("session", id),
      React.createElement("button", { "aria-label": label, disabled: isPending, type: "submit" }, button)
    )
  return React.createElement(
    "div",
    { className, lang: sessions.language },
    ...problems.map(({ message }) => React.createElement("p", { key: message, role: "alert" }, message)),
    React.createElement("p", null, sessions.text),
    React.createElement(
      "ul",
      null,
      sessions.sessions.map((session) => sessionOf(session, endForm))
    ),
    sessions.endOthers === undefined ? React.createElement("p", null, sessions.none) : endForm("", sessions.endOthers)
  )
}

const sessionOf = (
  { end, facts, id, title }: SessionView,
  endForm: (id: string, button: string, label: string) => React.ReactElement
): React.ReactElement =>
  React.createElement(
    "li",
    { key: id },
    React.createElement("h2", null, title),
    React.createElement(
      "dl",
      null,
      facts.map((fact) =>
        React.createElement(
          React.Fragment,
          { key: fact.label },
          React.createElement("dt", null, fact.label),
          React.createElement("dd", null, factOf(fact))
        )
      )
    ),
    end === undefined ? null : endForm(id, end.button, end.label)
  )

const factOf = ({ dateTime, text }: SessionFact): React.ReactNode =>
  dateTime === undefined ? text : React.createElement("time", { dateTime }, text)

const hidden = (name: string, value: string | undefined): React.ReactNode =>
  value === undefined ? null : React.createElement("input", { type: "hidden", name, value })

interface Focusable {
  readonly focus: () => void
}

const idOf = (name: string): string => `id_${name}`

const summaryOf = (
  { fields, problemTitle, problemsTitle }: FormView,
  { errors }: AccountFormState,
  ref: object
): React.ReactNode => {
  const items = [
    ...(errors["__all__"] ?? []).map(({ code, message }) => React.createElement("li", { key: code }, message)),
    ...fields.flatMap(({ label, name }) =>
      (errors[name] ?? []).map(({ code, message }) =>
        React.createElement(
          "li",
          { key: `${name} ${code}` },
          React.createElement("a", { href: `#${idOf(name)}` }, `${label}: ${message}`)
        )
      )
    )
  ]
  if (items.length === 0) return null
  const title = React.createElement("p", null, items.length === 1 ? problemTitle : problemsTitle)
  // Without JavaScript, the browser gives it the focus when it has loaded the page.
  return React.createElement(
    "div",
    { autoFocus: true, ref, role: "alert", tabIndex: -1 },
    title,
    React.createElement("ul", null, items)
  )
}

const fieldOf = (field: FieldView, { errors, values }: AccountFormState): React.ReactElement => {
  const { autocomplete, isRequired, label, name, rules, type } = field
  const id = idOf(name)
  const problems: ReadonlyArray<AccountFormError> = errors[name] ?? []
  const problemIds = problems.map((_, at) => `${id}_problem_${at + 1}`)
  const rulesId = `${id}_rules`
  const described = [...(rules.length === 0 ? [] : [rulesId]), ...problemIds]
  const value = values[name] ?? ""
  const input = React.createElement("input", {
    id,
    name,
    type,
    autoComplete: autocomplete,
    required: isRequired,
    // React empties a form after its action, to the default values.
    ...(type === "checkbox" ? { defaultChecked: value === "on" } : { defaultValue: value }),
    ...(type === "text" || type === "email" ? { autoCapitalize: "none", spellCheck: false } : {}),
    ...(problems.length === 0 ? {} : { "aria-invalid": true }),
    ...(described.length === 0 ? {} : { "aria-describedby": described.join(" ") })
  })
  const shown = problems.map(({ message }, at) =>
    React.createElement("p", { id: problemIds[at], key: problemIds[at] }, message)
  )
  return React.createElement(
    "div",
    { key: name },
    React.createElement("label", { htmlFor: id }, label),
    rules.length === 0
      ? null
      : React.createElement(
          "ul",
          { id: rulesId },
          rules.map((rule) => React.createElement("li", { key: rule }, rule))
        ),
    ...shown,
    input
  )
}
