/** A parsed form: what `formData()`, `URLSearchParams` or a body parser make of it. */
export type Form = object

/** A field of a parsed form, the last one where it is repeated; `undefined` where it is absent or no text. */
export const formField = (form: Form, name: string): string | undefined => {
  if (typeof form !== "object" || form === null)
    throw new TypeError("this takes a parsed form; is there a body parser before it?")
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
