/**
 * Whether a request may change something, asked before its handler runs.
 *
 * | request                                                   | before the handler | at the end                           |
 * | --------------------------------------------------------- | ------------------ | ------------------------------------ |
 * | a safe method, or an exempt handler                       | Passed             |                                      |
 * | foreign Origin or Referer                                 | refused            |                                      |
 * | of one's own, where that is enough (`tokenless`)          | Passed             |                                      |
 * | the token in the header, or a form that is parsed already | Passed or refused  |                                      |
 * | a form with a body that is not parsed yet                 | Awaited            | refused unless `verifyCsrf` passed it, |
 * |                                                           |                    | or the answer is an error anyway      |
 * | the same with the token in the header                     | PassedByHeader     | as `verifyCsrf` said, if it was asked: |
 * |                                                           |                    | a token in the form counts, even wrong |
 *
 * While `Awaited`, and after `verifyCsrf` has failed, the request acts for no user: whatever reads or changes the
 * session fails. Otherwise a page of another site could have a JSON handler run for its visitor by calling the body a
 * form. The body is never read here.
 */
import * as Effect from "effect/Effect"
import * as SessionCsrf from "../../core/auth/session-csrf.ts"
import * as Check from "../../core/csrf/check.ts"
import * as Slot from "../../core/csrf/slot.ts"
import { header, type RequestHead } from "../../core/http/request-head.ts"
import type { App } from "./app.ts"
import type { Cell, CsrfState } from "./cell.ts"
import { momentOf } from "./chance.ts"
import { type ChangeRefused, CsrfFailed, type StoreUnavailable } from "./errors.ts"
import { type Form, formField, isForm } from "./form.ts"
import { adviceOnOrigin } from "./host-advice.ts"
import { change, openUnverified } from "./operations.ts"

/** The token in a parsed form, if it is there. */
const csrfField = (form: Form): string | undefined => formField(form, "csrfmiddlewaretoken")

export interface CsrfEntry {
  /** Asked of requests that may change something only. What it throws refuses the request. */
  readonly exempt: () => boolean
  /** A body that somebody has parsed before; `undefined`: nobody has. */
  readonly body: unknown
  /**
   * Where it came from is enough: no token is asked for. For requests that no page of another site can send, except by
   * a browser that says so.
   */
  readonly tokenless?: boolean
  /** Another door has checked the request before. It is checked again only where a parsed form has come in since. */
  readonly isChecked?: boolean
}

type CsrfFailure = CsrfFailed | StoreUnavailable

/**
 * Lets a request in, or fails.
 *
 * @returns `undefined` where that is decided without asking anybody
 */
export const admit = <User extends object>(
  app: App<User>,
  cell: Cell<User>,
  { body, exempt, isChecked = false, tokenless = false }: CsrfEntry
): Effect.Effect<void, CsrfFailure> | undefined => {
  const { head } = cell
  if (isChecked && (cell.csrf._tag !== "Awaited" || body === undefined)) return undefined
  if (Check.isSafeRequest(head)) {
    cell.csrf = passed
    return undefined
  }
  return Effect.suspend(() => {
    if (!exempt()) return entered(app, cell, body, tokenless)
    cell.csrf = passed
    return Effect.void
  })
}

const entered = <User extends object>(
  app: App<User>,
  cell: Cell<User>,
  body: unknown,
  tokenless: boolean
): Effect.Effect<void, CsrfFailure> => {
  const { head } = cell
  const isUnread = body === undefined && isSentAsForm(head) && head.hasNoBody !== true
  // Where the handler runs before any token is checked, nobody is spared the question where the request comes from.
  const settings = tokenless || isUnread ? { ...app.csrf, ignoresOrigin: false } : app.csrf
  const source = Check.checkSource(settings, head)
  if (source._tag === "Refused") return Effect.fail(foreign(app, head, source.reason))
  if (tokenless) {
    cell.csrf = passed
    return Effect.void
  }
  const field = isForm(body) ? csrfField(body) : undefined
  return Effect.flatMap(verdict(app, cell, field), (verdict) => {
    if (verdict._tag === "Refused" && !isUnread) {
      cell.csrf = verdict
      return Effect.fail(new CsrfFailed({ reason: verdict.reason }))
    }
    cell.csrf = { _tag: verdict._tag === "Refused" ? "Awaited" : isUnread ? "PassedByHeader" : "Passed" }
    return Effect.void
  })
}

