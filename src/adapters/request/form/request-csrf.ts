/**
 * The CSRF check of a request: once before its handler runs, and for some forms again before the response is sent.
 *
 * | request                                               | before the handler | before the response is sent         |
 * | ----------------------------------------------------- | ------------------ | ----------------------------------- |
 * | a safe method, or an exempt handler                   | NotNeeded          |                                     |
 * | Origin or Referer of another site                     | refused            |                                     |
 * | Origin or Referer is enough (`tokenless`)             | Passed             |                                     |
 * | the header has a token, or the form is parsed already | Passed or refused  |                                     |
 * | a form with a body that is not parsed yet             | Awaited            | refused, unless `verifyCsrf` passed |
 * |                                                       |                    | or the response is an error         |
 * | the same with the token in the header                 | PassedByHeader     | refused only if `verifyCsrf` was    |
 * |                                                       |                    | called and found a wrong token in   |
 * |                                                       |                    | the form                            |
 *
 * With `csrfMode: "fetch-metadata"` a request with the headers `Sec-Fetch-Site` or `Origin` is Passed or refused before the
 * handler, and `verifyCsrf` then passes too. Requests without both go by the table.
 *
 * While the state is `Awaited`, and after `verifyCsrf` has failed, operations that read or change the session fail.
 * Otherwise a page of another site could make a JSON handler act for the user: it would send a request that claims a
 * form as content type, so that the check waits for a form. This module never reads the body.
 */
import * as Effect from "effect/Effect"
import * as SessionCsrf from "../../../core/auth/request/session-csrf.ts"
import * as Check from "../../../core/csrf/check-request.ts"
import * as CsrfCookie from "../../../core/csrf/csrf-cookie.ts"
import * as FetchMetadata from "../../../core/csrf/fetch-metadata.ts"
import { header, type RequestHead } from "../../../core/http/request/request-head.ts"
import { momentOf } from "../../clock-and-random/clock-and-random.ts"
import { type ChangeRefused, CsrfFailed, type StoreUnavailable } from "../../errors/errors.ts"
import { change, openUnverified } from "../login/operations.ts"
import type { CsrfState, RequestScope } from "../scope/request-scope.ts"
import type { AuthServices } from "../scope/services.ts"
import { type Form, formField, isForm } from "./form.ts"
import { adviceOnOrigin } from "./host-advice.ts"
import { adviseOnToken } from "./token-advice.ts"

/** The token in a parsed form; `undefined` if there is none. */
const csrfField = (form: Form): string | undefined => formField(form, "csrfmiddlewaretoken")

export interface CsrfEntry {
  /**
   * Whether the handler is exempt from the check. Called only for unsafe methods. If it throws, the request is refused.
   */
  readonly exempt: () => boolean
  /** The body, if it was parsed before latchkey; otherwise `undefined`. */
  readonly body: unknown
  /**
   * Whether checking Origin or Referer is enough, so that no token is needed. For requests that a page of another site
   * can send only if the browser names that site in them.
   */
  readonly tokenless?: boolean
}

type CsrfFailure = CsrfFailed | StoreUnavailable

/**
 * Checks a request before its handler runs, and fails if it is refused. If another middleware has already checked the
 * request, it is checked again only if a form was parsed since then, and `exempt` has no effect.
 *
 * @returns `undefined` if the request passes; otherwise an Effect that still has to run
 */
export const checkCsrf = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  entry: CsrfEntry
): Effect.Effect<void, CsrfFailure> | undefined => {
  const { csrf, head } = scope
  const { body, tokenless = false } = entry
  const isChecked = csrf._tag !== "Unchecked" && csrf._tag !== "NotNeeded"
  if (isChecked && (csrf._tag !== "Awaited" || body === undefined)) return undefined
  if (Check.isSafeRequest(head)) {
    scope.csrf = notNeeded
    return undefined
  }
  return Effect.suspend(() => {
    if (isChecked || !entry.exempt()) return entered(services, scope, body, tokenless)
    scope.csrf = notNeeded
    return Effect.void
  })
}

