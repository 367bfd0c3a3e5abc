/** The pages and mails of the account flows as latchkey comes with them, and how an application replaces parts. */
import type { AccountMail, AccountMailName } from "../pages/account-mail.ts"
import type { AccountPage, AccountPageName } from "../pages/account-page.ts"
import type { AccountRenderer, MailContent, PageRequest, RenderedPage } from "../pages/account-renderer.ts"
import { english } from "../texts/english.ts"
import { german } from "../texts/german.ts"
import { chooseLanguage } from "../texts/language.ts"
import { type CustomMessages, type Texts, textsOf } from "../texts/messages.ts"
import { documentHtml, pageParts } from "./page-html.ts"
import { stylesheet } from "./stylesheet.ts"

/** A page as latchkey renders it, for an application that replaces it or puts it into its own document. */
export interface PageDraft {
  /** The title for `<title>`, as text. */
  readonly title: string
  /** The heading, the form and the links, as HTML. */
  readonly main: string
  /** The chosen language, for `<html lang>`. */
  readonly language: string
  /** The texts of the language. */
  readonly texts: Texts
  /** The path of the style sheet of the account pages. */
  readonly stylesheet: string
}

/**
 * Makes the whole HTML document of a page. It must escape every text of `page` and `title` (`escapeHtml`). With a
 * string as the result, the response has no Content-Security-Policy.
 */
export type RenderPage = (page: AccountPage, draft: PageDraft) => string | RenderedPage

/** Makes the texts of a mail. @param draft the texts that latchkey would send */
export type RenderMail = (mail: AccountMail, draft: MailContent & { readonly texts: Texts }) => MailContent

/** How the pages look and what they say. */
export interface RenderOptions {
  /** The language of all pages and mails. Default: of those there are, the one that `Accept-Language` prefers. */
  readonly language?: string
  /**
   * Texts by language, as in `{ en: { "login.title": "Welcome" } }`. They replace latchkey's. A further language is
   * added in the same way; texts that it lacks are English.
   */
  readonly messages?: Readonly<Record<string, CustomMessages>>
  /** Replaces single pages. */
  readonly pages?: Readonly<Partial<Record<AccountPageName, RenderPage>>>
  /** Makes the document around all pages that `pages` does not replace. */
  readonly layout?: RenderPage
  /** Replaces single mails. */
  readonly mails?: Readonly<Partial<Record<AccountMailName, RenderMail>>>
  /** Rules that are added to the style sheet. */
  readonly css?: string
  /** TIME_ZONE of the times on the page of sessions. Default: UTC. */
  readonly timeZone?: string
}

/**
 * What the pages may load: the style sheet, and images that added rules name. No scripts and no frames. `form-action`
 * is missing on purpose: browsers apply it to redirects too, and a login may lead to another origin.
 */
const contentSecurityPolicy =
  "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; base-uri 'none'; frame-ancestors 'none'"

/** The languages that latchkey comes with. */
export const shippedMessages: Readonly<Record<string, CustomMessages>> = { en: english, de: german }

/** Chooses the texts for a client by its header `Accept-Language`. */
export const chooseTexts = ({
  language,
  messages = {}
}: RenderOptions): ((acceptLanguage: string | undefined) => Texts) => {
  const languages = [...new Set([...Object.keys(shippedMessages), ...Object.keys(messages)])]
  const all = new Map(languages.map((tag) => [tag, textsOf(tag, { ...shippedMessages[tag], ...messages[tag] })]))
  const inEnglish = textsOf("en", { ...english, ...messages["en"] })
  return (acceptLanguage) => all.get(language ?? chooseLanguage(acceptLanguage, ["en", ...languages])) ?? inEnglish
}

/** Makes the renderer. {@link RenderOptions} must have passed `renderProblems`. */
export const htmlRenderer = (options: RenderOptions = {}): AccountRenderer => {
  const { css = "", layout, mails = {}, pages = {}, timeZone = "UTC" } = options
  const textsFor = chooseTexts(options)

  return {
    stylesheet: `${stylesheet}${css}`,
    problem: (problem, field, acceptLanguage) => textsFor(acceptLanguage).problem(problem, field),
    page: (page, { acceptLanguage, stylesheet }: PageRequest) => {
      const texts = textsFor(acceptLanguage)
      const parts = pageParts(page, texts, timeZone)
      const replaced = pages[page.name] ?? layout
      const { language } = texts
      const headers = { "content-language": language }
      if (replaced === undefined) {
        const document = documentHtml(page, parts, texts, stylesheet)
        return { html: document.markup, headers: { ...headers, "content-security-policy": contentSecurityPolicy } }
      }
      const made = replaced(page, { title: parts.title, main: parts.main.markup, language, texts, stylesheet })
      return typeof made === "string" ? { html: made, headers } : { ...made, headers: { ...headers, ...made.headers } }
    },
    mail: (mail) => {
      const texts = textsFor(mail.acceptLanguage)
      const draft = mailContent(mail, texts)
      return mails[mail.name]?.(mail, { ...draft, texts }) ?? draft
    }
  }
}

const mailContent = (mail: AccountMail, texts: Texts): MailContent => {
  const { name, siteName: site } = mail
  const values = { site, username: mail.username, link: mail.link ?? "", address: mail.newAddress ?? "" }
  return {
    // The name of the site may come from the Host header. A subject has one line.
    subject: texts.text(`mail.${name}.subject`, values).replace(/\s+/g, " ").trim(),
    text: texts.text(`mail.${name}.text`, values)
  }
}
