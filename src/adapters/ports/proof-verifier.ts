/** Verifies the signatures of devices: work that a request waits for, and that depends on nothing but its input. */
import type { DeviceAlgorithm, DeviceJwk } from "../../core/device-bound/device-binding.ts"

/** A token, and the key that must have signed it. */
export interface SignedProof {
  /** A JSON Web Token in three parts. */
  readonly jws: string
  /** The algorithm of the signature. */
  readonly alg: DeviceAlgorithm
  /** The public key. */
  readonly jwk: DeviceJwk
}

/** Whether the key made the signature. RSA keys below 2048 bits count as wrong. Never rejects. */
export type VerifyProof = (proof: SignedProof) => Promise<boolean>
