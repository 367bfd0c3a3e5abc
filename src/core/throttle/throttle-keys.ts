/** The keys that failures are counted by. A store sees only keyed hashes: neither user names nor addresses. */
import { networkOf } from "../http/network.ts"
import { makeSaltedHmac } from "../signing/hmac.ts"

/** The kinds of keys. */
export type ThrottleKind = "account" | "device" | "network"

/** Makes the keys. */
export interface ThrottleKeys {
  /** The key of a user name, as a client sent it. Names that differ only in case or in compatible characters share it. */
  readonly account: (username: string) => string
  /** The key of a known device, by its id. */
  readonly device: (id: string) => string
  /** The key of the network of a client's address: an IPv4 address, or the first 64 bits of an IPv6 address. */
  readonly network: (address: string) => string
}

/** @param secret the current secret key: a new one forgets all failures */
export const makeThrottleKeys = (secret: string): ThrottleKeys => {
  const hmac = makeSaltedHmac("latchkey.throttle.key", secret)
  const key = (kind: ThrottleKind, text: string): string => `${kind}:${hmac.base64url(JSON.stringify([kind, text]))}`
  return {
    account: (username) => key("account", comparable(username)),
    device: (id) => key("device", id),
    network: (address) => key("network", networkOf(address))
  }
}

/** Normalisation takes quadratic time for some texts, so the name is cut before it. */
const comparable = (username: string): string => username.slice(0, longestName).trim().normalize("NFKC").toLowerCase()

const longestName = 254
