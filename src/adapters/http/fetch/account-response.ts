/** An account page as a `Response`. */
import type { AccountPages } from "../../account-pages/account-pages.ts"
import type { AuthContext } from "../../api/per-request/promises.ts"
import type { SessionFields } from "../../request/session/session-access.ts"
import { type AccountMount, carryOut } from "../account-mount.ts"
import { readForm } from "../form-body.ts"
import type { FetchRequestHead } from "./fetch-head.ts"

interface AccountExchange<User extends object, Fields extends SessionFields> {
  readonly request: Request
  /** How the framework sees the request. */
  readonly head: FetchRequestHead
  readonly context: AuthContext<User, Fields>
  /** Calls a function after the response. */
  readonly after: (then: () => Promise<void>) => void
  /** The options of the adapter. */
  readonly http: AccountMount<never>["http"]
}

/** The response to a request for an account page. */
export const accountResponse = async <User extends object, Fields extends SessionFields>(
  pages: AccountPages<User, Fields>,
  { after, context, head, http, request }: AccountExchange<User, Fields>
): Promise<Response> => {
  const form = () => readForm(head, request.body ?? undefined)
  const response = await pages.respond({ head, context, form })
  const { body, headers, status } = response
  if (response.work.length > 0) after(() => carryOut(pages, response, http))
  return new Response(body === "" ? null : body, { status, headers })
}

/**
 * Calls a function soon, for servers that do not tell when a response was sent. The response does not wait for it.
 */
export const soon = (then: () => Promise<void>): void => void setTimeout(then, 0)
