/** The hashers of a test site. */
import type { Hasher } from "../../adapters/ports/passwords.ts"
import { saltLength } from "../../core/password/encoded.ts"
import type { Gate } from "../orders/gate.ts"
import { instantHasher, outdatedInstantHasher } from "./instant-hasher.ts"

type Hashers = readonly [Hasher, ...ReadonlyArray<Hasher>]

/**
 * The application's hashers, and those of the site itself. They note their work, and their salts come from the site's
 * random values, so that the same requests compute the same hashes.
 *
 * @param hashed gets the name of the algorithm for each hash that is computed or compared
 */
export const testHashers = (
  given: ReadonlyArray<Hasher> | undefined,
  random: () => string,
  hashed: Array<string>,
  gate: Gate
): Hashers => {
  const watch = (hasher: Hasher): Hasher => ({
    algorithm: hasher.algorithm,
    encode: (password) => {
      hashed.push(hasher.algorithm)
      return gate.during(() => hasher.encode(password, random().slice(0, saltLength)))
    },
    verify: (password, encoded) => {
      hashed.push(hasher.algorithm)
      return gate.during(() => hasher.verify(password, encoded))
    },
    mustUpdate: (encoded) => hasher.mustUpdate(encoded),
    hardenRuntime: (password, encoded) => gate.during(() => hasher.hardenRuntime(password, encoded))
  })
  const [preferred, ...others] = withInstant(given)
  return [watch(preferred), ...others.map(watch)]
}

/** The application's hashers, and the one that made the passwords of the site's users unless one has its name. */
const withInstant = ([preferred = instantHasher, ...others]: ReadonlyArray<Hasher> = []): Hashers =>
  [preferred, ...others].some(({ algorithm }) => algorithm === instantHasher.algorithm)
    ? [preferred, ...others, outdatedInstantHasher]
    : [preferred, ...others, instantHasher, outdatedInstantHasher]
