/** The endpoints of device-bound sessions, and what a request shows about its device. */
import * as Effect from "effect/Effect"
import { deviceCommands } from "../../../core/auth/request/respond.ts"
import * as Identity from "../../../core/auth/state/identity.ts"
import * as Binding from "../../../core/device-bound/device-binding.ts"
import * as Endpoints from "../../../core/device-bound/device-endpoints.ts"
import type { DeviceBoundSettings } from "../../../core/device-bound/device-settings.ts"
import { type DevicePresence, isExempt } from "../../../core/device-bound/device-verdict.ts"
import type { HostSettings } from "../../../core/http/request/host.ts"
import { header, type RequestHead } from "../../../core/http/request/request-head.ts"
import * as Scheme from "../../../core/http/request/scheme.ts"
import type { LoadedSession } from "../../../core/session/value/session.ts"
import * as Session from "../../../core/session/value/session.ts"
import { DeviceResponse, type StoreUnavailable } from "../../errors/errors.ts"
import type { BackendFailure } from "../../ports/backend.ts"
import { getUnverifiedUser, openUnverified } from "../login/operations.ts"
import type { RequestScope, RespondFailure, ResponseHeaders } from "../scope/request-scope.ts"
import type { AuthServices } from "../scope/services.ts"
import { discardChanges, healing, storeQuietly } from "./finish-response.ts"
import { headersOf } from "./response-headers.ts"

/**
 * What a request shows about its device.
 *
 * @param shortCookie the value of the short cookie
 */
export const presenceOf = (
  { exempt }: DeviceBoundSettings,
  http: HostSettings,
  head: RequestHead,
  shortCookie: string | undefined,
  arrivedAt: number
): DevicePresence => ({
  shortCookie,
  arrivedAt,
  isSecure: Scheme.isSecure(http, head),
  isJudged: !isExempt(exempt, head.target),
  answer: head.carriesOnlyCookies === true ? "CookiesOnly" : isNavigation(head) ? "Page" : "Other",
  basePath: head.basePath ?? ""
})

/** Whether the browser shows the answer as its page. */
const isNavigation = (head: RequestHead): boolean => navigates(head) && header(head, "sec-fetch-dest") === "document"

const navigates = (head: RequestHead): boolean => head.method === "GET" && header(head, "sec-fetch-mode") === "navigate"

/** The endpoint that a request is for. */
const endpointOf = (head: RequestHead): "register" | "refresh" | undefined => {
  const sent = head.target.replace(/[?#].*$/s, "")
  const path = head.ignoresTrailingSlash === true ? sent.replace(/\/$/, "") : sent
  if (path === Endpoints.registerPath) return "register"
  return path === Endpoints.refreshPath ? "refresh" : undefined
}

/**
 * Answers a request for one of the endpoints: always fails, with the answer. `undefined` for all other requests. These
 * requests need no CSRF token and no login: their proof is the signature, and no script can send their headers.
 */
export const answerEndpoint = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>
): Effect.Effect<never, DeviceResponse> | undefined => {
  const { deviceBound } = services.settings.session
  const endpoint = deviceBound === undefined ? undefined : endpointOf(scope.head)
  if (deviceBound === undefined || endpoint === undefined) return undefined
  return Effect.flatMap(
    Effect.catch(answerOf(services, scope, deviceBound, endpoint), (cause) =>
      Effect.succeed({ ...Endpoints.unavailable, cause })
    ),
    (answer) => {
      discardChanges(services, scope)
      return Effect.fail(new DeviceResponse(answer))
    }
  )
}

const answerOf = Effect.fnUntraced(function* <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  settings: DeviceBoundSettings,
  endpoint: "register" | "refresh"
): Effect.fn.Return<Endpoints.DeviceAnswer, RespondFailure | BackendFailure> {
  const { head } = scope
  if (head.method !== "POST") return Endpoints.wrongMethod
  // Only here: a request for this path that no endpoint answers, such as a WebSocket upgrade, is judged as any other.
  scope.session = Session.unjudged(scope.session)
  const asked = header(head, "sec-secure-session-id")
  const response = header(head, "secure-session-response")
  const basePath = head.basePath ?? ""
  const now = services.clockAndRandom.now()
  if (response === undefined)
    return endpoint === "register"
      ? Endpoints.withoutProof
      : Endpoints.probe(settings, scope.session.storedKey !== undefined, asked, now)
  if (scope.session.storedKey === undefined) return endpoint === "register" ? Endpoints.withoutProof : Endpoints.unknown
  const opened = yield* openUnverified(services, scope)
  const session = yield* sessionOf(services, scope, endpoint, opened)
  const step =
    endpoint === "register"
      ? Endpoints.register(settings, basePath, session, response, now)
      : Endpoints.prove(settings, basePath, session, asked, response, now)
  if (step._tag === "Answer") return step.answer
  const answer = (yield* Effect.promise(() => services.verifyProof(step))) ? step.ifGood : step.ifWrong
  if (answer.stores !== undefined) {
    // The session as it was loaded: finding the user may have renewed it, and this answer could not send the new key.
    scope.session = Session.bind(opened, answer.stores.id, Binding.write(answer.stores))
    yield* storeQuietly(services, scope)
  }
  return answer
})

const sessionOf = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  endpoint: "register" | "refresh",
  opened: LoadedSession
): Effect.Effect<Endpoints.DeviceSession, BackendFailure> => {
  if (opened.base._tag !== "Read") return Effect.succeed({ _tag: "Gone" })
  if (!Identity.hasUserId(opened.data)) return Effect.succeed({ _tag: "Anonymous" })
  const binding = Binding.read(opened.data)
  const ofUser: Endpoints.DeviceSession = { _tag: "OfUser", binding: binding === "Malformed" ? undefined : binding }
  return endpoint === "refresh"
    ? Effect.succeed(ofUser)
    : Effect.map(getUnverifiedUser(services, scope), (user) => (user === undefined ? { _tag: "Anonymous" } : ofUser))
}

/**
 * What stands before a page that cannot set headers itself: an answer in its place, or headers that are added to it.
 */
export interface BeforePage {
  /** Replaces the page; `undefined`: the page is shown. */
  readonly answer?: DeviceResponse
  /** Added to the answer with the page. */
  readonly headers: Pick<ResponseHeaders, "cookies" | "registration">
}

const nothingBefore: BeforePage = { headers: { cookies: [] } }

/**
 * Judges the navigation to a page that cannot set headers itself. Loads the session only for a navigation with a
 * session cookie, and writes nothing.
 */
export const beforePage = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>
): Effect.Effect<BeforePage, StoreUnavailable> => {
  if (services.settings.session.deviceBound === undefined) return Effect.succeed(nothingBefore)
  if (!navigates(scope.head) || scope.session.storedKey === undefined) return Effect.succeed(nothingBefore)
  return Effect.map(openUnverified(services, scope), (session): BeforePage => {
    const answer = healing(services, scope)
    if (answer !== undefined) return { answer, ...nothingBefore }
    const sent = { setsCookie: false, deletesCookie: false, hasNewKey: false }
    const commands = deviceCommands(services.settings, session, sent, services.clockAndRandom.now())
    return { headers: headersOf(false, commands) }
  })
}
