import { isPeer, type Peer, passwordCosts } from "../../core/password/peer.ts"
import { ConfigurationInvalid } from "../interpreter/errors.ts"
import type { Hasher } from "../interpreter/ports.ts"
import { pbkdf2Sha256 } from "./pbkdf2.ts"
import { pbkdf2Sha1 } from "./pbkdf2-sha1.ts"
import { scrypt } from "./scrypt.ts"

/**
 * The hashers of a stock Django of that version, with its numbers, as far as they need no further package: what it
 * writes, this writes, and neither rewrites the other's. Django's own list has argon2 and bcrypt_sha256 too:
 * `[...peerHashers("5.2"), argon2(), bcryptSha256()]`.
 *
 * A Django that sets PASSWORD_HASHERS itself wants the same list here, in the same order.
 *
 * @param peer `"3.2"` to `"6.2"`
 * @throws {ConfigurationInvalid} for a version that is not known
 */
export const peerHashers = (peer: Peer): readonly [Hasher, ...ReadonlyArray<Hasher>] => {
  if (!isPeer(peer))
    throw new ConfigurationInvalid({ problems: [`peer must be one of ${Object.keys(passwordCosts).join(", ")}`] })
  const { pbkdf2Iterations: iterations, scryptParallelism: parallelism } = passwordCosts[peer]
  return [
    pbkdf2Sha256({ iterations }),
    pbkdf2Sha1({ iterations }),
    ...(parallelism === undefined ? [] : [scrypt({ parallelism })])
  ]
}
