/** A form with its texts as plain data, for applications that show it with components of their own. */

import type { Rule } from "../../password/validators.ts"
import { labelOf, typeOf } from "../html/form-html.ts"
import type { Texts } from "../texts/messages.ts"
import {
  emailChangeForm,
  type FieldName,
  type FormDefinition,
  loginForm,
  passwordChangeForm,
  passwordForm,
  passwordResetForm,
  signUpForm
} from "./account-form.ts"

/** Forms that need no link from a mail. */
export type AccountFormName =
  | "login"
  | "signUp"
  | "passwordChange"
  | "passwordReset"
  | "emailChange"
  | "reauthenticate"
  | "deactivate"
  | "delete"

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
  readonly name: AccountFormName
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

/** What decides which fields the forms have. */
export interface FormSettings {
  readonly rememberMe: boolean
  readonly usernameIsEmail: boolean
  readonly verifyEmail: boolean
}

/** The form with this name. */
export const formNamed = (
  name: AccountFormName,
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
    case "reauthenticate":
    case "deactivate":
    case "delete":
      return passwordForm
    default:
      return name satisfies never
  }
}

/** @param rules the rules for a new password */
export const formView = (
  name: AccountFormName,
  settings: FormSettings,
  texts: Texts,
  rules: ReadonlyArray<Rule>
): FormView => ({
  name,
  language: texts.language,
  title: texts.text(`${name}.title`),
  button: texts.text(`${name}.button`),
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
