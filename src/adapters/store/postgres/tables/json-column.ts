/** Reads a column that holds a JSON array of strings. */
export const textsOf = (value: unknown): ReadonlyArray<string> => {
  const list: unknown = typeof value === "string" ? JSON.parse(value) : value
  return Array.isArray(list) ? list.filter((item) => typeof item === "string") : []
}
