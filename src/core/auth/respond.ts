import * as Csrf from "../csrf/csrf-cookie.ts"
import * as Binding from "../device-bound/device-binding.ts"
import { deleted, offer } from "../device-bound/device-endpoints.ts"
import * as Offer from "../device-bound/device-offer.ts"
import type { Command, CommitAnswer, LoadSessionAnswer } from "../effect.ts"
import type { Respond, Responding } from "../session/commit.ts"
import * as SessionResponse from "../session/commit.ts"
import { isRenewed, type Session } from "../session/session.ts"
import type { Moment } from "../transition.ts"
import type { AuthSettings, RequestState } from "./request-state.ts"

export type { Respond, Responding, Response } from "../session/commit.ts"

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
  { session: { cookie, deviceBound } }: AuthSettings,
  step: Respond<RequestState<User>>,
  hasNewKey: boolean,
  { now }: Moment
): Respond<RequestState<User>> => {
  const device = step.session.device
  if (deviceBound === undefined || device === undefined) return step
  if (step._tag === "Paused" || step.value._tag !== "Responded") return step
  const { data, offered, verdict } = step.session
  const sends = (tag: "SetCookie" | "DeleteCookie"): boolean =>
    step.effects.some((effect) => effect._tag === tag && effect.name === cookie.name)
  const isUseless = verdict === "Unproven" || sends("DeleteCookie")
  const deletes: ReadonlyArray<Command<never>> =
    device.shortCookie !== undefined && isUseless ? [deleted(deviceBound)] : []
  const binding = Binding.read(data)
  const answered = { madeByLogin: offered, setsCookie: sends("SetCookie"), hasNewKey }
  const offers: ReadonlyArray<Command<never>> =
    typeof binding === "object" && Offer.isDue(deviceBound, binding, device, answered, now)
      ? [{ _tag: "OfferRegistration", value: offer(deviceBound, device.basePath, binding.id, now) }]
      : []
  return { ...step, effects: [...step.effects, ...deletes, ...offers] }
}
