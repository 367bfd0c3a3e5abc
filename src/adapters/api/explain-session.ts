/** Replays how a request finds its user, with the real stores, and writes nothing. */
import * as Effect from "effect/Effect"
import * as GetUser from "../../core/auth/request/get-user.ts"
import * as Explain from "../../core/auth/sessions/explained-steps.ts"
import * as RequestState from "../../core/auth/state/request-state.ts"
import * as Binding from "../../core/device-bound/device-binding.ts"
import * as Verdict from "../../core/device-bound/device-verdict.ts"
import type { ExplainedDevice } from "../../core/device-bound/explained-device.ts"
import type { LoadSessionAnswer, LoadUserAnswer } from "../../core/effect.ts"
import { parseCookies } from "../../core/http/cookies/cookie.ts"
import type { SessionData } from "../../core/json/session-data.ts"
import * as Lifetime from "../../core/session/lifetime/lifetime.ts"
import * as Session from "../../core/session/value/session.ts"
import * as SessionKey from "../../core/session-key.ts"
import { momentOf } from "../clock-and-random/clock-and-random.ts"
import { type BackendFailure, toolsOf } from "../ports/backend.ts"
import type { AuthServices } from "../request/scope/services.ts"

/** What to explain. */
export type ExplainedInput =
  | {
      /** A `Cookie` header. */
      readonly cookies: string
    }
  | {
      /** A session key: the value of the session cookie. */
      readonly sessionKey: string
    }
  | {
      /** The text of a session, as the session store holds it. No row is loaded. */
      readonly sessionText: string
    }

/** How a request finds its user. */
export interface SessionExplanation<User> {
  /** The user that the request acts as; `undefined` for an anonymous visitor. */
  readonly user: User | undefined
  /** Each decision in a sentence. The last one is the result. Contains no session key and no hash. */
  readonly steps: ReadonlyArray<Explain.ExplainedStep>
  /** The session; `undefined` if there is none, or if it cannot be read. */
  readonly session:
    | {
        /** When it expires, in epoch milliseconds; `undefined` if the store cannot tell, or if a text was given. */
        readonly expiresAt: number | undefined
        /** The values as JSON text, by key. Secrets, such as the session auth hash, are `undefined`. */
        readonly values: ReadonlyMap<string, string | undefined>
        /**
         * Its binding to a device: offered only while `device` is `undefined`. `undefined`: none. `Malformed`: no
         * version of latchkey has written it, so no proof fits.
         */
        readonly binding: Binding.DeviceBinding | "Malformed" | undefined
      }
    | undefined
}

/** A key for a session whose text was given. No store is asked for it. */
const keyOfText = SessionKey.parse("the-text-was-given")

const unquote = (header: string, name: string): string | undefined => parseCookies(header).get(name)

const presentedOf = (input: ExplainedInput, cookieName: string): Explain.Presented => {
  if ("sessionText" in input) return { _tag: "Text" }
  if ("sessionKey" in input) return { _tag: "Key", key: input.sessionKey }
  const pieces = input.cookies.split(";")
  const values = pieces.flatMap((piece) => unquote(piece, cookieName) ?? [])
  return { _tag: "Cookies", cookieName, values, names: [...parseCookies(input.cookies).keys()] }
}

const keyOf = (presented: Explain.Presented): SessionKey.SessionKey | undefined => {
  switch (presented._tag) {
    case "Text":
      return keyOfText
    case "Key":
      return SessionKey.parse(presented.key)
    case "Cookies":
      return SessionKey.parse(presented.values.at(-1))
    default:
      return presented satisfies never
  }
}

/** What a request with these cookies shows about the device of the session. */
const deviceOf = (
  { session: { deviceBound } }: RequestState.AuthSettings,
  data: SessionData,
  input: ExplainedInput,
  now: number
): ExplainedDevice | undefined => {
  if (deviceBound === undefined) return undefined
  const cookieName = deviceBound.cookie.name
  const shortCookie = "cookies" in input ? unquote(input.cookies, cookieName) : undefined
  const verdict = Verdict.judge(deviceBound, data, { arrivedAt: now, shortCookie })
  if ("cookies" in input) return { verdict, isClosed: Verdict.closes(deviceBound, verdict, true), cookieName }
  return verdict === "Unproven" ? { verdict: "Asked", isClosed: false, cookieName } : undefined
}

