/**
 * Says in sentences how a request finds its user. The facts are what {@link getUser} asked for and was answered, so
 * each sentence is one decision of that machine. No sentence and no value contains a session key, a hash or another
 * secret.
 */
import { deviceSteps, type ExplainedDevice, type ExplainedDeviceRule } from "../../device-bound/explained-device.ts"
import type { LoadSessionAnswer } from "../../effect.ts"
import * as Data from "../../json/session-data.ts"
import { type Ended, seenAt } from "../../session/lifetime/lifetime.ts"
import { recordIn } from "../../session/lifetime/login-record.ts"
import type { Decoded } from "../../session/value/session-settings.ts"
import * as SessionKey from "../../session-key.ts"
import * as Identity from "../state/identity.ts"
import type { AuthHashes } from "../state/request-state.ts"

/** The decision that a sentence is about. */
export type ExplainedRule =
  | "NoCookie"
  | "CookieRepeated"
  | "KeyTooShort"
  | "KeyGiven"
  | "TextGiven"
  | "NoRow"
  | "RowExpired"
  | "RowFound"
  | "BadSignature"
  | "Malformed"
  | "TooLarge"
  | "Decoded"
  | "IdleTooLong"
  | "LoginTooOld"
  | "NoUserInSession"
  | "IdentityIncomplete"
  | "BackendNotInUse"
  | "UserNamed"
  | "UserMissing"
  | "UserInactive"
  | "UserFound"
  | "HashMissing"
  | "HashWrong"
  | "HashOfOlderKey"
  | "HashCurrent"
  | ExplainedDeviceRule
  | "LoggedIn"
  | "Anonymous"

/** One decision, in a sentence. */
export interface ExplainedStep {
  /** The decision. */
  readonly rule: ExplainedRule
  /** The sentence, in English: what was found, and for a refusal what the reason may be. */
  readonly text: string
}

/** What the client presented. */
export type Presented =
  /** A `Cookie` header: the values of the session cookie in it, and the names of all cookies. */
  | {
      readonly _tag: "Cookies"
      readonly cookieName: string
      readonly values: ReadonlyArray<string>
      readonly names: ReadonlyArray<string>
    }
  /** A session key. */
  | { readonly _tag: "Key"; readonly key: string }
  /** The text of a session, as a store holds it. */
  | { readonly _tag: "Text" }

/** What `getUser` asked for, and what the answers were. Absent: it did not ask. */
export interface ExplainedFacts {
  readonly presented: Presented
  readonly loaded?: LoadSessionAnswer["_tag"]
  /** When the row expires or has expired, in epoch milliseconds; `undefined` if the store cannot tell. */
  readonly expiresAt?: number | undefined
  readonly decoded?: Decoded
  /** Whether the setting `lifetime` ends the session, and why. */
  readonly ended?: Ended | undefined
  /** The names of the backends in use. */
  readonly backends: ReadonlyArray<string>
  readonly user?: "UserFound" | "UserInactive" | "UserMissing"
  /** The hashes that the session auth hash is compared with. */
  readonly authHashes?: AuthHashes
  /** What the request has shown about the device of the session. Absent: sessions are not bound to devices. */
  readonly device?: ExplainedDevice
  /** The result of `getUser`: whether a user is logged in. */
  readonly isLoggedIn: boolean
}

/** The sentences, in the order of the decisions. The last one is the result. */
export const explain = (facts: ExplainedFacts): ReadonlyArray<ExplainedStep> => [
  ...presentedSteps(facts.presented),
  ...rowSteps(facts),
  ...decodedSteps(facts),
  ...identitySteps(facts),
  ...deviceSteps(facts.device),
  facts.isLoggedIn
    ? step("LoggedIn", "So the request acts as this user.")
    : step("Anonymous", "So the visitor is anonymous.")
]

const step = (rule: ExplainedRule, text: string): ExplainedStep => ({ rule, text })

const presentedSteps = (presented: Presented): ReadonlyArray<ExplainedStep> => {
  if (presented._tag === "Text") return [step("TextGiven", "The text of a session was given, so no row is loaded.")]
  if (presented._tag === "Key") return keySteps("The session key", presented.key)
  const { cookieName, names, values } = presented
  const last = values.at(-1)
  if (last === undefined) {
    const others = names.length === 0 ? "the request has no cookies" : `the cookies are ${names.join(", ")}`
    return [
      step(
        "NoCookie",
        `There is no cookie named ${cookieName}: ${others}. The browser has not logged in here, has deleted the cookie, or does not send it because of its Path, Domain, Secure or SameSite.`
      )
    ]
  }
  const repeated =
    values.length === 1
      ? []
      : [
          step(
            "CookieRepeated",
            `The cookie ${cookieName} is sent ${values.length} times, probably with different Paths or Domains. The last one counts, as in Django.`
          )
        ]
  return [...repeated, ...keySteps(`The cookie ${cookieName}`, last)]
}

const keySteps = (what: string, key: string): ReadonlyArray<ExplainedStep> =>
  SessionKey.parse(key) === undefined
    ? [
        step(
          "KeyTooShort",
          `${what} has ${[...key].length} characters. A session key has at least ${SessionKey.minimumLength}, so it names no session.`
        )
      ]
    : [step("KeyGiven", `${what} has the form of a session key.`)]

const rowSteps = ({ expiresAt, loaded }: ExplainedFacts): ReadonlyArray<ExplainedStep> => {
  switch (loaded) {
    case undefined:
      return []
    case "SessionFound":
      return [
        step(
          "RowFound",
          `The store has the session${expiresAt === undefined ? "" : `; it expires at ${iso(expiresAt)}`}.`
        )
      ]
    case "SessionExpired":
      return [expiredStep(expiresAt)]
    case "SessionAbsent":
      return expiresAt === undefined
        ? [
            step(
              "NoRow",
              "The store has no session with this key. A logout, a password change or the setting lifetime ended it, it got a new key at a login, it was removed after it expired, or another store or database issued it."
            )
          ]
        : [expiredStep(expiresAt)]
    default:
      return loaded satisfies never
  }
}

