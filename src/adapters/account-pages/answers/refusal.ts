/** The answer to a request that is not carried out: a page, or JSON for clients that ask for it. */
import type { AccountPageName } from "../../../core/accounts/pages/account-page.ts"
import { asksForJson } from "../../../core/http/request/accept.ts"
import { header } from "../../../core/http/request/request-head.ts"
import { fullPath } from "../../../core/http/request/request-url.ts"
import type { AccountResponse } from "../visit/account-request.ts"
import { pagePath } from "../visit/visit.ts"
import { linksOf, type PageRequest, pageHeaders, stylesheetPath } from "./page-parts.ts"

/** An answer without the work of an account page. */
export type Refusal = Omit<AccountResponse, "work">

/** The pages that say so, by status. Other answers, such as redirects, stay as they are. */
const pages: { readonly [status: number]: AccountPageName | undefined } = {
  400: "refused",
  403: "formOutOfDate",
  404: "notFound",
  405: "refused",
  413: "refused",
  415: "refused",
  500: "failed",
  503: "unavailable"
}

/**
 * Puts a page in place of an answer for programs, unless the client asks for JSON. The status and the headers stay.
 *
 * @param detail why the request is refused, for developers
 */
export const refusalPage = (request: PageRequest, answer: Refusal, detail?: string): Refusal => {
  const { head, settings } = request
  const { headers: own, status } = answer
  const name = pages[status]
  if (name === undefined || asksForJson(head)) return answer
  const { headers, html } = settings.renderer.page(
    {
      name,
      // The host may be the reason for the refusal, so it is not checked. No cache stores the page.
      siteName: settings.siteName ?? header(head, "host") ?? "",
      username: undefined,
      form: undefined,
      address: undefined,
      detail,
      sessions: [],
      links: { ...linksOf(request), ...(name === "formOutOfDate" ? again(request) : {}) }
    },
    { acceptLanguage: header(head, "accept-language"), stylesheet: stylesheetPath(request) }
  )
  return {
    status,
    headers: { ...own, ...pageHeaders, "content-type": "text/html; charset=utf-8", ...headers },
    body: html
  }
}

/** The page that the form was on. The form that logs out is on other pages. */
const again = (request: PageRequest): { readonly again?: string } => {
  const path = fullPath(request.head)
  return path.split("?", 1)[0]?.replace(/\/$/, "") === pagePath(request, "logout").replace(/\/$/, "")
    ? {}
    : { again: path }
}

/** An answer for programs. */
export const refusal = (status: number, error: string, headers: Readonly<Record<string, string>> = {}): Refusal => ({
  status,
  headers: { ...pageHeaders, "content-type": "application/json", ...headers },
  body: JSON.stringify({ error })
})
