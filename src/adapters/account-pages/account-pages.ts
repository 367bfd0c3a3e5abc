/**
 * The account pages of an application, without a framework: each takes a request as plain data and returns a response.
 */
import * as Effect from "effect/Effect"
import { type Submission, submit } from "../../core/accounts/forms/account-form.ts"
import {
  type AccountFormName,
  type AccountLinkFormName,
  type FormView,
  formNamed,
  formView,
  type LinkFormView,
  linkFormView
} from "../../core/accounts/forms/form-view.ts"
import { chooseTexts } from "../../core/accounts/html/html-renderer.ts"
import type { AccountPageName } from "../../core/accounts/pages/account-page.ts"
import { type AccountRoute, type LinkRoute, type PlainRoute, routeOf } from "../../core/accounts/pages/account-path.ts"
import { type SessionsView, sessionsView } from "../../core/accounts/pages/sessions-view.ts"
import type { UserSession } from "../../core/auth/sessions/listed-sessions.ts"
import type { RequestHead } from "../../core/http/request/request-head.ts"
import type { Auth } from "../api/auth.ts"
import { ConfigurationInvalid } from "../errors/errors.ts"
import { MailLost } from "../mail/mail-queue.ts"
import { checkAuth } from "../options/check-auth.ts"
import { type Form, formValue } from "../request/form/form.ts"
import type { SessionFields } from "../request/session/session-access.ts"
import { answer, notAllowed, stylesheetAnswer } from "./answers/answer.ts"
import { type Refusal, refusal, refusalPage } from "./answers/refusal.ts"
import * as Email from "./flows/email-flow.ts"
import * as End from "./flows/end-flow.ts"
import { type LinkFlow, type LinkSession, openLink, tokenOf } from "./flows/link-flow.ts"
import * as Login from "./flows/login-flow.ts"
import * as Password from "./flows/password-flow.ts"
import { reauthenticate } from "./flows/reauthenticate-flow.ts"
import { sessions, shown } from "./flows/sessions-flow.ts"
import * as SignUp from "./flows/sign-up-flow.ts"
import { type AccountPagesOptions, type AccountPagesSettings, accountPagesSettings } from "./visit/account-options.ts"
import type { AccountRequest, AccountResponse, AccountWork, ReadForm } from "./visit/account-request.ts"
import { mailFor } from "./visit/account-work.ts"
import { type Flow, showing } from "./visit/visit.ts"

/** Pages in place of a form that cannot be carried out. */
const refusalPages = ["noPassword", "passwordResetInvalid", "verifyInvalid", "emailConfirmInvalid"] as const

/** A page in place of a form that cannot be carried out. */
export type RefusalPageName = (typeof refusalPages)[number]

/** The page in place of a form that cannot be carried out, if the page with this name is one. */
export const refusalPageNamed = (name: AccountPageName): RefusalPageName | undefined =>
  refusalPages.find((page) => page === name)

/** Which kind of link opens a form. */
export const linkRoutes: Readonly<Record<AccountLinkFormName, LinkRoute>> = {
  passwordResetConfirm: "reset",
  verify: "verify",
  emailConfirm: "email"
}

