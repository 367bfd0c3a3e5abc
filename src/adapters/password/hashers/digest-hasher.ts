import { createHash } from "node:crypto"
import * as Digest from "../../../core/password/digest-format.ts"
import type { Hasher } from "../../ports/passwords.ts"
import { hasherOf } from "./recipe.ts"

/** The hasher for a salted digest. */
export const saltedHasher = (algorithm: Digest.Algorithm): Hasher => {
  const hash = async (password: Uint8Array, salt: string): Promise<string> =>
    Digest.format(algorithm, salt, createHash(algorithm).update(salt).update(password).digest("hex"))
  return hasherOf<string>({
    algorithm,
    fresh: (salt) => salt,
    parse: (encoded) => Digest.parse(algorithm, encoded),
    hash,
    mustUpdate: (encoded) => Digest.mustUpdate(algorithm, encoded),
    harden: async (password, encoded) =>
      Digest.parse(algorithm, encoded) === undefined ? hash(password, "hardening") : undefined
  })
}

/** The hasher for a digest without a salt. It reads every form that Django has written. */
export const unsaltedHasher = (digest: Digest.Algorithm): Hasher => {
  const prefixes = Digest.unsaltedPrefixes[digest]
  const hash = async (password: Uint8Array, prefix: string): Promise<string> =>
    prefix + createHash(digest).update(password).digest("hex")
  return hasherOf<string>({
    algorithm: `unsalted_${digest}`,
    fresh: () => prefixes[0],
    parse: (encoded) => prefixes.findLast((prefix) => encoded.startsWith(prefix)),
    hash,
    mustUpdate: () => false,
    harden: async () => undefined
  })
}
