/** A device with a private key, which answers challenges as Chromium does. */
import { generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto"

export interface Device {
  /** The proof for a registration: the token carries the public key. */
  readonly register: (challenge: string) => string
  /** The proof for a renewal. */
  readonly prove: (challenge: string) => string
  /** A token with this header and payload, signed by the device. */
  readonly token: (header: object, payload: object) => string
  /** The challenge of a token that this device has signed; `undefined` for any other text. */
  readonly challengeIn: (token: string) => unknown
}

export const makeDevice = (alg: "ES256" | "RS256" = "ES256", modulusLength = 2048): Device => {
  const { privateKey, publicKey } =
    alg === "ES256" ? generateKeyPairSync("ec", { namedCurve: "P-256" }) : generateKeyPairSync("rsa", { modulusLength })
  const jwk = publicKey.export({ format: "jwk" })
  const token = (header: object, payload: object): string => {
    const signed = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".")
    return `${signed}.${signature(privateKey, alg, signed).toString("base64url")}`
  }
  return {
    token,
    challengeIn: (text) => {
      const [signed = "", payload = "", signature = ""] = /^([^.]*\.([^.]*))\.([^.]*)$/.exec(text)?.slice(1) ?? []
      const isOwn = verify(
        "sha256",
        Buffer.from(signed),
        alg === "ES256" ? { key: publicKey, dsaEncoding: "ieee-p1363" } : publicKey,
        Buffer.from(signature, "base64url")
      )
      return isOwn ? Object(JSON.parse(Buffer.from(payload, "base64url").toString())).jti : undefined
    },
    register: (challenge) => token({ alg, jwk, typ: "dbsc+jwt" }, { jti: challenge }),
    prove: (challenge) => token({ alg, typ: "dbsc+jwt" }, { jti: challenge })
  }
}

const signature = (key: KeyObject, alg: "ES256" | "RS256", text: string): Buffer =>
  sign("sha256", Buffer.from(text), alg === "ES256" ? { key, dsaEncoding: "ieee-p1363" } : key)
