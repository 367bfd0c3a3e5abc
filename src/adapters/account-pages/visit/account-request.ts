/** What the account pages take from a framework, and what they give back: plain data. */
import type { AccountMailName } from "../../../core/accounts/pages/account-mail.ts"
import type { RequestHead } from "../../../core/http/request/request-head.ts"
import type { SignUpLink } from "../../account/account-links.ts"
import type { AuthContext } from "../../api/per-request/promises.ts"
import type { Form } from "../../request/form/form.ts"
import type { SessionFields } from "../../request/session/session-access.ts"

/** The body of a request, as a framework or {@link readBody} parsed it. */
export type ReadForm =
  | { readonly _tag: "Form"; readonly fields: Form }
  /** 413: the body is longer than a form of these pages can be. */
  | { readonly _tag: "TooLarge" }
  /** 415: neither a URL-encoded form nor JSON. */
  | { readonly _tag: "UnsupportedType" }
  /** 400: the body ended early, or is not JSON in UTF-8, or not an object. */
  | { readonly _tag: "Malformed" }

/** A request for one of the account pages. Its CSRF check before the handler has passed or awaits the form. */
export interface AccountRequest<User extends object, Fields extends SessionFields> {
  /** The head of the request. */
  readonly head: RequestHead
  /** The authentication of the request. */
  readonly context: AuthContext<User, Fields>
  /** Reads the body. Called at most once, and only for POST. */
  readonly form: () => Promise<ReadForm>
}

/** The answer of an account page. */
export interface AccountResponse {
  /** The HTTP status. */
  readonly status: number
  /** The headers by lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  /** HTML, JSON, or empty. */
  readonly body: string
  /** To be carried out after the response was sent. The client never waits for it. */
  readonly work: ReadonlyArray<AccountWork>
}

/**
 * Mails to send after the response, as plain data. Every request of one form gives one of these, also if there is no
 * such account; `mails` may be empty.
 */
export interface AccountWork {
  readonly _tag: "SendMails"
  readonly mails: ReadonlyArray<MailToSend>
  /** The origin of the links: `https://example.com`. */
  readonly origin: string
  /** The name of the site. */
  readonly siteName: string
  /** The value of the request's header `Accept-Language`. */
  readonly acceptLanguage: string | undefined
}

/** One mail to send: to the user of an account, or with the link that creates one. */
export type MailToSend = MailToUser | MailToVisitor

/** A mail about an account. Has no secrets: its link is made when the mail is. */
export interface MailToUser {
  /** Which mail it is. */
  readonly name: Exclude<AccountMailName, "verifyEmail">
  /** The primary key, as text, of the account that the mail is about. */
  readonly userId: string
  /** The address that it is sent to; `undefined`: the stored address of the account. */
  readonly to: string | undefined
}

/** A mail to a visitor who signed up. */
export interface MailToVisitor {
  /** Which mail it is. */
  readonly name: "verifyEmail"
  /** The new account, with its link, which is a secret. */
  readonly account: SignUpLink
}
