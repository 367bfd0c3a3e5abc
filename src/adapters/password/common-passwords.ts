/** The entry point `latchkey/common-passwords`. It needs the package `@zxcvbn-ts/language-common`. */
import { createRequire } from "node:module"
import { loadPackage, requireBesideBundle } from "../options/optional-package.ts"

// Written so that bundlers and file tracers find the package; see loadPackage.
const require = createRequire(import.meta.url ?? __filename)
const loadLanguage = (): unknown =>
  typeof __webpack_require__ === "function"
    ? requireBesideBundle("@zxcvbn-ts/language-common")
    : require("@zxcvbn-ts/language-common")

/** The name of the password list in the package. */
const name = "passwords-common"

interface Language {
  readonly dictionary: { readonly [name]: ReadonlyArray<string> }
}

/**
 * About 49,000 common passwords for the validator `commonPassword`, the most common first, from zxcvbn (MIT). This
 * function loads the list, without network access: call it once, when the application starts.
 *
 * This is not Django's list: each of the two contains passwords that the other does not.
 *
 * @throws {ConfigurationInvalid} if `@zxcvbn-ts/language-common` is not installed
 * @see https://docs.djangoproject.com/en/stable/topics/auth/passwords/#django.contrib.auth.password_validation.CommonPasswordValidator
 */
export const commonPasswords = (): ReadonlyArray<string> =>
  loadPackage("commonPasswords", "@zxcvbn-ts/language-common", loadLanguage, isLanguage).dictionary[name]

const isLanguage = (loaded: unknown): loaded is Language => {
  const list = member(member(loaded, "dictionary"), name)
  return Array.isArray(list) && list.length > 0 && list.every((each) => typeof each === "string")
}

const member = (of: unknown, key: string): unknown =>
  typeof of === "object" && of !== null ? Reflect.get(of, key) : undefined
