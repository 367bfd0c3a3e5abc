/** The headers of a response: what the effects of its request add to it. */
import type { RequestState } from "../../../core/auth/state/request-state.ts"
import type { Command } from "../../../core/effect.ts"
import { serialize } from "../../../core/http/cookies/set-cookie.ts"
import { isSecure } from "../../../core/http/request/scheme.ts"
import type { Respond as Step } from "../../../core/session/writing/commit.ts"
import type { RequestScope, ResponseHeaders } from "../scope/request-scope.ts"
import type { AuthServices } from "../scope/services.ts"

/** Adopts the last step of the response in the scope, and makes its headers. */
export const adoptHeaders = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  step: Step<RequestState<User>> & { readonly _tag: "Done" }
): ResponseHeaders => {
  scope.adopt(step)
  const effects = scope.deviceCookie === undefined ? step.effects : [...step.effects, scope.deviceCookie]
  const headers = effects.length === 0 ? nothing : headersOf(services.cacheControl, effects)
  return services.clearSiteData !== undefined && endsLogin(services, scope, step.effects)
    ? { ...headers, clearSiteData: services.clearSiteData }
    : headers
}

/** Whether the response ends a login, over https: browsers ignore `Clear-Site-Data` over http. */
const endsLogin = <User extends object>(
  { http, settings }: AuthServices<User>,
  { announced, head }: RequestScope<User>,
  effects: ReadonlyArray<Command>
): boolean =>
  announced.some(({ signal }) => signal === "user_logged_out") &&
  !effects.some((effect) => effect._tag === "SetCookie" && effect.name === settings.session.cookie.name) &&
  isSecure(http, head)

/** The result if latchkey adds no headers. */
export const nothing: ResponseHeaders = { cookies: [], varyOnCookie: false }

/** The headers for these effects. */
export const headersOf = (
  policy: AuthServices<object>["cacheControl"],
  effects: ReadonlyArray<Command>
): ResponseHeaders => {
  const cookies: Array<string> = []
  let varyOnCookie = false
  let registration: string | undefined
  for (const effect of effects) {
    if (effect._tag === "SetCookie" || effect._tag === "DeleteCookie") cookies.push(serialize(effect))
    if (effect._tag === "VaryOn") varyOnCookie = true
    if (effect._tag === "OfferRegistration") registration ??= effect.value
  }
  // A session that was read adds `Vary`. So `no-store` is set on every response that may show data of the session.
  const isPersonal = cookies.length > 0 || (policy === "no-store" && varyOnCookie)
  return {
    cookies,
    varyOnCookie,
    ...(registration === undefined ? {} : { registration }),
    ...(policy === false || !isPersonal ? {} : { cacheControl: policy })
  }
}
