/** The account pages of an application, without a framework: each takes a request as plain data and returns a response. */
import { type AccountRoute, type PlainRoute, routeOf } from "../../core/accounts/pages/account-path.ts"
import { asksForJson } from "../../core/http/accept.ts"
import type { RequestHead } from "../../core/http/request-head.ts"
import type { Auth } from "../api/create-auth.ts"
import { type Form, formValue } from "../request/form.ts"
import type { SessionFields } from "../request/session-access.ts"
import { type AccountPagesOptions, accountPagesSettings } from "./account-options.ts"
import type { AccountRequest, AccountResponse, ReadForm } from "./account-request.ts"
import { answer, failed, stylesheetAnswer } from "./answer.ts"
import * as Login from "./login-flow.ts"
import type { Flow } from "./visit.ts"

/** The account pages of one application. */
export interface AccountPages<User extends object, Fields extends SessionFields> {
  /** Whether a request is for one of the account pages. Reads only the path. */
  readonly isFor: (head: RequestHead) => boolean
  /** Answers a request that {@link isFor} accepts. Rejects as the operations of the request do. */
  readonly respond: (request: AccountRequest<User, Fields>) => Promise<AccountResponse>
}

/**
 * Makes the account pages of an application.
 *
 * @throws {ConfigurationInvalid} naming every invalid option
 */
export const accountPages = <User extends object, Fields extends SessionFields>(
  auth: Auth<User, Fields>,
  options: AccountPagesOptions
): AccountPages<User, Fields> => {
  const settings = accountPagesSettings(options)
  const flowFor = (head: RequestHead): Flow | undefined => {
    const route = routeOf(pathOf(head), settings.path)
    return route === undefined ? undefined : flowOf(route)
  }
  const isStylesheet = (head: RequestHead): boolean =>
    routeOf(pathOf(head), settings.path)?._tag === "Stylesheet" && (head.method === "GET" || head.method === "HEAD")
  return {
    isFor: (head) => flowFor(head) !== undefined || isStylesheet(head),
    respond: async ({ context, form, head }) => {
      if (isStylesheet(head)) return stylesheetAnswer(settings)
      const flow = flowFor(head)
      const isJson = asksForJson(head)
      if (flow === undefined) return failed(404, "not found", isJson)
      const read = await readFor(head, form)
      if (read._tag === "NotAllowed") return { ...failed(405, "method not allowed", isJson), headers: read.headers }
      if (read._tag === "Refused") return failed(read.status, read.error, isJson)
      if (read.form !== undefined) await context.verifyCsrf(read.form)
      const visit = {
        auth,
        settings,
        head,
        context,
        form: read.form,
        field: (name: string) => formValue(read.form ?? {}, name)
      }
      return answer(visit, await flow(visit))
    }
  }
}

type Read =
  /** `undefined` for a page that is only read. */
  | { readonly _tag: "Read"; readonly form: Form | undefined }
  | { readonly _tag: "Refused"; readonly status: number; readonly error: string }
  | { readonly _tag: "NotAllowed"; readonly headers: Readonly<Record<string, string>> }

const readFor = async (head: RequestHead, form: () => Promise<ReadForm>): Promise<Read> => {
  const method = head.rewrittenMethod ?? head.method
  if (method === "GET" || method === "HEAD") return { _tag: "Read", form: undefined }
  if (method !== "POST") return { _tag: "NotAllowed", headers: { allow: "GET, HEAD, POST" } }
  const read = await form()
  switch (read._tag) {
    case "Form":
      return { _tag: "Read", form: read.fields }
    case "TooLarge":
      return { _tag: "Refused", status: 413, error: "too large" }
    case "UnsupportedType":
      return { _tag: "Refused", status: 415, error: "send the form URL-encoded or as JSON" }
    case "Malformed":
      return { _tag: "Refused", status: 400, error: "bad request" }
    default:
      return read satisfies never
  }
}

const plainFlows: Readonly<Partial<Record<PlainRoute, Flow>>> = {
  login: Login.login,
  logout: Login.logout
}

const flowOf = (route: AccountRoute): Flow | undefined => (route._tag === "Page" ? plainFlows[route.route] : undefined)

/** The path of the target as it was sent, without the host that a request to a proxy names. */
const pathOf = ({ target }: RequestHead): string =>
  target.replace(/^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?]*/, "").split(/[?#]/, 1)[0] ?? ""
