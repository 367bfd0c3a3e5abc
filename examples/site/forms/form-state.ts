/** The state of a form: the values that the user typed, and their problems. */

/** A problem with the form or one of its fields. */
export interface Problem {
  /** The field's name; `undefined`: the problem concerns the whole form. */
  readonly field: string | undefined
  readonly message: string
}

/** The state that a page shows. */
export interface FormState {
  /** The values that the user typed, by field. Never a password. */
  readonly values: Readonly<Record<string, string>>
  readonly problems: ReadonlyArray<Problem>
}

export const untouched: FormState = { values: {}, problems: [] }

/** The result of a submitted form: a redirect to `location`, or the form shown again with its problems. */
export type Submitted =
  | { readonly _tag: "Done"; readonly location: string }
  | { readonly _tag: "Again"; readonly form: FormState }

export const again = (problems: ReadonlyArray<Problem>, values: FormState["values"] = {}): Submitted => ({
  _tag: "Again",
  form: { values, problems }
})

/** The problems of a required field. @param missing the message when it is empty */
export const required = (field: string, value: string, missing: string): ReadonlyArray<Problem> => {
  if (value === "") return [{ field, message: missing }]
  // PostgreSQL cannot store a NUL in a text.
  if (value.includes("\0")) return [{ field, message: "This contains a character that is not allowed." }]
  return []
}
