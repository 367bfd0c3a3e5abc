import { isPeer, type Peer, type PeerSettings, peers } from "../../core/peer.ts"
import { ConfigurationInvalid } from "../interpreter/errors.ts"
import type { Hasher } from "../interpreter/ports.ts"
import { pbkdf2Sha256 } from "./pbkdf2.ts"
import { pbkdf2Sha1 } from "./pbkdf2-sha1.ts"
import { scrypt } from "./scrypt.ts"

type PasswordCosts = Pick<PeerSettings, "pbkdf2Iterations" | "scryptParallelism">

/**
 * The hashers of a stock Django of that version, with its numbers, as far as they need no further package: what it
 * writes, this writes, and neither rewrites the other's. Django's own list has argon2 and bcrypt_sha256 too:
 * `[...peerHashers("5.2"), argon2(), bcryptSha256()]`.
 *
 * A Django that sets PASSWORD_HASHERS itself wants the same list here, in the same order.
 *
 * @param peer `"3.2"` to `"6.2"`, or the numbers themselves. Two applications on one database that disagree rewrite
 * each other's hashes at every login and, since the session auth hash follows, log the user out elsewhere
 * @throws {ConfigurationInvalid} for a version that is not known
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
