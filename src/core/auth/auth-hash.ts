import { makeMemo } from "../session/memo.ts"
import { makeKeyring } from "../signing/hmac.ts"
import type { AuthHashes } from "./request-state.ts"

const keySalt = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"
const memoBytes = 1024 * 1024

/**
 * The session auth hashes of an encoded password: under the secret key, then under each fallback. 64 hexadecimal
 * digits, which change whenever the password column does. The same text has the same hashes every time, so they are
 * remembered, by content.
 *
 * @param readsSha1 the hashes that Django before 3.1 wrote, 40 digits, come after them: who has one keeps the session,
 * which gets the current one, as after a change of the secret key. Django 3.2 leaves it as it is; later ones know none.
 * @see Django: AbstractBaseUser.get_session_auth_hash
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
