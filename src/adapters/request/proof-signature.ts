/** Verifies the signatures of devices. */
import * as Effect from "effect/Effect"
import type { DeviceAlgorithm, DeviceJwk } from "../../core/device-bound/device-binding.ts"

/** A token, and the key that must have signed it. */
export interface SignedProof {
  readonly jws: string
  readonly alg: DeviceAlgorithm
  readonly jwk: DeviceJwk
}

/** `jose` is loaded with the first proof: an application without device-bound sessions does not load it. */
let loaded: Promise<typeof import("jose")> | undefined

/** Whether the key made the signature. RSA keys below 2048 bits count as wrong. */
export const isSignedBy = ({ alg, jwk, jws }: SignedProof): Effect.Effect<boolean> =>
  Effect.promise(async () => {
    loaded ??= import("jose")
    const { compactVerify, importJWK } = await loaded
    try {
      await compactVerify(jws, await importJWK({ ...jwk }, alg), { algorithms: [alg] })
      return true
    } catch {
      return false
    }
  })