const expiredStep = (expiresAt: number | undefined): ExplainedStep =>
  step("RowExpired", `The session has expired${expiresAt === undefined ? "" : ` at ${iso(expiresAt)}`}.`)

const decodedSteps = ({ decoded }: ExplainedFacts): ReadonlyArray<ExplainedStep> => {
  switch (decoded?._tag) {
    case undefined:
      return []
    case "Decoded":
      return [
        step(
          "Decoded",
          decoded.data.size === 0
            ? "Its signature is correct. It holds no values."
            : `Its signature is correct. It holds ${[...decoded.data.keys()].map((key) => JSON.stringify(key)).join(", ")}.`
        )
      ]
    case "BadSignature":
      return [
        step(
          "BadSignature",
          "No secret key of this application signed it, so it counts as empty. SECRET_KEY is another one than when the session was written (then add the old one to secretKeyFallbacks), or the salt of the session engine differs (sessionSalt)."
        )
      ]
    case "Malformed":
      return [
        step(
          "Malformed",
          "Its signature is correct, but it is not a JSON object, so it counts as empty. Another serializer wrote it, such as Django's old PickleSerializer."
        )
      ]
    case "TooLarge":
      return [
        step(
          "TooLarge",
          `It holds more than ${decoded.maximumBytes} bytes, so the request is answered with a 503: raise maximumSessionBytes.`
        )
      ]
    default:
      return decoded satisfies undefined
  }
}

const identitySteps = (facts: ExplainedFacts): ReadonlyArray<ExplainedStep> => {
  const { backends, decoded, ended } = facts
  if (decoded?._tag !== "Decoded") return []
  if (ended !== undefined) return [endedStep(ended, decoded.data)]
  const identity = Identity.read(decoded.data)
  if (identity === undefined) {
    const { backend, id } = Identity.readPartial(decoded.data)
    const missing = [
      ...(id === undefined ? ["_auth_user_id"] : []),
      ...(backend === undefined ? ["_auth_user_backend"] : [])
    ]
    return missing.length === 2
      ? [step("NoUserInSession", "It names no user: no login has happened in this session.")]
      : [step("IdentityIncomplete", `It names no user, because ${missing.join(" and ")} is missing or not a text.`)]
  }
  const { backend, id } = identity
  if (!backends.includes(backend))
    return [
      step(
        "BackendNotInUse",
        `It names the user ${id} of the backend ${backend}, which is not in use. In use: ${backends.join(", ")}. Sessions of a Django site have Django's name of the backend.`
      )
    ]
  return [
    step("UserNamed", `It names the user ${id} of the backend ${backend}.`),
    ...userSteps(facts, identity.authHash)
  ]
}

const endedStep = (ended: Ended, data: Data.SessionData): ExplainedStep => {
  const after = "The next request that can set cookies removes the session."
  const at = ended === "Idle" ? seenAt(data) : recordIn(data)?.at
  const when = at === undefined ? "an unknown time" : iso(at)
  return ended === "Idle"
    ? step("IdleTooLong", `It was last used at ${when}, longer ago than lifetime.idleSeconds allows. ${after}`)
    : step("LoginTooOld", `Its user logged in at ${when}, longer ago than lifetime.absoluteSeconds allows. ${after}`)
}

const userSteps = ({ authHashes, user }: ExplainedFacts, stored: string): ReadonlyArray<ExplainedStep> => {
  if (user === undefined) return []
  if (user === "UserMissing") return [step("UserMissing", "The backend has no such user: the user was deleted.")]
  if (user === "UserInactive") return [step("UserInactive", "The user is not active (is_active), so may not log in.")]
  return [
    step("UserFound", "The user exists and may log in."),
    ...(authHashes === undefined ? [] : [hashStep(stored, authHashes)])
  ]
}

const hashStep = (stored: string, authHashes: AuthHashes): ExplainedStep => {
  if (stored === "")
    return step(
      "HashMissing",
      "The session has no session auth hash (_auth_user_hash), so it does not count. The next request that can set cookies removes it."
    )
  const verdict = Identity.judge(stored, authHashes)
  switch (verdict) {
    case "Current":
      return step("HashCurrent", "The session auth hash belongs to the user's present password.")
    case "Older":
      return step(
        "HashOfOlderKey",
        "The session auth hash was made with one of secretKeyFallbacks. The next request that can set cookies renews it."
      )
    case "Wrong":
      return step(
        "HashWrong",
        "The session auth hash does not belong to the user's present password: the password was changed since the login, its hash was upgraded, or another SECRET_KEY made it. The next request that can set cookies removes the session."
      )
    default:
      return verdict satisfies never
  }
}

const iso = (at: number): string =>
  Number.isFinite(at) && Math.abs(at) <= 8.64e15 ? `${new Date(at).toISOString().slice(0, 19)}Z` : "an unknown time"

// ---- the values of a session -------------------------------------------------------------------------------------

/** Values that may not be shown: with them, a reader could act as the user. */
const secrets = ["_auth_user_hash", "_csrftoken", "_password_reset_token"]

/** The values of a session as JSON text, by key. Secrets are `undefined`. */
export const shownValues = (data: Data.SessionData): ReadonlyMap<string, string | undefined> =>
  new Map(Array.from(Data.values(data), ([key, json]) => [key, secrets.includes(key) ? undefined : json]))
