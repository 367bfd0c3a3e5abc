/**
 * Pages that a link in a mail opens.
 *
 * | request                                 | answer                                                                |
 * | --------------------------------------- | --------------------------------------------------------------------- |
 * | GET, the token in the URL is valid      | stores the token in the session; redirects to the URL with            |
 * |                                         | `set-password` in place of the token                                  |
 * | GET, the token in the session is valid  | the form                                                              |
 * | POST, the token in the session is valid | the form is carried out                                               |
 * | otherwise                               | the page for invalid links                                            |
 *
 * So the token is neither in the URL of the page with the form, nor in the `Referer` of its requests. Opening a link
 * changes nothing, because mail servers and browsers open links ahead of the user.
 *
 * @see https://docs.djangoproject.com/en/stable/topics/auth/default/#django.contrib.auth.views.PasswordResetConfirmView
 */
import * as Effect from "effect/Effect"
import type { AccountPageName } from "../../../core/accounts/pages/account-page.ts"
import { type LinkRoute, tokenInSession } from "../../../core/accounts/pages/account-path.ts"
import * as JsonText from "../../../core/json/json-text.ts"
import type { SessionFields } from "../../request/session/session-access.ts"
import { goTo, type Outcome, pagePath, type Visit } from "../visit/visit.ts"

/** A valid link. */
export interface OpenLink {
  readonly uid: string
  readonly token: string
  /** The address that the link is about. */
  readonly address: string
}

/** What a link of one kind does. */
export interface LinkFlow {
  readonly invalid: AccountPageName
  /** Shows the form, or carries it out. */
  readonly opened: <User extends object, Fields extends SessionFields>(
    visit: Visit<User, Fields>,
    link: OpenLink
  ) => Promise<Outcome>
}

/** Django's key for reset links; the others are latchkey's own. */
const sessionKeys: Readonly<Record<LinkRoute, string>> = {
  reset: "_password_reset_token",
  verify: "_email_verification_token",
  email: "_email_change_token"
}

export const openLink = async <User extends object, Fields extends SessionFields>(
  visit: Visit<User, Fields>,
  flow: LinkFlow,
  route: LinkRoute,
  uid: string,
  token: string
): Promise<Outcome> => {
  const { auth, context, form, settings } = visit
  const check = (text: string): Promise<string | undefined> =>
    Effect.runPromise(auth.accounts.checkLink(route, uid, text, settings.backend))
  if (token === tokenInSession) {
    const kept = await tokenOf(context.session, route)
    const address = kept === undefined ? undefined : await check(kept)
    return kept === undefined || address === undefined
      ? invalidLink(flow)
      : flow.opened(visit, { uid, token: kept, address })
  }
  // The form is only on the page whose URL has no token.
  if (form !== undefined || (await check(token)) === undefined) return invalidLink(flow)
  await context.session.raw.update(new Map([[sessionKeys[route], JsonText.write(token)]]))
  return goTo(pagePath(visit, `${route}/${uid}/${tokenInSession}`))
}

export const invalidLink = ({ invalid }: LinkFlow): Outcome => ({ _tag: "Show", page: invalid, isRefused: true })

/** Forgets the token, once its link has done what it is for. */
export const closeLink = async <User extends object, Fields extends SessionFields>(
  { context }: Visit<User, Fields>,
  route: LinkRoute
): Promise<void> => {
  await context.session.delete(sessionKeys[route])
}

/** A session that holds the token of an open link. */
export interface LinkSession {
  readonly raw: { readonly get: (key: string) => Promise<string | undefined> }
}

/** The token of the open link of this kind. */
export const tokenOf = async (session: LinkSession, route: LinkRoute): Promise<string | undefined> => {
  const text = await session.raw.get(sessionKeys[route])
  const token: unknown = text === undefined ? undefined : JSON.parse(text)
  return typeof token === "string" ? token : undefined
}
