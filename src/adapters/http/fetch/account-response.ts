/** An account page as a `Response`. */
import type { AccountPages } from "../../account-pages/account-pages.ts"
import type { AuthContext } from "../../api/promises.ts"
import type { SessionFields } from "../../request/session-access.ts"
import { readForm } from "../form-body.ts"
import type { FetchRequestHead } from "./fetch-head.ts"

interface AccountExchange<User extends object, Fields extends SessionFields> {
  readonly request: Request
  /** How the framework sees the request. */
  readonly head: FetchRequestHead
  readonly context: AuthContext<User, Fields>
}

/** The response to a request for an account page. */
export const accountResponse = async <User extends object, Fields extends SessionFields>(
  pages: AccountPages<User, Fields>,
  { context, head, request }: AccountExchange<User, Fields>
): Promise<Response> => {
  const form = () => readForm(head, request.body ?? undefined)
  const { body, headers, status } = await pages.respond({ head, context, form })
  return new Response(body === "" ? null : body, { status, headers })
}
