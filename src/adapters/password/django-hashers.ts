import { isPeer, type Peer, type PeerSettings, peers } from "../../core/django-version.ts"
import { ConfigurationInvalid } from "../ports/errors.ts"
import type { Hasher } from "../ports/stores.ts"
import { pbkdf2Sha256 } from "./pbkdf2-hasher.ts"
import { pbkdf2Sha1 } from "./pbkdf2-sha1-hasher.ts"
import { scrypt } from "./scrypt-hasher.ts"

type PasswordCosts = Pick<PeerSettings, "pbkdf2Iterations" | "scryptParallelism">

/**
 * The hashers in the default PASSWORD_HASHERS of a Django version, with its costs, except those that need another
 * package. With them latchkey writes the same hashes as that Django, and neither application rewrites hashes of the
 * other. Django's default list also has argon2 and bcrypt_sha256: `[...peerHashers("5.2"), argon2(), bcryptSha256()]`.
 *
 * If the Django application sets PASSWORD_HASHERS, list the same hashers here, in the same order.
 *
 * @param peer `"3.2"` to `"6.2"`, or the costs themselves. If two applications on one database use different costs,
 * they rewrite each other's hashes at every login. The session auth hash depends on the password hash, so each rewrite
 * also ends the user's other sessions.
 * @throws {ConfigurationInvalid} for an unknown version
 */
export const peerHashers = (peer: Peer | PasswordCosts): readonly [Hasher, ...ReadonlyArray<Hasher>] => {
  if (typeof peer === "string" && !isPeer(peer))
    throw new ConfigurationInvalid({ problems: [`peer is none of ${Object.keys(peers).join(", ")}`] })
  const { pbkdf2Iterations: iterations, scryptParallelism: parallelism } = typeof peer === "string" ? peers[peer] : peer
  return [
    pbkdf2Sha256({ iterations }),
    pbkdf2Sha1({ iterations }),
    ...(parallelism === undefined ? [] : [scrypt({ parallelism })])
  ]
}