/** The account pages of one application. */
export interface AccountPages<User extends object, Fields extends SessionFields> {
  /** Whether a request is for one of the account pages. Reads only the path. */
  readonly isFor: (head: RequestHead) => boolean
  /** Answers a request that {@link isFor} accepts. Rejects as the operations of the request do. */
  readonly respond: (request: AccountRequest<User, Fields>) => Promise<AccountResponse>
  /**
   * Puts a page in place of an answer for programs, unless the client asks for JSON: for a request that
   * {@link respond} has rejected. Status and headers stay. Redirects stay as they are.
   *
   * @param detail why the request is refused, for developers
   */
  readonly refusal: (head: RequestHead, answer: Refusal, detail?: string) => Refusal
  /**
   * Makes the mails of a response and hands them to the queue. Call it when the response was sent. Never rejects:
   * resolves when the queue has sent or given up the mails.
   *
   * @param report gets a `MailLost`, with the id of the account, for each mail that could not be made
   */
  readonly carryOut: (work: AccountWork, report: (lost: MailLost) => void) => Promise<void>
  /** A form with its texts, for applications that show it themselves. */
  readonly formView: (name: AccountFormName, acceptLanguage: string | undefined) => FormView
  /** What such a form shows again of the fields that were sent. Never a password. */
  readonly shownAgain: (name: AccountFormName | AccountLinkFormName, form: Form) => Submission["shown"]
  /** The form of a link whose token is in the session. */
  readonly linkFormView: (
    name: AccountLinkFormName,
    uid: string,
    session: LinkSession,
    acceptLanguage: string | undefined
  ) => Promise<LinkFormView>
  /**
   * How recent the login must be for the list of sessions, in seconds; `undefined`: the site does not record logins.
   */
  readonly sessionsRecentLoginSeconds: number | undefined
  /** Sessions with their texts, for applications that show them themselves. */
  readonly sessionsView: (sessions: ReadonlyArray<UserSession>, acceptLanguage: string | undefined) => SessionsView
  /** The text of a page that says why a form cannot be carried out. */
  readonly reason: (page: RefusalPageName, acceptLanguage: string | undefined) => string
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
  checkAuth(auth)
  const settings = accountPagesSettings(options)
  if (options.recentLoginSeconds !== undefined && !auth.recordsLogins)
    throw new ConfigurationInvalid({
      problems: ["recentLoginSeconds has no effect: write reauthentication: {} in createAuth"]
    })
  const textsFor = chooseTexts(options)
  const flows = flowsFor(settings, auth)
  const flowFor = (head: RequestHead): Flow | undefined => {
    const route = routeOf(pathOf(head), settings.path)
    if (route === undefined || route._tag === "Stylesheet") return undefined
    return route._tag === "Page" ? flows[route.route] : linksFor(settings, route)
  }
  const isStylesheet = (head: RequestHead): boolean =>
    routeOf(pathOf(head), settings.path)?._tag === "Stylesheet" && (head.method === "GET" || head.method === "HEAD")
  return {
    isFor: (head) => flowFor(head) !== undefined || isStylesheet(head),
    respond: async ({ context, form, head }) => {
      if (isStylesheet(head)) return stylesheetAnswer(settings)
      const flow = flowFor(head)
      const refused = (made: Refusal): AccountResponse => ({ ...refusalPage({ auth, settings, head }, made), work: [] })
      if (flow === undefined) return refused(refusal(404, "not found"))
      const read = await readFor(head, form)
      if (read._tag === "NotAllowed") return refused(notAllowed("GET, HEAD, POST"))
      if (read._tag === "Refused") return refused(refusal(read.status, read.error))
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
    },
    refusal: (head, made, detail) => refusalPage({ auth, settings, head }, made, detail),
    formView: (name, acceptLanguage) => formView(name, settings, textsFor(acceptLanguage), auth.accounts.passwordRules),
    shownAgain: (name, form) => submit(formNamed(name, settings), (field) => formValue(form, field)).shown,
    linkFormView: async (name, uid, session, acceptLanguage) => {
      const route = linkRoutes[name]
      const token = await tokenOf(session, route)
      const address =
        token === undefined || settings.mail === undefined
          ? undefined
          : await Effect.runPromise(auth.accounts.checkLink(route, uid, token, settings.backend))
      const texts = textsFor(acceptLanguage)
      return linkFormView(formView(name, settings, texts, auth.accounts.passwordRules), uid, address, texts)
    },
    sessionsRecentLoginSeconds: auth.recordsLogins ? settings.recentLoginSeconds : undefined,
    sessionsView: (listed, acceptLanguage) =>
      sessionsView(listed.map(shown), textsFor(acceptLanguage), options.timeZone ?? "UTC"),
    reason: (page, acceptLanguage) => textsFor(acceptLanguage).text(`${page}.text`),
    carryOut: async (work, report) => {
      const sending = work.mails.map(async (mail) => {
        try {
          const made = await mailFor(auth, settings, work, mail)
          if (made === undefined) return
          const { name: purpose, to, userId } = made
          await settings.mail?.send({ mail: { to, ...settings.renderer.mail(made) }, purpose, userId })
        } catch (error) {
          const { name: purpose } = mail
          const userId = mail.name === "verifyEmail" ? undefined : mail.userId
          const reason = `it could not be made: ${error instanceof Error ? error.message : "unknown error"}`
          report(new MailLost({ purpose, userId, reason, attempts: 0 }))
        }
      })
      const sent = Promise.all(sending)
      settings.mail?.expect?.(sent)
      await sent
    }
  }
}

type Read =
  /** `undefined` for a page that is only read. */
  | { readonly _tag: "Read"; readonly form: Form | undefined }
  | { readonly _tag: "Refused"; readonly status: number; readonly error: string }
  | { readonly _tag: "NotAllowed" }

const readFor = async (head: RequestHead, form: () => Promise<ReadForm>): Promise<Read> => {
  const method = head.rewrittenMethod ?? head.method
  if (method === "GET" || method === "HEAD") return { _tag: "Read", form: undefined }
  if (method !== "POST") return { _tag: "NotAllowed" }
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

/** The pages that the options turn on. */
const flowsFor = (
  settings: AccountPagesSettings,
  { recordsLogins, recordsSessions }: { readonly recordsLogins: boolean; readonly recordsSessions: boolean }
): Readonly<Partial<Record<PlainRoute, Flow>>> => {
  const { deactivation, deletion, mail, signUp, verifyEmail } = settings
  return {
    login: Login.login,
    logout: Login.logout,
    password_change: Password.passwordChange,
    "password_change/done": Password.passwordChangeDone,
    ...(signUp ? { signup: SignUp.signUp } : {}),
    ...(signUp && verifyEmail ? { "signup/done": showing("signUpDone") } : {}),
    ...(mail === undefined
      ? {}
      : {
          password_reset: Password.passwordReset,
          "password_reset/done": showing("passwordResetDone"),
          "reset/done": showing("passwordResetComplete"),
          email_change: Email.emailChange,
          "email_change/done": Email.emailChangeDone,
          "email/done": showing("emailConfirmComplete")
        }),
    ...(recordsSessions ? { sessions } : {}),
    ...(recordsLogins ? { reauthenticate } : {}),
    ...(deactivation ? { deactivate: End.deactivate } : {}),
    ...(deletion ? { delete: End.remove } : {})
  }
}

const linkFlows: Readonly<Record<LinkRoute, LinkFlow>> = {
  reset: Password.passwordResetConfirm,
  verify: SignUp.verify,
  email: Email.emailConfirm
}

const linksFor = ({ mail }: AccountPagesSettings, { route, token, uid }: Link): Flow | undefined =>
  mail === undefined ? undefined : (visit) => openLink(visit, linkFlows[route], route, uid, token)

type Link = Extract<AccountRoute, { readonly _tag: "Link" }>

/** The path of the target as it was sent, without the host that a request to a proxy names. */
const pathOf = ({ target }: RequestHead): string =>
  target.replace(/^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?]*/, "").split(/[?#]/, 1)[0] ?? ""
