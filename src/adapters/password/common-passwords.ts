/** The door `latchkey/common-passwords`. It needs the package `@zxcvbn-ts/language-common`. */
import { createRequire } from "node:module"
import { loadPackage, requireBesideBundle } from "../optional-package.ts"

// The forms that bundlers and tracers of files understand; see loadPackage.
const require = createRequire(import.meta.url ?? __filename)
const loadLanguage = (): unknown =>
  typeof __webpack_require__ === "function"
    ? requireBesideBundle("@zxcvbn-ts/language-common")
    : require("@zxcvbn-ts/language-common")

/** Where the package keeps them. */
const name = "passwords-common"

interface Language {
  readonly dictionary: { readonly [name]: ReadonlyArray<string> }
}

/**
 * Common passwords for `commonPassword`, the most common first: some 49,000, those of zxcvbn (MIT). Nothing is loaded
 * before this is called; call it where the application is put together. It asks no network.
 *
 * Not Django's list: a password may be refused here and pass there, and the other way round.
 *
 * @throws {ConfigurationInvalid} when `@zxcvbn-ts/language-common` is not installed
 * @see Django: CommonPasswordValidator
 */
export const commonPasswords = (): ReadonlyArray<string> =>
  loadPackage("commonPasswords", "@zxcvbn-ts/language-common", loadLanguage, isLanguage).dictionary[name]

const isLanguage = (loaded: unknown): loaded is Language => {
  const list = member(member(loaded, "dictionary"), name)
  return Array.isArray(list) && list.length > 0 && list.every((each) => typeof each === "string")
}

const member = (of: unknown, key: string): unknown =>
  typeof of === "object" && of !== null ? Reflect.get(of, key) : undefined
