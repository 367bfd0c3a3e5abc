import type { Auth } from "../../api/auth.ts"
import type { AnyFields } from "../../request/session/session-access.ts"

/**
 * The application's authentication. Its users are of any type. Only its Promises are used: its Effect is another copy.
 */
export type AnyAuth = Auth<object, AnyFields>

/** An application, as the command sees it. */
export interface Application {
  readonly auth: AnyAuth
  /** Where `auth` comes from, for messages: the module, or the name of the setting with the database. */
  readonly source: string
  /** The folder with the application's package.json. */
  readonly folder: string
  /** Whether `auth` has the application's secret key. Without a module and SECRET_KEY it has a random one. */
  readonly hasSecretKey: boolean
}

/** Whether a value is what `createAuth` returns. */
export const isAuth = (value: unknown): value is AnyAuth =>
  typeof value === "object" &&
  value !== null &&
  ["createUser", "setPassword", "open", "reader", "clearSessions"].every(
    (name) => typeof Reflect.get(value, name) === "function"
  )

/** Whether a loaded module exports a function of this name. */
export const hasFunction = <Name extends string>(
  loaded: unknown,
  name: Name
): loaded is Readonly<Record<Name, (...parameters: ReadonlyArray<unknown>) => unknown>> =>
  typeof loaded === "object" && loaded !== null && typeof Reflect.get(loaded, name) === "function"
