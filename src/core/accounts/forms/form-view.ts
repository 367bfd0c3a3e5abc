/** A form with its texts as plain data, for applications that show it with components of their own. */

import type { Rule } from "../../password/validators.ts"
import { labelOf, typeOf } from "../html/form-html.ts"
import type { Texts } from "../texts/messages.ts"
import {
  confirmationForm,
  emailChangeForm,
  type FieldName,
  type FormDefinition,
  loginForm,
  newPasswordForm,
  passwordChangeForm,
  passwordForm,
  passwordResetForm,
  signUpForm
} from "./account-form.ts"

/** Forms that need no link from a mail. */
export type AccountFormName =
  | "login"
  | "logout"
  | "signUp"
  | "passwordChange"
  | "passwordReset"
  | "emailChange"
  | "reauthenticate"
  | "deactivate"
  | "delete"

/** Forms of the pages that a link in a mail opens. */
export type AccountLinkFormName = "passwordResetConfirm" | "verify" | "emailConfirm"

/** One field of a form. */
export interface FieldView {
  /** The name of the form's field. */
  readonly name: FieldName
  /** The text of its label. */
  readonly label: string
  /** The type of the input element. */
  readonly type: "text" | "email" | "password" | "checkbox"
  /** The attribute `autocomplete`. */
  readonly autocomplete: string
  /** Whether the form is refused if the field is empty. */
  readonly isRequired: boolean
  /** What a new password needs, in sentences. Only at the first field for a new password. */
  readonly rules: ReadonlyArray<string>
}

/** A form. */
export interface FormView {
  /** Which form it is. */
  readonly name: AccountFormName | AccountLinkFormName
  /** The language of its texts, as a language tag. */
  readonly language: string
  /** The heading. */
  readonly title: string
  /** The text of the button. */
  readonly button: string
  /** The heading of the list of problems if there is one problem. */
  readonly problemTitle: string
  /** The heading of the list of problems if there are several. */
  readonly problemsTitle: string
  /** The visible fields, in order. */
  readonly fields: ReadonlyArray<FieldView>
}

/** A form of a page that a link in a mail opens, or the text that says that the link is not valid. */
export interface LinkFormView extends FormView {
  readonly name: AccountLinkFormName
  /** What the form asks for; or, if the link is not valid, that it is not. */
  readonly text: string
  /** The first part of the link, which the form sends in its field `uid`; `undefined`: the link is not valid. */
  readonly uid: string | undefined
}

/** What decides which fields the forms have. */
export interface FormSettings {
  readonly rememberMe: boolean
  readonly usernameIsEmail: boolean
  readonly verifyEmail: boolean
}

/** The form with this name. */
export const formNamed = (
  name: AccountFormName | AccountLinkFormName,
  { rememberMe, usernameIsEmail, verifyEmail }: FormSettings
): FormDefinition => {
  switch (name) {
    case "login":
      return loginForm(rememberMe, usernameIsEmail)
    case "signUp":
      return signUpForm(usernameIsEmail, !verifyEmail)
    case "passwordChange":
      return passwordChangeForm
    case "passwordReset":
      return passwordResetForm
    case "emailChange":
      return emailChangeForm
    case "passwordResetConfirm":
      return newPasswordForm
    case "logout":
    case "emailConfirm":
      return confirmationForm
    case "verify":
    case "reauthenticate":
    case "deactivate":
    case "delete":
      return passwordForm
    default:
      return name satisfies never
  }
}

const titleOf = (name: AccountFormName | AccountLinkFormName) =>
  name === "logout" ? "link.logout" : (`${name}.title` as const)

const buttonOf = (name: AccountFormName | AccountLinkFormName) =>
  name === "logout" ? "link.logout" : (`${name}.button` as const)

/** @param rules the rules for a new password */
export const formView = <Name extends AccountFormName | AccountLinkFormName>(
  name: Name,
  settings: FormSettings,
  texts: Texts,
  rules: ReadonlyArray<Rule>
): FormView & { readonly name: Name } => ({
  name,
  language: texts.language,
  title: texts.text(titleOf(name)),
  button: texts.text(buttonOf(name)),
  problemTitle: texts.text("problems.title.one"),
  problemsTitle: texts.text("problems.title"),
  fields: formNamed(name, settings).fields.map((field) => {
    const isRequired = field.isOptional !== true && field.kind !== "checkbox"
    return {
      name: field.name,
      label: labelOf({ ...field, isRequired }, texts),
      type: field.kind === "checkbox" ? field.kind : typeOf(field),
      autocomplete: field.autocomplete,
      isRequired,
      rules: field.hasPasswordRules === true ? rules.map(texts.rule) : []
    }
  })
})

/** @param address the address that the link is about; `undefined`: the link is not valid */
export const linkFormView = (
  form: FormView & { readonly name: AccountLinkFormName },
  uid: string,
  address: string | undefined,
  texts: Texts
): LinkFormView => {
  const { name } = form
  if (address === undefined) {
    const invalid = invalidPages[name]
    return { ...form, title: texts.text(`${invalid}.title`), text: texts.text(`${invalid}.text`), uid: undefined }
  }
  const text = name === "emailConfirm" ? texts.text("emailConfirm.textFor", { address }) : texts.text(`${name}.text`)
  return { ...form, text, uid }
}

const invalidPages = {
  passwordResetConfirm: "passwordResetInvalid",
  verify: "verifyInvalid",
  emailConfirm: "emailConfirmInvalid"
} as const
