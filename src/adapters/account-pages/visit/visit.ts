/** One request for an account page, as the flows see it, and what a flow decides. */
import type { FieldName, FormDefinition, FormProblems, Submission } from "../../../core/accounts/forms/account-form.ts"
import type { AccountPageName, PageSession } from "../../../core/accounts/pages/account-page.ts"
import { type PlainRoute, pathOf } from "../../../core/accounts/pages/account-path.ts"
import type { RequestHead } from "../../../core/http/request/request-head.ts"
import type { Auth } from "../../api/auth.ts"
import type { AuthContext } from "../../api/per-request/promises.ts"
import type { Form } from "../../request/form/form.ts"
import type { SessionFields } from "../../request/session/session-access.ts"
import type { AccountPagesSettings } from "./account-options.ts"
import type { AccountWork } from "./account-request.ts"

/** One request. */
export interface Visit<User extends object, Fields extends SessionFields> {
  readonly auth: Auth<User, Fields>
  readonly settings: AccountPagesSettings
  readonly head: RequestHead
  readonly context: AuthContext<User, Fields>
  /** The form that was sent with POST, whose CSRF token has been checked; `undefined` for GET. */
  readonly form: Form | undefined
  /** A field of the form, of any type. */
  readonly field: (name: FieldName) => unknown
}

/** What a flow decides: to show a page, or to redirect. */
export type Outcome = Show | GoTo | NotAllowed

/** Shows a page. */
export interface Show {
  readonly _tag: "Show"
  readonly page: AccountPageName
  readonly form?: ShownForm
  /** The e-mail address that the page is about. */
  readonly address?: string
  readonly sessions?: ReadonlyArray<PageSession>
  /** The request cannot be carried out, for example by a used link: 400 for clients that ask for JSON. */
  readonly isRefused?: true
  readonly work?: ReadonlyArray<AccountWork>
}

/** The form of a page. */
export interface ShownForm {
  readonly definition: FormDefinition
  /** The form as it was sent; absent: it is shown first. */
  readonly sent?: Submission
  /** What is wrong with the form that was sent. */
  readonly problems?: FormProblems
  /** The safe URL to go to afterwards. */
  readonly next?: string | undefined
}

/** Redirects to a path or URL. */
export interface GoTo {
  readonly _tag: "GoTo"
  readonly location: string
  readonly work?: ReadonlyArray<AccountWork>
}

/** 405: the page takes only these methods. */
export interface NotAllowed {
  readonly _tag: "NotAllowed"
  readonly allow: string
}

/** A flow of the account pages. */
export type Flow = <User extends object, Fields extends SessionFields>(visit: Visit<User, Fields>) => Promise<Outcome>

export const goTo = (location: string, work: ReadonlyArray<AccountWork> = []): GoTo => ({
  _tag: "GoTo",
  location,
  work
})

/** The form of a page that was sent and refused, or is shown first. */
export const showForm = (
  page: AccountPageName,
  definition: FormDefinition,
  sent?: Submission,
  problems?: FormProblems,
  more: Omit<Show, "_tag" | "page" | "form"> & { readonly next?: string | undefined } = {}
): Show => {
  const { next, ...others } = more
  return {
    _tag: "Show",
    page,
    form: {
      definition,
      ...(sent === undefined ? {} : { sent }),
      ...(problems === undefined ? {} : { problems }),
      ...(next === undefined ? {} : { next })
    },
    ...others
  }
}

/** The path of an account page, below the base path of the application. */
export const pagePath = (
  { head, settings }: Pick<Visit<object, SessionFields>, "head" | "settings">,
  route: PlainRoute | `${"reset" | "verify" | "email"}/${string}/${string}`
): string => `${head.basePath ?? ""}${pathOf(settings.path, settings.trailingSlash, route)}`

/** The flow of a page that is only shown. */
export const showing =
  (page: AccountPageName): Flow =>
  async () => ({ _tag: "Show", page })
