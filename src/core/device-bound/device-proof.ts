/** The proof of a device: a JSON Web Token in the header `Secure-Session-Response`. Read here, verified elsewhere. */
import { type DeviceAlgorithm, type DeviceJwk, keyOf, membersOf } from "./device-binding.ts"

/** A proof that was read, and whose signature has not been verified. */
export interface ReadProof {
  /** The token. */
  readonly jws: string
  /** The algorithm that its header names. */
  readonly alg: DeviceAlgorithm
  /**
   * The public key in its header, for a registration; `undefined`: there is none. `Unfit`: not one of the algorithm.
   */
  readonly jwk: DeviceJwk | "Unfit" | undefined
  /** The challenge that it answers. */
  readonly challenge: string
}

/** The longest token: an RSA key of 4096 bits and its signature fit. */
const longestToken = 4096

/** Reads a proof. @returns `undefined` for anything that no device sends */
export const read = (sent: string): ReadProof | undefined => {
  const jws = bare(sent)
  const [header = "", payload = "", signature = "", ...rest] = jws.split(".")
  if (jws.length > longestToken || signature === "" || rest.length > 0) return undefined
  const { alg, jwk, typ, ...others } = membersOf(decoded(header))
  const { jti } = membersOf(decoded(payload))
  if (typ !== "dbsc+jwt" || typeof jti !== "string" || "crit" in others || "b64" in others) return undefined
  if (alg !== "ES256" && alg !== "RS256") return undefined
  return { jws, alg, jwk: jwk === undefined ? undefined : (keyOf(alg, jwk) ?? "Unfit"), challenge: jti }
}

/** A header's value without quotes: the draft sends strings in quotes, Chromium 156 sends them bare. */
export const bare = (sent: string): string => sent.trim().replace(/^"(.*)"$/s, "$1")

const decoded = (part: string): unknown => {
  if (!/^[\w-]+$/.test(part)) return undefined
  try {
    return JSON.parse(Buffer.from(part, "base64url").toString("utf8"))
  } catch {
    return undefined
  }
}
