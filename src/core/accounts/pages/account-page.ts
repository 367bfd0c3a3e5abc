/**
 * The account pages as plain data. A page names what it shows; the texts, the language and the HTML are added by what
 * renders it.
 *
 * | page                  | what it shows                                                                     |
 * | --------------------- | --------------------------------------------------------------------------------- |
 * | login                 | form; `next` travels in it                                                        |
 * | loggedOut             | that the visitor is logged out                                                    |
 * | signUp                | form                                                                              |
 * | signUpDone            | that an e-mail was sent to `address`                                              |
 * | verify                | form: the password that was chosen at sign-up                                     |
 * | verifyInvalid         | that the link is used, too old or wrong                                           |
 * | passwordChange        | form                                                                              |
 * | passwordChangeDone    | that the password was changed                                                     |
 * | noPassword            | that the page asks for a password, which the user does not have                   |
 * | passwordReset         | form                                                                              |
 * | passwordResetDone     | that an e-mail was sent, if there is such an account                              |
 * | passwordResetConfirm  | form: the new password                                                            |
 * | passwordResetInvalid  | that the link is used, too old or wrong                                           |
 * | passwordResetComplete | that the password was set                                                         |
 * | emailChange           | form                                                                              |
 * | emailChangeDone       | that an e-mail was sent to `address`                                              |
 * | emailConfirm          | form without fields: confirms `address`                                           |
 * | emailConfirmInvalid   | that the link is used, too old or wrong                                           |
 * | emailConfirmComplete  | that the address was changed                                                      |
 * | sessions              | the user's sessions; each other one has a form with a button, and so have all     |
 * | reauthenticate        | form: the password; `next` travels in it                                          |
 * | deactivate            | form                                                                              |
 * | deactivated           | that the account is deactivated                                                   |
 * | delete                | form                                                                              |
 * | deleted               | that the account is deleted                                                       |
 * | formOutOfDate         | that the form has no valid CSRF token                                             |
 * | notFound              | that there is no such page                                                        |
 * | refused               | that the request was refused: it cannot be read, or its session has ended          |
 * | unavailable           | that the site cannot answer now: a store is out of reach                          |
 * | failed                | that the site has a fault                                                         |
 */
import type { Problem, Rule } from "../../password/validators.ts"
import type { FieldName, FormDefinition, FormProblems, Submission } from "../forms/account-form.ts"
import type { FieldKind } from "../forms/form-field.ts"

/** The name of a page. It chooses the page's texts. */
export type AccountPageName =
  | "login"
  | "loggedOut"
  | "signUp"
  | "signUpDone"
  | "verify"
  | "verifyInvalid"
  | "passwordChange"
  | "passwordChangeDone"
  | "noPassword"
  | "passwordReset"
  | "passwordResetDone"
  | "passwordResetConfirm"
  | "passwordResetInvalid"
  | "passwordResetComplete"
  | "emailChange"
  | "emailChangeDone"
  | "emailConfirm"
  | "emailConfirmInvalid"
  | "emailConfirmComplete"
  | "sessions"
  | "reauthenticate"
  | "deactivate"
  | "deactivated"
  | "delete"
  | "deleted"
  | "formOutOfDate"
  | "notFound"
  | "refused"
  | "unavailable"
  | "failed"

/** One field of a form, as the page shows it. */
export interface PageField {
  /** The name of the form's field; it also chooses the label. */
  readonly name: FieldName
  /** Which input element to show: a checkbox, or an input of type `text`, `email` or `password`. */
  readonly kind: FieldKind
  /** What the input shows. Of a checkbox: `"on"` or `""`. Always `""` for a password. */
  readonly value: string
  /** Whether the form is refused if the field is empty. */
  readonly isRequired: boolean
  /** The most characters; `undefined`: no limit. */
  readonly maximumLength: number | undefined
  /** The attribute `autocomplete`. */
  readonly autocomplete: string
  /** The rules for a new password, at its first field. */
  readonly rules: ReadonlyArray<Rule>
  /** What is wrong with the value that was sent. */
  readonly problems: ReadonlyArray<Problem>
}

/** A form of a page. It is sent to {@link action} with POST. */
export interface PageForm {
  /** The path that the form is sent to. */
  readonly action: string
  /** The value of the hidden field `csrfmiddlewaretoken`. */
  readonly csrfToken: string
  /** The hidden field with the URL to go to afterwards; `undefined`: the form has none. */
  readonly next: { readonly name: string; readonly url: string } | undefined
  /** The visible fields, in order. */
  readonly fields: ReadonlyArray<PageField>
  /** Problems of the whole form. */
  readonly problems: ReadonlyArray<Problem>
}

/**
 * The pages that a page may link to, by name, with their paths. Pages that the site does not offer are missing. `again`
 * is the page of this request, if its form was refused.
 */
export type PageLinks = Readonly<
  Partial<
    Record<
      | "home"
      | "login"
      | "logout"
      | "signUp"
      | "passwordChange"
      | "passwordReset"
      | "emailChange"
      | "sessions"
      | "deactivate"
      | "delete"
      | "again",
      string
    >
  >
>

/** One session of the user, as the page lists it. */
export interface PageSession {
  /** The value of the form's field `session` that ends this session. Not the session key. */
  readonly id: string
  /** Whether it is the session of this request. It cannot be ended here: log out instead. */
  readonly isCurrent: boolean
  /** When the user logged in, in epoch milliseconds. */
  readonly createdAt: number
  /** When the session was last used, in epoch milliseconds, to within some minutes. */
  readonly lastSeenAt: number
  /** The client's IP address, if the site keeps it. */
  readonly address: string | undefined
  /** The client's `User-Agent`, if the site keeps it. */
  readonly userAgent: string | undefined
  /** Whether the session is bound to a device; `undefined` if the site does not bind sessions. */
  readonly isBound: boolean | undefined
}

/** One page. */
export interface AccountPage {
  /** Which page it is. */
  readonly name: AccountPageName
  /** The name of the site, for the title. */
  readonly siteName: string
  /** The logged-in user's name; `undefined` for an anonymous visitor, and on pages that do not depend on the user. */
  readonly username: string | undefined
  /** The form; `undefined`: the page has none. */
  readonly form: PageForm | undefined
  /** The e-mail address that the page is about; `undefined`: none. */
  readonly address: string | undefined
  /** Why the request was refused, in English, for developers. `undefined` in production, and on other pages. */
  readonly detail: string | undefined
  /** Only on the page `sessions`. */
  readonly sessions: ReadonlyArray<PageSession>
  /** Where to go from here. */
  readonly links: PageLinks
}

/**
 * The fields of a form as the page shows them.
 *
 * @param sent the form as it was sent; `undefined`: it is shown first
 * @param rules the rules for a new password
 */
export const pageFields = (
  { fields }: FormDefinition,
  sent: Pick<Submission, "shown"> | undefined,
  problems: FormProblems,
  rules: ReadonlyArray<Rule>
): ReadonlyArray<PageField> =>
  fields.map(({ autocomplete, hasPasswordRules, isOptional, kind, maximumLength, name }) => ({
    name,
    kind,
    value: sent?.shown[name] ?? "",
    isRequired: isOptional !== true && kind !== "checkbox",
    maximumLength,
    autocomplete,
    rules: hasPasswordRules === true ? rules : [],
    problems: problems[name] ?? []
  }))
