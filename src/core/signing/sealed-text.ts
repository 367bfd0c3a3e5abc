/** Encryption of short texts that the server gives away and later gets back, as in a link. */
import { createCipheriv, createDecipheriv, createHash, createSecretKey } from "node:crypto"
import * as Base64url from "./base64url.ts"
import { makeSaltedHmac, type Secrets } from "./hmac.ts"

/** Encrypts texts with the secret keys. */
export interface SealedTexts {
  /** Encrypts a text. @param context a text that is not secret; `open` needs the same one */
  readonly seal: (text: string, context: string) => string
  /** The text; `undefined` if `sealed` was not made with one of the secret keys and this context. */
  readonly open: (sealed: string, context: string) => string | undefined
}

const algorithm = "aes-256-gcm"
const [nonceBytes, tagBytes] = [12, 16]

/**
 * AES-256-GCM. The nonce is a keyed hash of the text and its context, so that no randomness is needed, and two
 * different texts do not share a nonce. Texts that could be guessed need a random part: equal texts look equal.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5116 AEAD_AES_256_GCM
 */
export const makeSealedTexts = (keySalt: string, { fallbacks, secret }: Secrets): SealedTexts => {
  const keyOf = (secret: string) =>
    createSecretKey(createHash("sha256").update(`${keySalt}.key`).update(secret).digest())
  const [current, ...older] = [keyOf(secret), ...fallbacks.map(keyOf)] as const
  const nonces = makeSaltedHmac(`${keySalt}.nonce`, secret)
  const openWith = (key: typeof current, bytes: Uint8Array, context: string): string | undefined => {
    const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes })
    decipher.setAAD(Buffer.from(context))
    decipher.setAuthTag(bytes.subarray(-tagBytes))
    try {
      const text = decipher.update(bytes.subarray(nonceBytes, -tagBytes))
      return Buffer.concat([text, decipher.final()]).toString()
    } catch {
      // The tag does not fit: another key, or an altered text.
      return undefined
    }
  }
  return {
    seal: (text, context) => {
      const nonce = Buffer.from(nonces.hex(JSON.stringify([context, text])), "hex").subarray(0, nonceBytes)
      const cipher = createCipheriv(algorithm, current, nonce, { authTagLength: tagBytes })
      cipher.setAAD(Buffer.from(context))
      const encrypted = [cipher.update(text, "utf8"), cipher.final()]
      return Base64url.encode(Buffer.concat([nonce, ...encrypted, cipher.getAuthTag()]))
    },
    open: (sealed, context) => {
      const bytes = typeof sealed === "string" ? Base64url.decode(sealed) : undefined
      // The last digit of base64 has bits that mean nothing: only one of its spellings is accepted.
      if (bytes === undefined || bytes.length < nonceBytes + tagBytes || Base64url.encode(bytes) !== sealed)
        return undefined
      for (const key of [current, ...older]) {
        const text = openWith(key, bytes, context)
        if (text !== undefined) return text
      }
      return undefined
    }
  }
}
