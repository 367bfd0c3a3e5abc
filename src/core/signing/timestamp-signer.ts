/** Texts that carry a signature and the second in which they were signed: `value ":" base62(seconds) ":" signature`. */
import * as Base62 from "./base62.ts"
import { constantTimeEqual, makeKeyring, type Secrets } from "./hmac.ts"

export interface SignerSettings extends Secrets {
  /** Separates the uses of one secret: what was signed for one does not verify for another. */
  readonly salt: string
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
export const makeSigner = ({ salt, ...secrets }: SignerSettings): Signer => {
  const keyring = makeKeyring(`${salt}signer`, secrets)
  const [current] = keyring

  const verifies = (signed: string, signature: string): boolean =>
    // UTF-8 cannot say a lone surrogate: hashing would take U+FFFD for it.
    signed.isWellFormed() && keyring.some((hmac) => constantTimeEqual(signature, hmac.base64url(signed)))

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
