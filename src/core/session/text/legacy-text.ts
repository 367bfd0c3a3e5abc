/**
 * Session texts of Django 3.0 and older, which Django 3.2 still reads: base64 of `hash ":" JSON`, where the hash is an
 * HMAC with SHA-1.
 */
import { constantTimeEqual, makeSaltedHmac } from "../../signing/hmac.ts"

export interface LegacySettings {
  /** SECRET_KEY, then SECRET_KEY_FALLBACKS. */
  readonly secrets: ReadonlyArray<string>
  /** The salt of the signed form. */
  readonly salt: string
}

/**
 * Makes the reader of such texts. It returns the JSON's bytes, or `undefined` if none of the secrets made the hash.
 *
 * @see Django 3.2: SessionBase._legacy_decode
 */
export const makeLegacyReader = ({ salt, secrets }: LegacySettings): ((text: string) => Uint8Array | undefined) => {
  // These versions put no dot before the class name.
  const keySalt = salt.replace(/\.(?=[^.]*$)/, "")
  const verifying = secrets.map((secret) => makeSaltedHmac(keySalt, secret, "sha1"))
  return (text) => {
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined
    const plain = Buffer.from(text, "base64")
    const split = plain.indexOf(":")
    const hash = plain.toString("latin1", 0, Math.max(0, split))
    const json = plain.subarray(split + 1)
    return verifying.some((hmac) => constantTimeEqual(hash, hmac.hex(json))) ? json : undefined
  }
}
