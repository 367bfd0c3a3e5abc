/** A form between its page and whoever filled it in. */

/** What is wrong with what was sent. */
export interface Problem {
  /** The field's name; `undefined`: the form as a whole. */
  readonly field: string | undefined
  readonly message: string
}

/** What a page shows of a form. */
export interface FormState {
  /** What was typed, by field. Never a password. */
  readonly values: Readonly<Record<string, string>>
  readonly problems: ReadonlyArray<Problem>
}

export const untouched: FormState = { values: {}, problems: [] }

/** What became of a form that was sent: the browser goes on to a location, or sees the form again. */
export type Submitted =
  | { readonly _tag: "Done"; readonly location: string }
  | { readonly _tag: "Again"; readonly form: FormState }

export const again = (problems: ReadonlyArray<Problem>, values: FormState["values"] = {}): Submitted => ({
  _tag: "Again",
  form: { values, problems }
})

/** What a required field lacks. @param missing what to say when it is empty */
export const required = (field: string, value: string, missing: string): ReadonlyArray<Problem> => {
  if (value === "") return [{ field, message: missing }]
  // PostgreSQL holds no such text.
  if (value.includes("\0")) return [{ field, message: "This contains a character that is not allowed." }]
  return []
}
