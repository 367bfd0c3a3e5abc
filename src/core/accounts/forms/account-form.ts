/**
 * The forms of the account pages.
 *
 * | form           | fields                                                        |
 * | -------------- | ------------------------------------------------------------- |
 * | login          | username, password, and `remember` if the site asks           |
 * | signUp         | username (unless the address is the name), email, password1/2 |
 * | verify         | password                                                      |
 * | passwordChange | old_password, new_password1, new_password2                    |
 * | passwordReset  | email                                                         |
 * | newPassword    | new_password1, new_password2                                  |
 * | emailChange    | email, password                                               |
 * | confirmEmail   | none                                                          |
 * | deactivate     | password                                                      |
 * | delete         | password                                                      |
 * | endSession     | session                                                       |
 *
 * A field has at most the problems of its own value. Problems that depend on stored data are added by the flow.
 */
import type { Problem } from "../../password/validators.ts"
import { clean, type Field, shownAgain } from "./form-field.ts"

/** The names of the forms' fields: Django's where Django has the form. */
export type FieldName =
  | "username"
  | "email"
  | "password"
  | "password1"
  | "password2"
  | "old_password"
  | "new_password1"
  | "new_password2"
  | "remember"
  | "session"

/** The fields of one form, in the order in which the page shows them. */
export interface FormDefinition {
  /** The form's fields. */
  readonly fields: ReadonlyArray<Field<FieldName>>
}

/** The problems of a form: by field, and those of the whole form under `__all__`, as in Django. */
export type FormProblems = Readonly<Partial<Record<FieldName | "__all__", ReadonlyArray<Problem>>>>

/** A form that a client sent, cleaned. */
export interface Submission {
  /** The texts of the fields without problems. */
  readonly values: Readonly<Partial<Record<FieldName, string>>>
  /** The problems of the other fields. */
  readonly problems: FormProblems
  /** What the page shows in the fields again. Passwords are not shown. */
  readonly shown: Readonly<Partial<Record<FieldName, string>>>
}

/** Cleans all fields of a form. @param read returns a field as the client sent it */
export const submit = ({ fields }: FormDefinition, read: (name: FieldName) => unknown): Submission => {
  const values: Partial<Record<FieldName, string>> = {}
  const problems: Partial<Record<FieldName, ReadonlyArray<Problem>>> = {}
  const shown: Partial<Record<FieldName, string>> = {}
  for (const field of fields) {
    const value = read(field.name)
    const cleaned = clean(field, value)
    shown[field.name] = shownAgain(field, value)
    if (cleaned._tag === "Cleaned") values[field.name] = cleaned.value
    else problems[field.name] = cleaned.problems
  }
  return { values, problems, shown }
}

/** Whether a form may be carried out. */
export const isGood = (problems: FormProblems): boolean => Object.keys(problems).length === 0

/** The problems of a form, and further ones of one field or of the whole form. */
export const withProblems = (
  problems: FormProblems,
  at: FieldName | "__all__",
  more: ReadonlyArray<Problem>
): FormProblems => (more.length === 0 ? problems : { ...problems, [at]: [...(problems[at] ?? []), ...more] })

// ---- definitions -------------------------------------------------------------------------------------------------

const username = { name: "username", kind: "username", maximumLength: 150, autocomplete: "username" } as const
const email = { name: "email", kind: "email", maximumLength: 254, autocomplete: "email" } as const
const currentPassword = { name: "password", kind: "password", autocomplete: "current-password" } as const
const newPassword = <Name extends FieldName>(name: Name) =>
  ({ name, kind: "password", autocomplete: "new-password" }) as const

/** The first of two fields for a new password. */
const firstPassword = <Name extends FieldName>(name: Name) =>
  ({ ...newPassword(name), hasPasswordRules: true }) as const

/** @param remembers whether the form asks to stay logged in */
export const loginForm = (remembers: boolean, usernameIsEmail: boolean): FormDefinition => ({
  fields: [
    { ...username, isLookedUp: true, autocomplete: usernameIsEmail ? "username email" : "username" },
    currentPassword,
    ...(remembers ? [{ name: "remember", kind: "checkbox", autocomplete: "off" } as const] : [])
  ]
})

/** @param usernameIsEmail the address is the user name, so the form has no field for a name */
export const signUpForm = (usernameIsEmail: boolean, emailIsOptional: boolean): FormDefinition => ({
  fields: [
    ...(usernameIsEmail
      ? [{ ...email, maximumLength: 150, autocomplete: "username email" } as const]
      : [username, emailIsOptional ? ({ ...email, isOptional: true } as const) : email]),
    firstPassword("password1"),
    newPassword("password2")
  ]
})

export const passwordChangeForm: FormDefinition = {
  fields: [{ ...currentPassword, name: "old_password" }, firstPassword("new_password1"), newPassword("new_password2")]
}

export const passwordResetForm: FormDefinition = { fields: [email] }
export const newPasswordForm: FormDefinition = {
  fields: [firstPassword("new_password1"), newPassword("new_password2")]
}
export const emailChangeForm: FormDefinition = { fields: [email, currentPassword] }
/** The user's own password, before an action that cannot be undone by a click. */
export const passwordForm: FormDefinition = { fields: [currentPassword] }
/** A button without fields. */
export const confirmationForm: FormDefinition = { fields: [] }
export const endSessionForm: FormDefinition = {
  fields: [{ name: "session", kind: "text", isOptional: true, autocomplete: "off" }]
}

// ---- problems that depend on other fields or on stored data ------------------------------------------------------

const problem = (code: string, message: string, params: Problem["params"] = {}): Problem => ({ code, message, params })

/**
 * One text for unknown user, inactive user, unverified user and wrong password.
 *
 * @param label how the page calls the name
 */
export const invalidLogin = (label = "username"): Problem =>
  problem(
    "invalid_login",
    `Please enter a correct ${label} and password. Note that both fields may be case-sensitive.`,
    { username: label }
  )

/** A field that may be empty is missing. */
export const fieldMissing = problem("required", "This field is required.")
export const inactiveAccount = problem("inactive", "This account is inactive.")
export const passwordMismatch = problem("password_mismatch", "The two password fields didn’t match.")
export const oldPasswordIncorrect = problem(
  "password_incorrect",
  "Your old password was entered incorrectly. Please enter it again."
)
export const passwordIncorrect = problem(
  "password_incorrect",
  "Your password was entered incorrectly. Please enter it again."
)
export const accountReferenced = problem(
  "referenced",
  "This account cannot be deleted, because other records refer to it."
)
export const usernameTaken = problem("unique", "A user with that username already exists.")
export const addressTaken = problem("unique", "A user with that email address already exists.")
export const usernameInvalid = problem(
  "invalid",
  "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters."
)

/**
 * The problems of a new password that was entered twice. They are at the second field. The validators run only if both
 * entries are equal, and the second one is a password.
 *
 * @param validate returns the problems that the validators find
 * @see Django: django.contrib.auth.forms.SetPasswordForm
 */
export const newPasswordProblems = (
  { problems, values }: Submission,
  [first, second]: readonly [FieldName, FieldName],
  validate: (password: string) => ReadonlyArray<Problem>
): FormProblems => {
  const [once, again] = [values[first], values[second]]
  if (again === undefined) return problems
  if (once !== undefined && once !== again) return withProblems(problems, second, [passwordMismatch])
  return withProblems(problems, second, validate(again))
}
