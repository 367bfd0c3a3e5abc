/** The binding of a session to a device, as the session data keeps it. */
import * as JsonText from "../json/json-text.ts"
import type { JsonText as Text } from "../json/json-value.ts"
import type { SessionData } from "../json/session-data.ts"
import * as Data from "../json/session-data.ts"

/** The only key of this feature in the session data. Django carries it through. */
export const dataKey = "_latchkey_device"

/** The algorithms that a device may sign with. */
export type DeviceAlgorithm = "ES256" | "RS256"

/** A public key, with the members of its type only. */
export type DeviceJwk =
  /** A key on the curve P-256, for ES256. */
  | { readonly kty: "EC"; readonly crv: "P-256"; readonly x: string; readonly y: string }
  /** An RSA key, for RS256. */
  | { readonly kty: "RSA"; readonly n: string; readonly e: string }

/** The binding of one session. Instants are epoch milliseconds. */
export interface DeviceBinding {
  /** A public random name, new at every login: 22 characters of base64url. */
  readonly id: string
  /** When the login offered a registration, or would have if its answer could carry an offer. */
  readonly offered: number
  /** The answer to the login could carry only cookies, so a page that follows offers the registration, at any time. */
  readonly waits?: true
  /** The key of the device; `undefined` until a device has registered. */
  readonly device: RegisteredDevice | undefined
}

/** A device that has registered for a session. */
export interface RegisteredDevice {
  /** Its public key. */
  readonly jwk: DeviceJwk
  /** The algorithm that it signs with. */
  readonly alg: DeviceAlgorithm
  /** When it registered, in epoch milliseconds. */
  readonly since: number
}

/** Whether a text has the form of a binding's id. */
export const isId = (text: string): boolean => /^[\w-]{22}$/.test(text)

/**
 * The binding in the session data. `undefined`: there is none. `Malformed`: there is something else, which no version
 * of latchkey has written; it counts as a binding that no proof fits.
 */
export const read = (data: SessionData): DeviceBinding | "Malformed" | undefined => {
  const text = Data.get(data, dataKey)
  if (text === undefined) return undefined
  const value = membersOf(JsonText.read(text))
  const { alg, id, jwk, offered, since, v, waits } = value
  if (v !== 1 || typeof id !== "string" || !isId(id) || typeof offered !== "number") return "Malformed"
  if (jwk === undefined) return { id, offered, ...(waits === true ? { waits } : {}), device: undefined }
  const key = (alg === "ES256" || alg === "RS256") && keyOf(alg, jwk)
  return key && typeof since === "number" ? { id, offered, device: { jwk: key, alg, since } } : "Malformed"
}

/** The JSON text of a binding, for the session data. */
export const write = ({ device, id, offered, waits }: DeviceBinding): Text =>
  JsonText.write({
    v: 1,
    id,
    offered,
    ...(device === undefined ? waits === true && { waits } : { jwk: device.jwk, alg: device.alg, since: device.since })
  })

/** The members of a public key that belong to its algorithm; `undefined` if one is missing. */
export const keyOf = (alg: DeviceAlgorithm, jwk: unknown): DeviceJwk | undefined => {
  const { crv, e, kty, n, x, y } = membersOf(jwk)
  if (alg === "ES256")
    return kty === "EC" && crv === "P-256" && isCoordinate(x) && isCoordinate(y) ? { kty, crv, x, y } : undefined
  return kty === "RSA" && isNumber(n) && isNumber(e) ? { kty, n, e } : undefined
}

/** 32 bytes as base64url. */
const isCoordinate = (value: unknown): value is string => typeof value === "string" && /^[\w-]{43}$/.test(value)
/** At most 4096 bits as base64url. */
const isNumber = (value: unknown): value is string => typeof value === "string" && /^[\w-]{1,683}$/.test(value)

/** The members of an object, by name; none for any other value. @param value a value that was read from JSON */
export const membersOf = (value: unknown): Readonly<Record<string, unknown>> => (isObject(value) ? value : {})

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
