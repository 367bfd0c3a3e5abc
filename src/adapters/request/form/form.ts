/** A parsed form: the result of `formData()`, `URLSearchParams` or a body parser. */
export type Form = object

/** Whether a body parser has parsed the body. Some leave `undefined` for a content type that they do not parse. */
export const isForm = (form: unknown): form is Form => typeof form === "object" && form !== null

/**
 * A field of a parsed form; the last value if it is repeated. `undefined` if the field is absent or not a text, or if
 * the client sent something else than a form.
 */
export const formField = (form: Form, name: string): string | undefined => {
  const value = formValue(form, name)
  return typeof value === "string" ? value : undefined
}

/**
 * A field of a parsed form, which may be of any type; the last value if it is repeated. `undefined` if it is absent.
 */
export const formValue = (form: Form, name: string): unknown => {
  if (!isForm(form)) return undefined
  const value: unknown = isRepeating(form)
    ? form.getAll(name).at(-1)
    : Object.hasOwn(form, name)
      ? Reflect.get(form, name)
      : undefined
  return Array.isArray(value) ? value.at(-1) : value
}

const isRepeating = (form: object): form is { readonly getAll: (name: string) => ReadonlyArray<unknown> } =>
  "getAll" in form && typeof form.getAll === "function"
