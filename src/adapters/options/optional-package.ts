import { ConfigurationInvalid } from "../errors/errors.ts"

/**
 * Loads a package that only some applications install. It is called when the application starts, so that a missing
 * package is reported then, and not at the first login.
 *
 * A bundle cannot contain a native package, so `load` must require it at run time:
 *
 * - `load` names the package as a literal, in a call of a constant `require` that `createRequire` made. Tools that
 *   trace files (`@vercel/nft`, Next's standalone output) search for this form.
 * - The argument of `createRequire` is `import.meta.url ?? __filename`, because bundlers that write CommonJS leave
 *   `import.meta` empty.
 * - webpack would put the package of such a `require` into the bundle. So under webpack `load` calls
 *   {@link requireBesideBundle}. The test for `__webpack_require__` is in the same expression, so that webpack removes
 *   the other branch.
 *
 * @param wanting the public function that needs the package, for the error message
 * @param load requires the package, as described above
 * @throws {ConfigurationInvalid} naming the package, if it is not installed, cannot be loaded, or has other exports
 * than expected
 */
export const loadPackage = <Library>(
  wanting: string,
  name: string,
  load: () => unknown,
  isExpected: (loaded: unknown) => loaded is Library
): Library => {
  const refuse = (why: string) =>
    new ConfigurationInvalid({ problems: [`${wanting}: the package ${name} ${why}; install it beside latchkey`] })
  let loaded: unknown
  try {
    loaded = load()
  } catch (cause) {
    throw refuse(isNotFound(cause) ? "is not installed" : "is not built for this platform")
  }
  if (!isExpected(loaded)) throw refuse("has a version that latchkey does not support")
  return loaded
}

/**
 * Calls Node's own `require` in a bundle of webpack. It is in this file because callers have another `require` in
 * scope.
 */
export const requireBesideBundle = (name: string): unknown => __non_webpack_require__(name)

/** Whether the package itself is missing. If only its native part for this platform is missing, the message differs. */
const isNotFound = (cause: unknown): boolean =>
  cause instanceof Error && "code" in cause && cause.code === "MODULE_NOT_FOUND"

/** Whether a loaded module exports a function of this name. */
export const hasFunction = <Name extends string>(
  loaded: unknown,
  name: Name
): loaded is Readonly<Record<Name, (...parameters: ReadonlyArray<unknown>) => unknown>> =>
  typeof loaded === "object" && loaded !== null && typeof Reflect.get(loaded, name) === "function"
