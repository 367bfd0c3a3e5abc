import type { AuthContext } from "../../../api/per-request/promises.ts"
import { Forbidden, LoginRequired, ProofRequired } from "../../../errors/errors.ts"
import { boolean, checkOptions, type Kinds, string } from "../../../options/option-kinds.ts"
import type { SessionFields } from "../../../request/session/session-access.ts"
import { discardsChanges } from "../../failure-response.ts"
import { responseInProgress } from "../../fetch/fetch-answer.ts"
import { type AuthSource, authOf, checkSource } from "../framework/auth-source.ts"
import { thrownByNext } from "../framework/next-control-flow.ts"
import { actionHead, type NextCookies, type NextRequest } from "../framework/next-head.ts"
import { type CookieJar, sendCookies } from "../framework/send-cookies.ts"

/** A Server Action that gets the authentication of its request as first argument, before its own arguments. */
export type ServerAction<
  User extends object,
  Fields extends SessionFields,
  Args extends ReadonlyArray<unknown>,
  Result
> = (context: AuthContext<User, Fields>, ...args: Args) => Promise<Result> | Result

/** The options of a Server Action. */
export interface ServerActionOptions {
  /** Whether only logged-in users may call it. Other clients are redirected to the login page. Default: `false`. */
  readonly loginRequired?: boolean
  /** Path and query of the page with the action, with or without the `basePath`. They go into `next`. Default: `/`. */
  readonly page?: string
}

/** The functions of Next that an action needs. */
export interface NextFunctions {
  readonly headers: () => Promise<NextRequest["headers"]>
  readonly cookies: () => Promise<NextCookies & CookieJar>
  readonly redirect: (url: string) => never
  /** Ends an action whose user lacks a permission. Without it, the action throws `Forbidden`. */
  readonly forbidden?: () => never
}

/**
 * Makes `withAuthAction` with these functions.
 *
 * What the action throws is thrown again; before that, the session is written and its cookie set (also for `redirect()`
 * and similar functions). If writing fails, that failure is thrown instead, and Next answers 500 for every kind of
 * failure. A guard that refuses becomes a redirect to the login page, or the answer of Next's `forbidden()`.
 *
 * Call an action only from a form or an event. An action that is called while a page renders cannot set a cookie. An
 * action that another action calls opens the request a second time, with its own session and cookies. To share code
 * between actions, write a function that takes the context.
 *
 * The origin of a call is checked as for every request that may change something (`Origin`, otherwise `Referer`). This
 * is stricter than Next's own check, which accepts `Origin: null` and trusts forwarded host headers. No CSRF token is
 * needed: scripts of other sites cannot send the header by which Next recognises a call, and forms of other sites send
 * their `Origin`.
 */
export const serverAction =
  (next: NextFunctions) =>
  <User extends object, Fields extends SessionFields, Args extends ReadonlyArray<unknown>, Result>(
    auth: AuthSource<User, Fields>,
    action: ServerAction<User, Fields, Args, Result>,
    options: ServerActionOptions = {}
  ): ((...args: Args) => Promise<Result>) => {
    checkSource(auth)
    checkOptions(options, kinds)
    const { loginRequired = false, page = "/" } = options
    return async (...args) => {
      const [headers, cookies] = await Promise.all([next.headers(), next.cookies()])
      const request = authOf(auth).open(actionHead({ headers, cookies }, page), responseInProgress)
      const commit = async (status: number): Promise<void> =>
        sendCookies((await request.respond(status)).cookies, cookies)

      /** What is thrown in Next when a guard has refused. */
      const translated = (error: unknown): unknown => {
        if (error instanceof LoginRequired || error instanceof ProofRequired) return next.redirect(error.location)
        return error instanceof Forbidden && next.forbidden !== undefined ? next.forbidden() : error
      }

      let result: Result
      try {
        await request.enter({ body: undefined, exempt: () => false, tokenless: true, loginRequired: undefined })
        // An action has no URL, so there is no login page that must stay open here.
        if (loginRequired) await request.context.requireUser()
        result = await action(request.context, ...args)
      } catch (error) {
        if (discardsChanges(error)) request.discardChanges()
        await commit(statusOf(error))
        throw translated(error)
      }
      try {
        await commit(200)
      } catch (error) {
        // A guard refused, but the action caught its error and went on.
        throw translated(error)
      }
      return result
    }
  }

const kinds: Kinds<ServerActionOptions> = { loginRequired: boolean, page: string }

/** The status with which Next answers an error. */
const statusOf = (error: unknown): number => {
  if (error instanceof LoginRequired || error instanceof ProofRequired) return 303
  if (error instanceof Forbidden) return 403
  const thrown = thrownByNext(error)
  return thrown === undefined || thrown._tag === "Internal" ? 500 : thrown.status
}
