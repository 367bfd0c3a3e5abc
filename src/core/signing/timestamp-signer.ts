/** Texts with a signature and the second in which they were signed: `value ":" base62(seconds) ":" signature`. */
import * as Base62 from "./base62.ts"
import { constantTimeEqual, makeKeyring, type Secrets } from "./hmac.ts"

export interface SignerSettings extends Secrets {
  /** Separates the uses of one secret: a text signed with one salt does not verify with another. */
  readonly salt: string
}

export type Unsigned =
  /** `signedAt`: epoch milliseconds, in whole seconds; not compared with any clock. */
  | { readonly _tag: "Verified"; readonly value: string; readonly signedAt: number }
  /** No signature, or one that none of the secrets made. */
  | { readonly _tag: "BadSignature" }
  /** The signature is valid, but there is no time. */
  | { readonly _tag: "NoTimestamp" }

export interface Signer {
  /** @param now epoch milliseconds; stored as whole seconds */
  readonly sign: (value: string, now: number) => string
  readonly unsign: (text: string) => Unsigned
}

const separator = ":"

/**
 * Makes a signer for one use (salt) of the secrets.
 *
 * @see https://docs.djangoproject.com/en/stable/topics/signing/#django.core.signing.TimestampSigner
 */
export const makeSigner = ({ salt, ...secrets }: SignerSettings): Signer => {
  const keyring = makeKeyring(`${salt}signer`, secrets)
  const [current] = keyring

  const verifies = (signed: string, signature: string): boolean =>
    // UTF-8 cannot encode a lone surrogate: it would be hashed as U+FFFD.
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
