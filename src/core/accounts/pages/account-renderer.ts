/** How account pages become HTML, mails get their texts, and problems become texts. */
import type { Problem } from "../../password/validators.ts"
import type { AccountMail } from "./account-mail.ts"
import type { AccountPage } from "./account-page.ts"

/** A page as it is sent. */
export interface RenderedPage {
  /** The whole HTML document. */
  readonly html: string
  /** Further headers, by lower-case name, as `content-security-policy`. */
  readonly headers?: Readonly<Record<string, string>>
}

/** What a page is rendered for. */
export interface PageRequest {
  /** The header `Accept-Language` of the request. */
  readonly acceptLanguage: string | undefined
  /** The path of the style sheet of the account pages. */
  readonly stylesheet: string
}

/** The texts of a mail. */
export interface MailContent {
  /** One line of text. */
  readonly subject: string
  /** The body as plain text. */
  readonly text: string
  /** The body as HTML, besides `text`. */
  readonly html?: string | undefined
}

/** Makes everything that a client sees. */
export interface AccountRenderer {
  /** Renders a page. */
  readonly page: (page: AccountPage, request: PageRequest) => RenderedPage
  /**
   * The text of a problem, for clients that ask for JSON.
   *
   * @param field the field that has the problem, or `__all__` for the whole form
   */
  readonly problem: (problem: Problem, field: string, acceptLanguage: string | undefined) => string
  /** The texts of a mail. */
  readonly mail: (mail: AccountMail) => MailContent
  /** The style sheet of the pages, as CSS. */
  readonly stylesheet: string
}
