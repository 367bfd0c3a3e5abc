import type { AuthContext } from "../../interpreter/context.ts"
import { Forbidden, LoginRequired } from "../../interpreter/errors.ts"
import type { SessionFields } from "../../interpreter/session-access.ts"
import { boolean, checkOptions, type Kinds, string } from "../../option-kinds.ts"
import { isUntouching } from "../failure.ts"
import { responseInProgress } from "../fetch/answer.ts"
import { type AuthSource, authOf } from "./auth-source.ts"
import { thrownByNext } from "./control-flow.ts"
import { headOf, type NextCookies, type NextRequest } from "./request-head.ts"
import { type CookieJar, sendCookies } from "./send-cookies.ts"

/** A Server Action that gets the authentication of its request before its own arguments. */
export type ServerAction<
  User extends object,
  Fields extends SessionFields,
  Args extends ReadonlyArray<unknown>,
  Result
> = (context: AuthContext<User, Fields>, ...args: Args) => Promise<Result> | Result

export interface ServerActionOptions {
  /** Whether only users may call it: other clients are redirected to the login page. */
  readonly loginRequired?: boolean
  /** Path and query of the page that the action belongs to, which goes into `next`; `/`. With the `basePath` or without. */
  readonly page?: string
}

/** What an action needs of Next. */
export interface NextFunctions {
  readonly headers: () => Promise<NextRequest["headers"]>
  readonly cookies: () => Promise<NextCookies & CookieJar>
  readonly redirect: (url: string) => never
  /** What ends an action whose user lacks a permission. By default the action throws `Forbidden`. */
  readonly forbidden?: () => never
}

/**
 * Wraps actions of an application on these functions.
 *
 * What the action throws is thrown on, `redirect()` and its like after the session is written and its cookie set. A
 * failure to write is thrown in its place: Next then answers 500, whatever the failure is. A guard that refuses becomes
 * the login page, or what Next answers to `forbidden()`.
 *
 * An action is called by a form or an event: one that is called while a page renders can set no cookie, and one within
 * another sees and sets cookies of its own. Share functions that take the context instead.
 *
 * Where a call comes from is checked as for every request that may change something (Origin, else Referer), and stricter
 * than Next does, which lets `Origin: null` and proxies' claims about the host pass. No token is asked for: scripts of
 * other sites cannot send the header by which Next knows a call, and their forms tell their Origin.
 */
export const serverAction =
  (next: NextFunctions) =>
  <User extends object, Fields extends SessionFields, Args extends ReadonlyArray<unknown>, Result>(
    auth: AuthSource<User, Fields>,
    action: ServerAction<User, Fields, Args, Result>,
    options: ServerActionOptions = {}
  ): ((...args: Args) => Promise<Result>) => {
    checkOptions(options, kinds)
    const { loginRequired = false, page = "/" } = options
    return async (...args) => {
      const [headers, cookies] = await Promise.all([next.headers(), next.cookies()])
      const request = authOf(auth).open(headOf({ headers, cookies }, "POST", page), responseInProgress)
      const commit = async (status: number): Promise<void> =>
        sendCookies((await request.respond(status)).cookies, cookies)

      /** What a guard's refusal is in Next's terms. */
      const translated = (error: unknown): unknown => {
        if (error instanceof LoginRequired) return next.redirect(error.location)
        return error instanceof Forbidden && next.forbidden !== undefined ? next.forbidden() : error
      }

      let result: Result
      try {
        await request.admit({ body: undefined, exempt: () => false, tokenless: true, loginRequired: undefined })
        // An action is at no address: no login page has to stay open here.
        if (loginRequired) await request.context.requireUser()
        result = await action(request.context, ...args)
      } catch (error) {
        if (isUntouching(error)) request.forsake()
        await commit(statusOf(error))
        throw translated(error)
      }
      try {
        await commit(200)
      } catch (error) {
        // A guard refused, and the action went on all the same.
        throw translated(error)
      }
      return result
    }
  }

const kinds: Kinds<ServerActionOptions> = { loginRequired: boolean, page: string }

/** What Next answers to an error. */
const statusOf = (error: unknown): number => {
  if (error instanceof LoginRequired) return 303
  if (error instanceof Forbidden) return 403
  const thrown = thrownByNext(error)
  return thrown === undefined || thrown._tag === "Internal" ? 500 : thrown.status
}
