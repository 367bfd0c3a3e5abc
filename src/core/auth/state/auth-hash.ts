import { makeMemo } from "../../session/text/decode-cache.ts"
import { makeKeyring } from "../../signing/hmac.ts"
import type { AuthHashes } from "./request-state.ts"

const keySalt = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"
const memoBytes = 1024 * 1024

/**
 * Returns a function from an encoded password to its session auth hashes: one made with the secret key, then one for
 * each fallback key. A hash is 64 hexadecimal digits and changes whenever the password column changes. Results are
 * cached by password text, because the same text always has the same hashes.
 *
 * @param readsSha1 adds, at the end, the 40-digit hashes that Django before 3.1 wrote. A session with such a hash stays
 * valid and gets the current hash, as after a change of the secret key. Django 3.2 also accepts these hashes but does
 * not replace them; later versions do not accept them.
 * @see https://docs.djangoproject.com/en/stable/topics/auth/customizing/#django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash
 */
export const makeAuthHashes = (
  secret: string,
  fallbacks: ReadonlyArray<string>,
  readsSha1 = false
): ((password: string) => AuthHashes) => {
  const [current, ...older] = makeKeyring(keySalt, { secret, fallbacks, readsSha1 })
  const memo = makeMemo<AuthHashes>(memoBytes)
  return (password) => {
    const known = memo.get(password)
    if (known !== undefined) return known
    const hashes: AuthHashes = [current.hex(password), ...older.map((hmac) => hmac.hex(password))]
    memo.set(password, hashes, 2 * password.length + 256)
    return hashes
  }
}
