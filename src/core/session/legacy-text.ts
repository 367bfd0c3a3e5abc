/** Session texts of Django 3.0 and older, which 3.2 still reads: base64 of `hash ":" JSON`, the hash a SHA-1 HMAC. */
import { constantTimeEqual, makeSaltedHmac } from "../signing/hmac.ts"

export interface LegacySettings {
  /** SECRET_KEY, then SECRET_KEY_FALLBACKS. */
  readonly secrets: ReadonlyArray<string>
  /** That of the signed form. */
  readonly salt: string
}

/**
 * Makes the reader of such texts: it returns the JSON, or `undefined` for what no secret vouches for.
 *
 * @see Django 3.2: SessionBase._legacy_decode
 */
export const makeLegacyReader = ({ salt, secrets }: LegacySettings): ((text: string) => string | undefined) => {
  // Once the class's name followed without a dot.
  const keySalt = salt.replace(/\.(?=[^.]*$)/, "")
  const verifying = secrets.map((secret) => makeSaltedHmac(keySalt, secret, "sha1"))
  return (text) => {
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined
    const plain = Buffer.from(text, "base64").toString("latin1")
    const split = plain.indexOf(":")
    const json = plain.slice(split + 1)
    return verifying.some((hmac) => constantTimeEqual(plain.slice(0, Math.max(0, split)), hmac.hex(json)))
      ? json
      : undefined
  }
}