/**
 * Checks the token of a form that the handler has parsed. What has passed before passes at once, unless the header made
 * it pass and the form holds another secret.
 */
export const verify = <User extends object>(
  app: App<User>,
  cell: Cell<User>,
  form: Form
): Effect.Effect<void, CsrfFailure> =>
  Effect.suspend((): Effect.Effect<void, CsrfFailure> => {
    if (cell.csrf._tag === "Passed") return Effect.void
    if (cell.csrf._tag === "Awaited" && !isForm(form)) return Effect.fail(notParsed(form))
    const field = csrfField(form)
    return Effect.flatMap(
      cell.csrf._tag === "PassedByHeader" ? asInHeader(app, cell, field) : verdict(app, cell, field),
      (verdict) => {
        cell.csrf = verdict
        return verdict._tag === "Passed" ? Effect.void : Effect.fail(new CsrfFailed({ reason: verdict.reason }))
      }
    )
  })

/** The request seems to come from another site. */
export const foreign = <User extends object>(app: App<User>, head: RequestHead, reason: string): CsrfFailed => {
  const advice = adviceOnOrigin(app.http, head)
  return new CsrfFailed(advice === undefined ? { reason } : { reason, advice })
}

/** The body is there, and the handler has something else than a form. */
const notParsed = (form: unknown): CsrfFailed =>
  new CsrfFailed({
    reason: `verifyCsrf takes a parsed form and was given ${form === null ? "null" : typeof form}. Is there a body parser for this content type before the handler?`,
    isOversight: true
  })

/** A token for a page or a script. */
export const getToken = <User extends object>(
  app: App<User>,
  cell: Cell<User>
): Effect.Effect<string, StoreUnavailable | ChangeRefused> =>
  app.settings.csrf.useSessions
    ? change(app, cell, "getCsrfToken", (session) => {
        const { session: after, token } = SessionCsrf.getToken(app.settings.csrf, session, momentOf(app.world).fresh)
        return [after, token]
      })
    : Effect.sync(() => {
        const { slot, token } = Slot.getToken(cell.request.csrf, momentOf(app.world).fresh)
        cell.request = { ...cell.request, csrf: slot }
        return token
      })

/** Sees to it that the cookie goes out. Under CSRF_USE_SESSIONS the session comes to hold a secret. */
export const ensureCookie = <User extends object>(
  app: App<User>,
  cell: Cell<User>
): Effect.Effect<void, StoreUnavailable | ChangeRefused> => Effect.asVoid(getToken(app, cell))

const verdict = <User extends object>(
  app: App<User>,
  cell: Cell<User>,
  field: string | undefined
): Effect.Effect<Check.Verdict, StoreUnavailable> =>
  app.settings.csrf.useSessions
    ? Effect.map(openUnverified(app, cell), (session) =>
        Check.checkToken(app.csrf, cell.head, SessionCsrf.stored(session), field)
      )
    : Effect.sync(() => Check.checkToken(app.csrf, cell.head, cell.request.csrfCookie, field))

/** The header has shown the secret by now, which a login may have replaced since. */
const asInHeader = <User extends object>(
  app: App<User>,
  { head }: Cell<User>,
  field: string | undefined
): Effect.Effect<Check.Verdict> =>
  Effect.sync(() => Check.checkToken(app.csrf, head, header(head, app.csrf.headerName), field))

const passed: CsrfState = { _tag: "Passed" }

/** Whether the token may be in the body: Django reads no other method's. */
const isSentAsForm = (head: RequestHead): boolean =>
  head.method === "POST" &&
  /^\s*(application\/x-www-form-urlencoded|multipart\/form-data)\s*(;|$)/i.test(header(head, "content-type") ?? "")
