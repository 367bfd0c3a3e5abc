/**
 * The two endpoints that a browser calls by itself: it registers its key after a login, and renews the short cookie. A
 * renewal is a probe without a proof, then a proof.
 *
 * | the session              | registration | probe | good proof | old challenge | wrong proof |
 * | ------------------------ | ------------ | ----- | ---------- | ------------- | ----------- |
 * | no session cookie        | 400          | 404   | 404        | 404           | 404         |
 * | a cookie, store away     | 503          | 403   | 503        | 503           | 503         |
 * | a cookie, no session     | 503          | 403   | 503        | 503           | 503         |
 * | without a user           | 400          | 403   | 404        | 404           | 404         |
 * | without a binding        | 400          | 403   | 404        | 404           | 404         |
 * | offered, in time         | 200          | 403   | 404        | 404           | 404         |
 * | offered, too long ago    | 400          | 403   | 404        | 404           | 404         |
 * | with a device            | 400          | 403   | 200        | 403           | 401         |
 * | with a device, not valid | 400          | 403   | 200        | 403           | 401         |
 * | with another binding     | 400          | 403   | 404        | 404           | 404         |
 * | no id in the request     | 400          | 404   | 404        | 404           | 404         |
 *
 * The registration has a good proof, and is refused with 400 for any other. 403 always has a challenge. "Not valid":
 * the hash of the password in the session is not the user's, or the user is inactive or gone. A request beside this one
 * may be changing the password, so the browser gets its short cookie; if it was changed elsewhere, the page that
 * follows ends the session. A cookie without a session is a 503, because the session may have got a new key.
 *
 * A registration is in time for `graceSeconds` after the login. If the answer to the login could not offer one, it is
 * in time later too. A probe does not load the session. A browser ends the bound session at a 4xx except 403, so an
 * outage is always a 503. Only a registration changes the session. No answer sets or deletes the session cookie.
 */
import type { DeleteCookie } from "../effect.ts"
import { serialize } from "../http/cookies/set-cookie.ts"
import type { DeviceAlgorithm, DeviceBinding, DeviceJwk } from "./device-binding.ts"
import * as Binding from "./device-binding.ts"
import * as Challenge from "./device-challenge.ts"
import * as Proof from "./device-proof.ts"
import type { DeviceBoundSettings } from "./device-settings.ts"
import * as ShortCookie from "./short-cookie.ts"

/** The paths of the endpoints. */
export const registerPath = "/dbsc/register"
/** See {@link registerPath}. */
export const refreshPath = "/dbsc/refresh"

/** An answer of an endpoint. */
export interface DeviceAnswer {
  /** The HTTP status. */
  readonly status: number
  /** The headers by name, in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** JSON, or empty. */
  readonly body: string
  /** The binding to store before the answer is sent; `undefined`: nothing is stored. */
  readonly stores?: DeviceBinding
}

/** What an endpoint does next. */
export type DeviceStep =
  /** It answers. */
  | { readonly _tag: "Answer"; readonly answer: DeviceAnswer }
  /** The signature of the proof decides between two answers. */
  | {
      readonly _tag: "VerifyProof"
      readonly jws: string
      readonly alg: DeviceAlgorithm
      readonly jwk: DeviceJwk
      readonly ifGood: DeviceAnswer
      readonly ifWrong: DeviceAnswer
    }

/** What the endpoints know about the session that the session cookie names. */
export type DeviceSession =
  /** The request has a session cookie, and the store has no such session. */
  | { readonly _tag: "Gone" }
  /** The session names no user, or, for a registration, it is not valid for its user. */
  | { readonly _tag: "Anonymous" }
  /** The session names a user. For a registration it is valid for this user. */
  | { readonly _tag: "OfUser"; readonly binding: DeviceBinding | undefined }

/**
 * The value of `Secure-Session-Registration`, for the answer to a login.
 *
 * @param now epoch milliseconds
 */
export const offer = (settings: DeviceBoundSettings, basePath: string, id: string, now: number): string =>
  `(ES256 RS256);path="${basePath}${registerPath}";challenge="${Challenge.make(settings, "register", id, now)}"`

/** Answers a registration. @param response the header `Secure-Session-Response` */
export const register = (
  settings: DeviceBoundSettings,
  basePath: string,
  session: DeviceSession,
  response: string,
  now: number
): DeviceStep => {
  if (session._tag === "Gone") return answering(unavailable)
  if (session._tag !== "OfUser" || session.binding === undefined || session.binding.device !== undefined)
    return answering(refused(400))
  const { binding } = session
  const proof = Proof.read(response)
  if (proof === undefined || proof.jwk === undefined || proof.jwk === "Unfit") return answering(refused(400))
  const isInTime = binding.waits === true || now - binding.offered <= settings.graceSeconds * 1000
  if (!isInTime || !Challenge.isValid(settings, "register", binding.id, proof.challenge, now))
    return answering(refused(400))
  const { id, offered } = binding
  const bound = { id, offered, device: { jwk: proof.jwk, alg: proof.alg, since: now } }
  return {
    _tag: "VerifyProof",
    jws: proof.jws,
    alg: proof.alg,
    jwk: proof.jwk,
    ifGood: { ...renewed(settings, basePath, binding.id, now), stores: bound },
    ifWrong: refused(400)
  }
}

