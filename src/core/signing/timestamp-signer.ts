/** Texts that carry a signature and the second in which they were signed: `value ":" base62(seconds) ":" signature`. */
import * as Base62 from "./base62.ts"
import { constantTimeEqual, makeSaltedHmac } from "./hmac.ts"

export interface SignerSettings {
  /** Signs and verifies. */
  readonly secret: string
  /** Older secrets, in order: they verify and never sign. */
  readonly fallbacks: ReadonlyArray<string>
  /** Separates the uses of one secret: what was signed for one does not verify for another. */
  readonly salt: string
  /** Signatures made with SHA-1 verify too. Default false. */
  readonly readsSha1?: boolean
}

export type Unsigned =
  /** `signedAt`: epoch milliseconds, whole seconds; not checked against any clock. */
  | { readonly _tag: "Verified"; readonly value: string; readonly signedAt: number }
  /** No signature, or none that any of the secrets made. */
  | { readonly _tag: "BadSignature" }
  /** Signed by us, but not with a time. */
  | { readonly _tag: "NoTimestamp" }

export interface Signer {
  /** @param now epoch milliseconds; kept as whole seconds */
  readonly sign: (value: string, now: number) => string
  readonly unsign: (text: string) => Unsigned
}

const separator = ":"

/** @see Django: django.core.signing.TimestampSigner */
export const makeSigner = ({ secret, fallbacks, salt, readsSha1 = false }: SignerSettings): Signer => {
  const keySalt = `${salt}signer`
  const current = makeSaltedHmac(keySalt, secret)
  const verifying = [
    current,
    ...fallbacks.map((fallback) => makeSaltedHmac(keySalt, fallback)),
    ...(readsSha1 ? [secret, ...fallbacks].map((any) => makeSaltedHmac(keySalt, any, "sha1")) : [])
  ]

  const verifies = (signed: string, signature: string): boolean =>
    // UTF-8 cannot say a lone surrogate: hashing would take U+FFFD for it.
    signed.isWellFormed() && verifying.some((hmac) => constantTimeEqual(signature, hmac.base64url(signed)))

  return {
    sign: (value, now) => {
      const signed = value + separator + Base62.encode(Math.floor(now / 1000))
      return signed + separator + current.base64url(signed)
    },
    unsign: (text) => {
      const split = text.lastIndexOf(separator)
      if (split < 0) return { _tag: "BadSignature" }
      const signed = text.slice(0, split)
      if (!verifies(signed, text.slice(split + 1))) return { _tag: "BadSignature" }

      const end = signed.lastIndexOf(separator)
      const seconds = end < 0 ? undefined : Base62.decode(signed.slice(end + 1))
      return seconds === undefined
        ? { _tag: "NoTimestamp" }
        : { _tag: "Verified", value: signed.slice(0, end), signedAt: seconds * 1000 }
    }
  }
}
