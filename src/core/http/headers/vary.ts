import { trim } from "./white-space.ts"

/**
 * Adds a name to the value of a Vary header, unless it has the name already. `*` replaces all other names.
 *
 * @param current `undefined` if the response has no such header yet
 * @see RFC 9110 section 12.5.5; Django: django.utils.cache.patch_vary_headers
 */
export const addVary = (current: string | undefined, name: string): string => {
  if (current === undefined) return name
  const names = current
    .split(",")
    .map((name) => trim(name))
    .filter((present) => present !== "")
  if (names.includes("*") || name === "*") return "*"
  const isPresent = names.some((present) => present.toLowerCase() === name.toLowerCase())
  return (isPresent ? names : [...names, name]).join(", ")
}
