/** A key of a device. It can sign, and cannot be copied from the browser that has it. */
import { createECDH, createHash, createPrivateKey, sign } from "node:crypto"

/** A key pair for ES256. */
export interface DeviceKey {
  /** The proof for a registration, which has the public key. @param authorization as the site has sent it */
  readonly register: (challenge: string, authorization?: string) => string
  /** The proof for a refresh. */
  readonly prove: (challenge: string) => string
  /** A JWS with this header and payload, for proofs that a site must refuse. */
  readonly token: (header: object, payload: object) => string
}

/** Makes a key. The same seed makes the same key; it is no secret. */
export const makeDeviceKey = (seed: string): DeviceKey => {
  const d = createHash("sha256").update(`latchkey test device ${seed}`).digest()
  const pair = createECDH("prime256v1")
  pair.setPrivateKey(d)
  const point = pair.getPublicKey()
  const jwk = {
    kty: "EC",
    crv: "P-256",
    x: point.subarray(1, 33).toString("base64url"),
    y: point.subarray(33).toString("base64url")
  }
  const key = createPrivateKey({ key: { ...jwk, d: d.toString("base64url") }, format: "jwk" })
  const token = (header: object, payload: object): string => {
    const signed = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".")
    const signature = sign("sha256", Buffer.from(signed), { key, dsaEncoding: "ieee-p1363" })
    return `${signed}.${signature.toString("base64url")}`
  }
  return {
    token,
    prove: (jti) => token({ alg: "ES256", typ: "dbsc+jwt" }, { jti }),
    register: (jti, authorization) =>
      token({ alg: "ES256", jwk, typ: "dbsc+jwt" }, { jti, ...(authorization === undefined ? {} : { authorization }) })
  }
}
