/** What all mounts of the account pages have in common. */

import type { RequestHead } from "../../core/http/request/request-head.ts"
import type { AccountPages } from "../account-pages/account-pages.ts"
import { type AccountPagesOptions, accountPagesKinds } from "../account-pages/visit/account-options.ts"
import type { AccountResponse } from "../account-pages/visit/account-request.ts"
import type { SessionFields } from "../request/session/session-access.ts"
import { detailIn, failureResponse, serverError } from "./failure-response.ts"
import { checkHttpOptions, type HttpAuthOptions } from "./http-options.ts"

/** The options of the account pages in an adapter. `Request` is the type of its framework's request. */
export interface AccountMountOptions<Request>
  extends AccountPagesOptions,
    Pick<HttpAuthOptions<Request>, "onError" | "report"> {}

/** The options of the account pages, and those of the adapter that carries them. */
export interface AccountMount<Request> {
  readonly pages: AccountPagesOptions
  readonly http: Pick<HttpAuthOptions<Request>, "onError" | "report">
}

/** @throws {ConfigurationInvalid} naming every option that does not exist or has the wrong type */
export const accountMount = <Request>(options: AccountMountOptions<Request>): AccountMount<Request> => {
  checkHttpOptions(options, accountPagesKinds)
  const { onError, report, ...pages } = options
  return {
    pages,
    http: { ...(onError === undefined ? {} : { onError }), ...(report === undefined ? {} : { report }) }
  }
}

/**
 * The options of an adapter with pages as its answers to errors, in place of JSON. The option `onError` comes first.
 *
 * @param headOf the head of a request, as the adapter has it
 */
export const withRefusals = <Request>(
  http: AccountMount<Request>["http"],
  refusal: AccountPages<object, SessionFields>["refusal"],
  headOf: (request: Request) => RequestHead
): AccountMount<Request>["http"] => ({
  onError: (error, request) => refusal(headOf(request), failureResponse(error) ?? serverError, detailIn(error)),
  ...http
})

/** Carries out what a page has left for after its response. Failures are reported. Never rejects. */
export const carryOut = async <User extends object, Fields extends SessionFields>(
  pages: AccountPages<User, Fields>,
  { work }: AccountResponse,
  { report = console.error }: Pick<HttpAuthOptions<never>, "report">
): Promise<void> => {
  for (const each of work) await pages.carryOut(each, report)
}