const entered = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  body: unknown,
  tokenless: boolean
): Effect.Effect<void, CsrfFailure> => {
  const { head } = scope
  if (services.csrf.mode === "fetch-metadata") {
    const metadata = FetchMetadata.judge(services.csrf, head)
    if (metadata._tag === "Refused") return Effect.fail(foreign(services, head, metadata.reason))
    if (metadata._tag === "Passed") {
      scope.csrf = passed
      return Effect.void
    }
  }
  const isUnread = body === undefined && isSentAsForm(head) && head.hasNoBody !== true
  // If the handler may run before a token is checked, Origin is always checked, also for versions of Django that do not
  // check it.
  const settings = tokenless || isUnread ? { ...services.csrf, ignoresOrigin: false } : services.csrf
  const source = Check.checkSource(settings, head)
  if (source._tag === "Refused") return Effect.fail(foreign(services, head, source.reason))
  if (tokenless) {
    scope.csrf = passed
    return Effect.void
  }
  const field = isForm(body) ? csrfField(body) : undefined
  return Effect.flatMap(verdict(services, scope, field), (verdict) => {
    if (verdict._tag === "Refused" && !isUnread) {
      scope.csrf = verdict
      return Effect.fail(withoutToken(services, verdict.reason))
    }
    scope.csrf = { _tag: verdict._tag === "Refused" ? "Awaited" : isUnread ? "PassedByHeader" : "Passed" }
    return Effect.void
  })
}

/**
 * Checks the token of a form that the handler has parsed. A request that has already passed passes again. The exception
 * is a request that passed by its header: it fails if the form has a token with another secret.
 */
export const verify = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  form: Form
): Effect.Effect<void, CsrfFailure> =>
  Effect.suspend((): Effect.Effect<void, CsrfFailure> => {
    if (scope.csrf._tag === "Passed" || scope.csrf._tag === "NotNeeded") return Effect.void
    if (scope.csrf._tag === "Awaited" && !isForm(form)) return Effect.fail(notParsed(form))
    const field = csrfField(form)
    return Effect.flatMap(
      scope.csrf._tag === "PassedByHeader" ? asInHeader(services, scope, field) : verdict(services, scope, field),
      (verdict) => {
        scope.csrf = verdict
        return verdict._tag === "Passed" ? Effect.void : Effect.fail(withoutToken(services, verdict.reason))
      }
    )
  })

/** The error for a request that seems to come from another site. */
export const foreign = <User extends object>(
  services: AuthServices<User>,
  head: RequestHead,
  reason: string
): CsrfFailed => {
  const advice = adviceOnOrigin(services.http, head)
  return new CsrfFailed(advice === undefined ? { reason } : { reason, advice })
}

const withoutToken = <User extends object>(services: AuthServices<User>, reason: string): CsrfFailed => {
  adviseOnToken(services, reason)
  return new CsrfFailed({ reason })
}

/** The error if `verifyCsrf` was called with something else than a parsed form. */
const notParsed = (form: unknown): CsrfFailed =>
  new CsrfFailed({
    reason: `verifyCsrf takes a parsed form (FormData, URLSearchParams or an object) and was given ${form === null ? "null" : typeof form}. Is there a body parser for this content type before the handler?`,
    isMissingVerifyCsrf: true
  })

/** Makes a token for a page or a script. */
export const getToken = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>
): Effect.Effect<string, StoreUnavailable | ChangeRefused> =>
  services.settings.csrf.useSessions
    ? change(services, scope, "getCsrfToken", (session) => {
        const { session: after, token } = SessionCsrf.getToken(
          services.settings.csrf,
          session,
          momentOf(services.clockAndRandom).fresh
        )
        return [after, token]
      })
    : Effect.sync(() => {
        const { slot, token } = CsrfCookie.getToken(scope.request.csrf, momentOf(services.clockAndRandom).fresh)
        scope.request = { ...scope.request, csrf: slot }
        return token
      })

/** Makes the response set the CSRF cookie; with CSRF_USE_SESSIONS, puts a secret into the session instead. */
export const ensureCookie = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>
): Effect.Effect<void, StoreUnavailable | ChangeRefused> => Effect.asVoid(getToken(services, scope))

const verdict = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  field: string | undefined
): Effect.Effect<Check.Verdict, StoreUnavailable> =>
  services.settings.csrf.useSessions
    ? Effect.map(openUnverified(services, scope), (session) =>
        Check.checkToken(services.csrf, scope.head, SessionCsrf.stored(session), field)
      )
    : Effect.sync(() => Check.checkToken(services.csrf, scope.head, scope.request.csrfCookie, field))

/**
 * Compares the form's token with the one in the header: a login of this request may have replaced the stored secret.
 */
const asInHeader = <User extends object>(
  services: AuthServices<User>,
  { head }: RequestScope<User>,
  field: string | undefined
): Effect.Effect<Check.Verdict> =>
  Effect.sync(() => Check.checkToken(services.csrf, head, header(head, services.csrf.headerName), field))

const passed: CsrfState = { _tag: "Passed" }

/** The state of a request that needs no check. */
export const notNeeded: CsrfState = { _tag: "NotNeeded" }

/** Whether the token may be in the body. As in Django, only for POST. */
const isSentAsForm = (head: RequestHead): boolean =>
  head.method === "POST" &&
  /^\s*(application\/x-www-form-urlencoded|multipart\/form-data)\s*(;|$)/i.test(header(head, "content-type") ?? "")
