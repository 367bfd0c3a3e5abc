/** A parsed form: what `formData()`, `URLSearchParams` or a body parser make of it. */
export type Form = object

/** Whether a body parser has made something of the body: some leave `undefined` for what they do not read. */
export const isForm = (form: unknown): form is Form => typeof form === "object" && form !== null

/**
 * A field of a parsed form, the last one where it is repeated; `undefined` where it is absent or no text, or where the
 * client has sent something else than a form.
 */
export const formField = (form: Form, name: string): string | undefined => {
  if (!isForm(form)) return undefined
  const value: unknown = isRepeating(form)
    ? form.getAll(name).at(-1)
    : Object.hasOwn(form, name)
      ? Reflect.get(form, name)
      : undefined
  const last: unknown = Array.isArray(value) ? value.at(-1) : value
  return typeof last === "string" ? last : undefined
}

const isRepeating = (form: object): form is { readonly getAll: (name: string) => ReadonlyArray<unknown> } =>
  "getAll" in form && typeof form.getAll === "function"
