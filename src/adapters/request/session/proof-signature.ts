/** Verifies the signatures of devices with `jose`. */
import type { VerifyProof } from "../../ports/proof-verifier.ts"

/** `jose` is loaded with the first proof: an application without device-bound sessions does not load it. */
let loaded: Promise<typeof import("jose")> | undefined

/** Verifies with `jose`. */
export const verifyProof: VerifyProof = async ({ alg, jwk, jws }) => {
  loaded ??= import("jose")
  const { compactVerify, importJWK } = await loaded
  try {
    await compactVerify(jws, await importJWK({ ...jwk }, alg), { algorithms: [alg] })
    return true
  } catch {
    return false
  }
}
