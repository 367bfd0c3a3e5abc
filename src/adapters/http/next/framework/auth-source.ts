import type { Auth } from "../../../api/auth.ts"
import { checkAuth } from "../../../options/check-auth.ts"
import type { SessionFields } from "../../../request/session/session-access.ts"

/**
 * What `createAuth` returns, or a function that returns it. The function is called for each request, and never while a
 * module is loaded. So `next build`, which loads every module, needs no environment and opens no connection.
 */
export type AuthSource<User extends object, Fields extends SessionFields> =
  | Auth<User, Fields>
  | (() => Auth<User, Fields>)

/** @throws {ConfigurationInvalid} if the source is neither a function nor what `createAuth` made */
export const checkSource = (source: unknown): void => {
  if (typeof source !== "function") checkAuth(source)
}

export const authOf = <User extends object, Fields extends SessionFields>(
  source: AuthSource<User, Fields>
): Auth<User, Fields> => (typeof source === "function" ? source() : source)
