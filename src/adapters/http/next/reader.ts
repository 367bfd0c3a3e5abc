/**
 * The user and the session of a page, for reading. Server Components cannot set cookies, so there is no `login` and no
 * `session.set` here.
 *
 * ```tsx
 * // app/page.tsx
 * const Page = async () => {
 *   const { getUser } = await reader(auth)
 *   const user = await getUser()
 *   return <p>{user === undefined ? "Hello stranger." : `Hello ${user.username}.`}</p>
 * }
 *
 * // app/account/page.tsx
 * const Account = async () => {
 *   const user = await requireUser(auth, "/account")
 *   const { session } = await reader(auth)
 *   return <p>{user.username} has {await session.get("visits")} visits.</p>
 * }
 * ```
 *
 * While a page is rendered, the session is loaded once for all components. A page that reads it is rendered for every
 * request (with `cacheComponents`: inside `<Suspense>`). Check the user in pages, not in layouts: Next does not render
 * a layout again when a visitor goes from one of its pages to another.
 */
import * as navigation from "next/navigation.js"
import * as React from "react"
import type { AuthReader } from "../../api/per-request/auth-reader.ts"
import type { PageGuards } from "../../api/per-request/promises.ts"
import { BadRequest, Forbidden, LoginRequired, ProofRequired } from "../../errors/errors.ts"
import type { SessionFields } from "../../request/session/session-access.ts"
import { type AuthSource, authOf } from "./framework/auth-source.ts"
import { withoutBasePath } from "./framework/base-path.ts"
import { forbidden } from "./framework/forbidden.ts"
import { headOf } from "./framework/next-head.ts"
import { connection, cookies, headers, testScope } from "./framework/scope.ts"

export type { AuthReader, SessionReader } from "../../api/per-request/auth-reader.ts"
export type { AuthSource } from "./framework/auth-source.ts"

/** Outside Next, React 18 has no `cache`. No page is rendered there, so each call is made. */
const cache: NonNullable<typeof React.cache> = React.cache ?? ((f) => f)

const open = async <User extends object, Fields extends SessionFields>(
  auth: AuthSource<User, Fields>
): Promise<AuthReader<User, Fields>> => {
  const [requestHeaders, requestCookies] = await Promise.all([headers(), cookies()])
  await connection()
  return authOf(auth).reader(headOf({ headers: requestHeaders, cookies: requestCookies }, "GET"))
}

const openOnce = cache(open)

/** The request and its user, for reading. All components of a page get the same reader. */
export const reader = <User extends object, Fields extends SessionFields>(
  auth: AuthSource<User, Fields>
): Promise<AuthReader<User, Fields>> => testScope()?.once(auth, () => open(auth)) ?? openOnce(auth)

/**
 * Returns the logged-in user. Other visitors are redirected to the login page.
 *
 * @param page path and query of this page, with or without the `basePath`. They go into `next`; Next does not tell
 * which page it renders.
 */
export const requireUser = async <User extends object, Fields extends SessionFields>(
  auth: AuthSource<User, Fields>,
  page: string
): Promise<User> => guarded(auth, page, ({ requireUser }) => requireUser())

/**
 * Returns the logged-in user, if the user has all of these permissions. Anonymous visitors are redirected to the login
 * page. Other users get the page of Next's `forbidden()`. If `experimental.authInterrupts` is not set, Next has no 403
 * for pages, and they get the page of `notFound()`.
 *
 * @param page as for {@link requireUser}
 */
export const requirePermission = async <User extends object, Fields extends SessionFields>(
  auth: AuthSource<User, Fields>,
  page: string,
  permission: string | ReadonlyArray<string>,
  ...more: ReadonlyArray<string>
): Promise<User> => guarded(auth, page, ({ requirePermission }) => requirePermission(permission, ...more))

/**
 * Returns the logged-in user, if `test` returns `true`. Other visitors are answered as by {@link requirePermission}.
 *
 * @param page as for {@link requireUser}
 */
export const requireUserWhere = async <User extends object, Fields extends SessionFields>(
  auth: AuthSource<User, Fields>,
  page: string,
  test: (user: User) => boolean
): Promise<User> => guarded(auth, page, ({ requireUserWhere }) => requireUserWhere(test))

/**
 * Returns the logged-in user, who has logged in, or has proved again who they are, less than `seconds` ago. Other users
 * are redirected to the page that asks for the password, which returns to `page`; anonymous visitors to the login page.
 *
 * @param page as for {@link requireUser}
 */
export const requireRecentLogin = async <User extends object, Fields extends SessionFields>(
  auth: AuthSource<User, Fields>,
  page: string,
  seconds: number
): Promise<User> => guarded(auth, page, ({ requireRecentLogin }) => requireRecentLogin(seconds))

const guarded = async <User extends object, Fields extends SessionFields>(
  auth: AuthSource<User, Fields>,
  page: string,
  guard: (guards: PageGuards<User>) => Promise<User>
): Promise<User> => {
  const { at } = await reader(auth)
  try {
    return await guard(at(withoutBasePath(page)))
  } catch (error) {
    if (error instanceof LoginRequired || error instanceof ProofRequired) navigation.redirect(error.location)
    if (error instanceof Forbidden) forbidden()
    // Next has no 400 for pages, and would log every 500.
    if (error instanceof BadRequest) navigation.notFound()
    throw error
  }
}
