/** Grammars of the proofs of a device, with mistakes. */
import { type Device, makeDevice } from "../../rig/device.ts"
import type { Dice } from "../dice.ts"
import { all, type Grammar, letter, many, mutated, nasty, one } from "./fuzz-grammar.ts"

const other = makeDevice()

const jsonValue = one("null", "1", "[]", "{}", '"ES256"', '"__proto__"', all('"', many(letter), '"'))

/** Up to two members in place of the right ones. */
const members = (dice: Dice): object => {
  const names = ["alg", "typ", "jwk", "jti", "crit", "b64", "kid", "__proto__", "toJSON"] as const
  const changed = Array.from({ length: dice.below(3) }, () => [dice.pick(names), JSON.parse(jsonValue(dice))])
  return Object.fromEntries(changed)
}

/** A token. @param offered a challenge for something else than `challenge` */
const proof =
  (device: Device, challenge: string, offered: string): Grammar =>
  (dice) => {
    const right = device.prove(challenge)
    const jti = one(challenge, challenge, offered, letter, nasty)(dice)
    return one(
      mutated(() => right),
      () => other.prove(challenge),
      () =>
        dice
          .pick([device, other])
          .token({ alg: "ES256", typ: "dbsc+jwt", ...members(dice) }, { jti, ...members(dice) }),
      mutated(() => device.register(challenge)),
      mutated(() => right.replace(/[^.]*$/, "")),
      nasty
    )(dice)
  }

export interface HostileProof {
  readonly lines: ReadonlyArray<string>
  /** Whether the device has signed this challenge: then the proof may be accepted. */
  readonly isGenuine: boolean
}

/** The header lines of a proof. @param id of the binding */
export const hostileProof =
  (device: Device, id: string, challenge: string, offered: string) =>
  (dice: Dice): HostileProof => {
    const inLine = (text: string) => text.replace(/[\r\n\0]/g, "").slice(0, 6000)
    const token = inLine(proof(device, challenge, offered)(dice))
    const asked = inLine(one(id, id, mutated(all(id)), all('"', id, '"'), nasty)(dice))
    const response = one(token, token, all('"', token, '"'))(dice)
    return {
      lines: [`Sec-Secure-Session-Id: ${asked}`, `Secure-Session-Response: ${response}`],
      isGenuine: device.challengeIn(token.trim().replace(/^"(.*)"$/s, "$1")) === challenge
    }
  }
