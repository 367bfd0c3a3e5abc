import * as Csrf from "../csrf/csrf-cookie.ts"
import type { CommitAnswer, LoadSessionAnswer } from "../effect.ts"
import type { Respond, Responding } from "../session/commit.ts"
import * as SessionResponse from "../session/commit.ts"
import type { Session } from "../session/session.ts"
import type { Moment } from "../transition.ts"
import type { AuthSettings, RequestState } from "./request-state.ts"

export type { Respond, Responding, Response } from "../session/commit.ts"

/**
 * Ends a request: writes the CSRF cookie if the secret was used or replaced, then saves the session and writes its
 * cookie. A response that is replaced by an error gets neither cookie.
 *
 * @param status of the handler's response
 */
export const respond = <User>(
  settings: AuthSettings,
  request: RequestState<User>,
  session: Session,
  status: number,
  moment: Moment
): Respond<RequestState<User>> =>
  withCsrf(settings, SessionResponse.respond(settings.session, request, session, status, moment), moment)

/** Continues with the store's answer. */
export const resume = <User>(
  settings: AuthSettings,
  request: RequestState<User>,
  session: Session,
  state: Responding,
  answer: LoadSessionAnswer | CommitAnswer,
  moment: Moment
): Respond<RequestState<User>> =>
  withCsrf(settings, SessionResponse.resume(settings.session, request, session, state, answer, moment), moment)

const withCsrf = <User>(
  settings: AuthSettings,
  step: Respond<RequestState<User>>,
  moment: Moment
): Respond<RequestState<User>> => {
  if (step._tag === "Paused" || step.value._tag !== "Responded" || !step.request.csrf.dirty) return step
  const { csrf, csrfCookie } = step.request
  return {
    ...step,
    request: { ...step.request, csrf: { ...csrf, dirty: false } },
    effects: [...Csrf.respond(settings.csrf, csrf, csrfCookie, moment), ...step.effects]
  }
}
