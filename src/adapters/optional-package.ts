import { ConfigurationInvalid } from "./interpreter/errors.ts"

/**
 * A package that only some applications install. It is loaded when the application starts, so that a missing one is
 * said then, and not at somebody's login.
 *
 * @param wanting what needs it, as an application calls it
 * @param load requires it by its literal name, which is what tools that trace files look for
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

/** Whether the package itself is missing. Its native part for this platform missing is a message of its own. */
const isNotFound = (cause: unknown): boolean =>
  cause instanceof Error && "code" in cause && cause.code === "MODULE_NOT_FOUND"

/** Whether a loaded module has a function of that name. */
export const hasFunction = <Name extends string>(
  loaded: unknown,
  name: Name
): loaded is Readonly<Record<Name, (...parameters: ReadonlyArray<unknown>) => unknown>> =>
  typeof loaded === "object" && loaded !== null && typeof Reflect.get(loaded, name) === "function"
