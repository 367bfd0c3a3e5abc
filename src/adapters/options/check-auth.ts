import { ConfigurationInvalid } from "../errors/errors.ts"
import { having } from "./option-kinds.ts"

/**
 * Checks the first argument of an adapter when the application starts.
 *
 * @throws {ConfigurationInvalid} if `createAuth` has not made it
 */
export const checkAuth = (auth: unknown): void => {
  if (!made.accepts(auth)) throw new ConfigurationInvalid({ problems: [`auth: write ${made.written}`] })
}

const made = having("open", "what createAuth returned; if that is in a promise, await it first")