/** Answers a probe, for any id. @param asked the header `Sec-Secure-Session-Id` */
export const probe = (
  settings: DeviceBoundSettings,
  hasSessionCookie: boolean,
  asked: string | undefined,
  now: number
): DeviceAnswer => {
  const id = idOf(asked)
  return id === undefined || !hasSessionCookie ? refused(404) : challenging(settings, id, now)
}

/** Answers a proof. @param asked the header `Sec-Secure-Session-Id` */
export const prove = (
  settings: DeviceBoundSettings,
  basePath: string,
  session: DeviceSession,
  asked: string | undefined,
  response: string,
  now: number
): DeviceStep => {
  const id = idOf(asked)
  if (id === undefined) return answering(refused(404))
  if (session._tag === "Gone") return answering(unavailable)
  const device = session._tag === "OfUser" && session.binding?.id === id ? session.binding.device : undefined
  if (device === undefined) return answering(refused(404))
  const proof = Proof.read(response)
  if (proof === undefined || proof.alg !== device.alg || proof.jwk !== undefined) return answering(refused(401))
  const isFresh = Challenge.isValid(settings, "refresh", id, proof.challenge, now)
  return {
    _tag: "VerifyProof",
    jws: proof.jws,
    alg: device.alg,
    jwk: device.jwk,
    ifGood: isFresh ? renewed(settings, basePath, id, now) : challenging(settings, id, now),
    ifWrong: refused(401)
  }
}

/** The answer while the store is out of reach: the browser keeps the bound session and tries again later. */
export const unavailable: DeviceAnswer = { ...emptyAnswer(503), headers: { ...own(), "retry-after": "1" } }

/** The answer to a registration without a proof or without a session cookie. */
export const withoutProof: DeviceAnswer = emptyAnswer(400)

/** The answer to a proof without a session cookie: the browser ends the bound session. */
export const unknown: DeviceAnswer = emptyAnswer(404)

/**
 * The page for a navigation whose short cookie is missing: the browser requests the page again, and renews first. It
 * has a body, because Chromium shows a page of its own for an error without one, which does not come again.
 */
export const comesAgain = (settings: DeviceBoundSettings, shortCookie: string | undefined): DeviceAnswer => ({
  status: 401,
  headers: {
    "cache-control": "no-store",
    "content-type": "text/html; charset=utf-8",
    refresh: "0",
    ...(shortCookie === undefined ? {} : { "set-cookie": serialize(deleted(settings)) })
  },
  body: "<!doctype html><title>One moment</title>"
})

/** Deletes the short cookie. */
export const deleted = ({ cookie }: DeviceBoundSettings): DeleteCookie => {
  const { httpOnly: _, secure: __, ...scope } = cookie
  return { _tag: "DeleteCookie", ...scope }
}

/** The answer to another method than POST. */
export const wrongMethod: DeviceAnswer = { ...emptyAnswer(405), headers: { ...own(), allow: "POST" } }

const idOf = (asked: string | undefined): string | undefined => {
  const id = asked === undefined ? "" : Proof.bare(asked)
  return Binding.isId(id) ? id : undefined
}

const answering = (answer: DeviceAnswer): DeviceStep => ({ _tag: "Answer", answer })

/** Neither cached nor readable for pages of other sites. */
function own() {
  return { "cache-control": "no-store", "cross-origin-resource-policy": "same-origin" }
}

function emptyAnswer(status: number): DeviceAnswer {
  return { status, headers: own(), body: "" }
}

const refused = (status: 400 | 401 | 404): DeviceAnswer => emptyAnswer(status)

const challenging = (settings: DeviceBoundSettings, id: string, now: number): DeviceAnswer => ({
  ...emptyAnswer(403),
  headers: {
    ...own(),
    "secure-session-challenge": `"${Challenge.make(settings, "refresh", id, now)}";id="${id}"`
  }
})

const renewed = (settings: DeviceBoundSettings, basePath: string, id: string, now: number): DeviceAnswer => ({
  status: 200,
  headers: {
    ...own(),
    "content-type": "application/json",
    "set-cookie": serialize(ShortCookie.mint(settings, id, now))
  },
  body: JSON.stringify(instructions(settings, basePath, id))
})

/** The attributes in the instructions must be those of the cookie, or the browser waits for another cookie. */
const instructions = ({ cookie, exempt }: DeviceBoundSettings, basePath: string, id: string) => ({
  session_identifier: id,
  refresh_url: `${basePath}${refreshPath}`,
  scope: {
    include_site: false,
    scope_specification: exempt.map((path) => ({ type: "exclude", path: basePath + path }))
  },
  credentials: [
    {
      type: "cookie",
      name: cookie.name,
      attributes: `Path=/; Secure; HttpOnly${cookie.sameSite === false ? "" : `; SameSite=${cookie.sameSite}`}`
    }
  ]
})