export const explainSession = Effect.fnUntraced(function* <User extends object>(
  services: AuthServices<User>,
  input: ExplainedInput
): Effect.fn.Return<SessionExplanation<User>, BackendFailure> {
  const { backends, clockAndRandom, settings, store } = services
  const presented = presentedOf(input, settings.session.cookie.name)
  const key = keyOf(presented)
  const moment = momentOf(clockAndRandom)
  let request = RequestState.opened<User>(settings, { session: key, csrf: undefined }, moment.fresh)
  let session = Session.fromCookie(key)
  let facts: Omit<Explain.ExplainedFacts, "isLoggedIn"> = { presented, backends: settings.backends }

  /** A request would delete such a session before anything else. */
  const isEnded = key !== undefined && services.failedLogouts.has(key)
  /** The user that came with the session is left out, so that the machine asks for the user. */
  const load = (asked: SessionKey.SessionKey): Effect.Effect<LoadSessionAnswer<User>, BackendFailure> => {
    if ("sessionText" in input)
      return Effect.succeed({ _tag: "SessionFound", text: input.sessionText, prefetched: undefined })
    return isEnded
      ? Effect.succeed({ _tag: "SessionAbsent" })
      : Effect.map(store.load(asked, moment.now), (answer) =>
          answer._tag === "SessionFound" ? { _tag: answer._tag, text: answer.text, prefetched: undefined } : answer
        )
  }

  let step = GetUser.getUser(settings, request, session, moment)
  while (step._tag === "Paused") {
    const { query, state } = step
    request = step.request
    session = step.session
    let answer: LoadSessionAnswer<User> | LoadUserAnswer<User>
    if (query._tag === "LoadSession") {
      const found = yield* load(query.key)
      answer = found
      const expiresAt =
        "sessionText" in input || isEnded || store.expiryOf === undefined ? undefined : yield* store.expiryOf(query.key)
      facts = { ...facts, loaded: found._tag, expiresAt }
      if (found._tag === "SessionFound") {
        const decoded = settings.session.codec.decode(found.text)
        const { lifetime } = settings.session
        const ended = decoded._tag === "Decoded" ? Lifetime.ended(lifetime, decoded.data, moment.now) : undefined
        facts = { ...facts, decoded, ended }
      }
      // The machine throws for a session over the limit: a request would be answered with a 503.
      if (facts.decoded?._tag === "TooLarge") break
    } else {
      const backend = backends.get(query.backend)
      const known = yield* backend?.getUser(query.id, toolsOf(services, query.backend)) ?? Effect.succeed(undefined)
      answer = known === undefined ? { _tag: "UserAbsent" } : { _tag: "UserFound", known }
      if (known === undefined) {
        const row = yield* backend?.users?.store.findById(query.id) ?? Effect.succeed(undefined)
        facts = { ...facts, user: row === undefined ? "UserMissing" : "UserInactive" }
      } else facts = { ...facts, user: "UserFound", authHashes: settings.authHashes(known.password) }
    }
    step = GetUser.resume(settings, request, session, state, answer, moment)
  }
  const { decoded } = facts
  const found = step._tag === "Done" ? step.value : undefined
  const device =
    found === undefined || decoded?._tag !== "Decoded" ? undefined : deviceOf(settings, decoded.data, input, moment.now)
  const user = device?.isClosed === true ? undefined : found
  return {
    user,
    steps: Explain.explain({
      ...facts,
      ...(device === undefined ? {} : { device }),
      isLoggedIn: user !== undefined
    }),
    session:
      decoded?._tag === "Decoded"
        ? { expiresAt: facts.expiresAt, values: Explain.shownValues(decoded.data), binding: Binding.read(decoded.data) }
        : undefined
  }
})
