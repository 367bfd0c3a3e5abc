import { randomInt } from "node:crypto"
import * as Encoded from "../../core/password/encoded.ts"

/** Random characters of the salt alphabet. Each is equally likely, because `randomInt` has no modulo bias. */
export const randomText = (length: number): string =>
  Array.from({ length }, () => Encoded.alphabet.charAt(randomInt(Encoded.alphabet.length))).join("")
