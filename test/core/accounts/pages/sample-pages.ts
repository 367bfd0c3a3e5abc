/** Every account page, with and without problems, with a text in every place that holds a text. */
import {
  confirmationForm,
  emailChangeForm,
  endSessionForm,
  type FormDefinition,
  type FormProblems,
  loginForm,
  newPasswordForm,
  passwordChangeForm,
  passwordForm,
  passwordResetForm,
  signUpForm
} from "../../../../src/core/accounts/forms/account-form.ts"
import type { AccountMail, AccountMailName } from "../../../../src/core/accounts/pages/account-mail.ts"
import { type AccountPage, type AccountPageName, pageFields } from "../../../../src/core/accounts/pages/account-page.ts"

const forms: Readonly<Record<AccountPageName, FormDefinition | undefined>> = {
  login: loginForm(true, false),
  loggedOut: undefined,
  signUp: signUpForm(false, true),
  signUpDone: undefined,
  verify: passwordForm,
  verifyInvalid: undefined,
  passwordChange: passwordChangeForm,
  passwordChangeDone: undefined,
  noPassword: undefined,
  passwordReset: passwordResetForm,
  passwordResetDone: undefined,
  passwordResetConfirm: newPasswordForm,
  passwordResetInvalid: undefined,
  passwordResetComplete: undefined,
  emailChange: emailChangeForm,
  emailChangeDone: undefined,
  emailConfirm: confirmationForm,
  emailConfirmInvalid: undefined,
  emailConfirmComplete: undefined,
  sessions: endSessionForm,
  reauthenticate: passwordForm,
  deactivate: passwordForm,
  deactivated: undefined,
  delete: passwordForm,
  deleted: undefined,
  formOutOfDate: undefined,
  notFound: undefined,
  refused: undefined,
  unavailable: undefined,
  failed: undefined
}

export const allPageNames = Object.keys(forms).filter((name): name is AccountPageName => name in forms)

/** Pages in place of an answer for programs. */
const refusals: ReadonlyArray<AccountPageName> = ["formOutOfDate", "notFound", "refused", "unavailable", "failed"]

/** The problems of a form in which everything is wrong. @param text a text in the problems */
const allProblems = ({ fields }: FormDefinition, text: string): FormProblems => ({
  __all__: [{ code: "invalid_login", message: text, params: { username: text } }],
  ...Object.fromEntries(
    fields.map(({ name }) => [
      name,
      [
        { code: "required", message: "This field is required.", params: {} },
        { code: "of_the_application", message: text, params: {} }
      ]
    ])
  )
})

/** @param text what every text of the page is: the host, an address, what was sent */
export const samplePage = (name: AccountPageName, text: string, hasProblems: boolean): AccountPage => {
  const form = forms[name]
  const problems = form === undefined || !hasProblems ? {} : allProblems(form, text)
  return {
    name,
    siteName: text,
    username: text,
    form: form && {
      action: `/accounts/${text}`,
      csrfToken: text,
      next: { name: "next", url: text },
      fields: pageFields(
        form,
        { shown: Object.fromEntries(form.fields.map((field) => [field.name, field.kind === "password" ? "" : text])) },
        problems,
        [
          { code: "password_too_short", message: "", params: { min_length: 8 } },
          { code: "of_the_application", message: text, params: {} }
        ]
      ),
      problems: problems.__all__ ?? []
    },
    address: text,
    detail: refusals.includes(name) ? text : undefined,
    sessions: [
      { id: text, isCurrent: true, createdAt: 0, lastSeenAt: 60_000, address: text, userAgent: text, isBound: true },
      { id: text, isCurrent: false, createdAt: 0, lastSeenAt: 60_000, address: text, userAgent: text, isBound: false },
      {
        id: text,
        isCurrent: false,
        createdAt: 0,
        lastSeenAt: 60_000,
        address: undefined,
        userAgent: undefined,
        isBound: undefined
      }
    ],
    links: {
      home: `/${text}`,
      login: `/accounts/login${text}`,
      logout: `/accounts/logout${text}`,
      signUp: `/accounts/signup${text}`,
      passwordChange: `/accounts/password_change${text}`,
      passwordReset: `/accounts/password_reset${text}`,
      emailChange: `/accounts/email_change${text}`,
      sessions: `/accounts/sessions${text}`,
      deactivate: `/accounts/deactivate${text}`,
      delete: `/accounts/delete${text}`,
      again: `/accounts/login${text}`
    }
  }
}

const mails: Readonly<Record<AccountMailName, true>> = {
  passwordReset: true,
  verifyEmail: true,
  signUpTaken: true,
  confirmEmail: true,
  emailTaken: true,
  emailChanged: true
}
export const allMailNames = Object.keys(mails).filter((name): name is AccountMailName => name in mails)

export const sampleMail = (name: AccountMailName, changes: Partial<AccountMail> = {}): AccountMail => ({
  name,
  to: "alice@shop.example",
  userId: "17",
  username: "alice",
  siteName: "shop.example",
  acceptLanguage: undefined,
  link: "https://shop.example/accounts/reset/MTc/token",
  newAddress: "alice@new.example",
  ...changes
})
