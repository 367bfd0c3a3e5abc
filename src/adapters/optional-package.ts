import { ConfigurationInvalid } from "./interpreter/errors.ts"

/**
 * A package that only some applications install. It is loaded when the application starts, so that a missing one is
 * reported then, and not at the first login.
 *
 * A native package cannot be part of a bundle, so `load` requires it when the program runs:
 *
 * - It names the package literally, by a constant `require` that `createRequire` made: tools that trace files
 *   (`@vercel/nft`, Next's standalone output) look for that.
 * - It asks `createRequire` for `import.meta.url ?? __filename`: bundlers that write CommonJS leave `import.meta` empty.
 * - Under webpack, which would put what such a `require` names into the bundle, it uses {@link requireBesideBundle}. The
 *   test for `__webpack_require__` stands in the same expression, so that webpack drops the other branch.
 *
 * @param wanting what needs it, as an application calls it
 * @param load see above
 * @throws {ConfigurationInvalid} naming the package, when it is not there or is something else
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
  if (!isExpected(loaded)) throw refuse("is of another version than is known")
  return loaded
}

/** Node's own `require`, of a bundle that webpack wrote. Here, because where it is called nothing else may be `require`. */
export const requireBesideBundle = (name: string): unknown => __non_webpack_require__(name)

/** Whether the package itself is missing. Its native part for this platform missing is a message of its own. */
const isNotFound = (cause: unknown): boolean =>
  cause instanceof Error && "code" in cause && cause.code === "MODULE_NOT_FOUND"

/** Whether a loaded module has a function of that name. */
export const hasFunction = <Name extends string>(
  loaded: unknown,
  name: Name
): loaded is Readonly<Record<Name, (...parameters: ReadonlyArray<unknown>) => unknown>> =>
  typeof loaded === "object" && loaded !== null && typeof Reflect.get(loaded, name) === "function"
