/**
 * The user and the session of a page. Server Components read and cannot write: there is no `login` here, and no
 * `session.set`.
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
 * The session is loaded once while a page is rendered, however many components ask. Pages that ask are rendered for
 * every request (under `cacheComponents`: inside `<Suspense>`). Guard pages, not layouts: Next does not render a layout
 * again when a visitor goes from one of its pages to another.
 */
import { cookies, headers } from "next/headers.js"
import * as navigation from "next/navigation.js"
import * as React from "react"
import { BadRequest, Forbidden, LoginRequired } from "../../interpreter/errors.ts"
import type { PageGuards } from "../../interpreter/guard-promises.ts"
import type { AuthReader } from "../../interpreter/reader.ts"
import type { SessionFields } from "../../interpreter/session-access.ts"
import { type AuthSource, authOf } from "./auth-source.ts"
import { withoutBasePath } from "./base-path.ts"
import { forbidden } from "./forbidden.ts"
import { headOf } from "./request-head.ts"

export type { AuthReader, SessionReader } from "../../interpreter/reader.ts"
export type { AuthSource } from "./auth-source.ts"

/** Outside Next, where no page is rendered, every call is made. React 18 has no `cache` there. */
const cache: NonNullable<typeof React.cache> = React.cache ?? ((f) => f)

/** The request and its user, for reading. All components of a page get the same reader. */
export const reader = cache(
  async <User extends object, Fields extends SessionFields>(
    auth: AuthSource<User, Fields>
  ): Promise<AuthReader<User, Fields>> => {
    const [requestHeaders, requestCookies] = await Promise.all([headers(), cookies()])
    return authOf(auth).reader(headOf({ headers: requestHeaders, cookies: requestCookies }, "GET"))
  }
)

/**
 * The user, for pages that are for users only: other visitors are redirected to the login page.
 *
 * @param page path and query of this page, which go into `next`, with the `basePath` or without: Next does not say which
 * page it renders
 */
export const requireUser = async <User extends object, Fields extends SessionFields>(
  auth: AuthSource<User, Fields>,
  page: string
): Promise<User> => guarded(auth, page, ({ requireUser }) => requireUser())

/**
 * The user, who has all of these permissions. Others get what Next answers to `forbidden()`, or to `notFound()` where
 * `experimental.authInterrupts` is not set, without which Next has no 403 for pages; anonymous visitors are redirected
 * to the login page.
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
 * The user, if the test returns `true`. Others are answered as by {@link requirePermission}.
 *
 * @param page as for {@link requireUser}
 */
export const requireUserWhere = async <User extends object, Fields extends SessionFields>(
  auth: AuthSource<User, Fields>,
  page: string,
  test: (user: User) => boolean
): Promise<User> => guarded(auth, page, ({ requireUserWhere }) => requireUserWhere(test))

const guarded = async <User extends object, Fields extends SessionFields>(
  auth: AuthSource<User, Fields>,
  page: string,
  guard: (guards: PageGuards<User>) => Promise<User>
): Promise<User> => {
  const { at } = await reader(auth)
  try {
    return await guard(at(withoutBasePath(page)))
  } catch (error) {
    if (error instanceof LoginRequired) navigation.redirect(error.location)
    if (error instanceof Forbidden) forbidden()
    // Next has no 400 for pages, and a 500 would be logged each time.
    if (error instanceof BadRequest) navigation.notFound()
    throw error
  }
}
