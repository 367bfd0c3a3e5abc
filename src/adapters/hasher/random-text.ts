import { randomInt } from "node:crypto"
import * as Encoded from "../../core/password/encoded.ts"

/** Characters of the salt alphabet, each drawn uniformly: `randomInt` rejects what would favour some of them. */
export const randomText = (length: number): string =>
  Array.from({ length }, () => Encoded.alphabet.charAt(randomInt(Encoded.alphabet.length))).join("")
