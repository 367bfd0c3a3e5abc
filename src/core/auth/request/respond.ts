import * as Csrf from "../../csrf/csrf-cookie.ts"
import * as Binding from "../../device-bound/device-binding.ts"
import { deleted, offer } from "../../device-bound/device-endpoints.ts"
import * as Offer from "../../device-bound/device-offer.ts"
import type { Command, CommitAnswer, LoadSessionAnswer } from "../../effect.ts"
import { isRenewed, type Session } from "../../session/value/session.ts"
import type { Respond, Responding } from "../../session/writing/commit.ts"
import * as SessionResponse from "../../session/writing/commit.ts"
import type { Moment } from "../../transition.ts"
import type { AuthSettings, RequestState } from "../state/request-state.ts"

export type { Respond, Responding, Response } from "../../session/writing/commit.ts"

/**
 * Ends a request: writes the CSRF cookie if the secret was used or replaced, then saves the session and writes its
 * cookie. A response that is replaced by an error gets neither cookie. If sessions are bound to devices, the response
 * may offer a registration (`device-offer.ts`), and a short cookie that proves nothing is deleted.
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
  withDevice(
    settings,
    withCsrf(settings, SessionResponse.respond(settings.session, request, session, status, moment), moment),
    isRenewed(session),
    moment
  )

/** Continues with the store's answer. */
export const resume = <User>(
  settings: AuthSettings,
  request: RequestState<User>,
  session: Session,
  state: Responding,
  answer: LoadSessionAnswer | CommitAnswer,
  moment: Moment
): Respond<RequestState<User>> =>
  withDevice(
    settings,
    withCsrf(settings, SessionResponse.resume(settings.session, request, session, state, answer, moment), moment),
    isRenewed(session),
    moment
  )

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

const withDevice = <User>(
  settings: AuthSettings,
  step: Respond<RequestState<User>>,
  hasNewKey: boolean,
  { now }: Moment
): Respond<RequestState<User>> => {
  if (step._tag === "Paused" || step.value._tag !== "Responded") return step
  const sends = (tag: "SetCookie" | "DeleteCookie"): boolean =>
    step.effects.some((effect) => effect._tag === tag && effect.name === settings.session.cookie.name)
  const sent = { setsCookie: sends("SetCookie"), deletesCookie: sends("DeleteCookie"), hasNewKey }
  const own = deviceCommands(settings, step.session, sent, now)
  return own.length === 0 ? step : { ...step, effects: [...step.effects, ...own] }
}

/** What an answer does with the session cookie. */
export interface SentSession {
  /** Whether it sets the session cookie. */
  readonly setsCookie: boolean
  /** Whether it deletes the session cookie. */
  readonly deletesCookie: boolean
  /** Whether it gives the session a new key. */
  readonly hasNewKey: boolean
}

/**
 * What an answer sends because sessions are bound to devices: an offer, and the deletion of a short cookie.
 *
 * @param now epoch milliseconds
 */
export const deviceCommands = (
  { session: { deviceBound } }: Pick<AuthSettings, "session">,
  { data, device, offered, verdict }: Session,
  { deletesCookie, hasNewKey, setsCookie }: SentSession,
  now: number
): ReadonlyArray<Command<never>> => {
  if (deviceBound === undefined || device === undefined) return []
  const isUseless = verdict === "Unproven" || deletesCookie
  const deletes: ReadonlyArray<Command<never>> =
    device.shortCookie !== undefined && isUseless ? [deleted(deviceBound)] : []
  const binding = Binding.read(data)
  const answered = { madeByLogin: offered, setsCookie, hasNewKey }
  if (typeof binding !== "object" || !Offer.isDue(deviceBound, binding, device, answered, now)) return deletes
  return [...deletes, { _tag: "OfferRegistration", value: offer(deviceBound, device.basePath, binding.id, now) }]
}
