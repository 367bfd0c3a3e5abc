/** The keys that attempts are counted by. A store sees only keyed hashes: neither user names nor addresses. */
import { networkOf, wideNetworkOf } from "../http/request/network.ts"
import { strip } from "../password/characters.ts"
import { makeSaltedHmac } from "../signing/hmac.ts"

/** The kinds of keys. */
export type ThrottleKind =
  | "account"
  | "device"
  | "network"
  | "proof"
  | "recipient"
  | "requester"
  | "wideNetwork"
  | "wideRequester"

/** Makes the keys. */
export interface ThrottleKeys {
  /**
   * The key of a user name, as a client sent it. Names that differ only in compatible characters share it. Names that
   * differ in case do not, as in Django: one may be the account of an attacker, whose logins would reset the other.
   */
  readonly account: (username: string) => string
  /** The key of a known device, by its id. */
  readonly device: (id: string) => string
  /**
   * The keys of the networks of a client's address: an IPv4 address; or the first 64 bits of an IPv6 address, and its
   * first 48 bits.
   */
  readonly networks: (address: string) => ReadonlyArray<NetworkKey<"network" | "wideNetwork">>
  /**
   * The key of a password that clients check without a user name: the password of a user who is logged in, or of a
   * link.
   *
   * @param of names the user or the link
   */
  readonly proof: (of: string) => string
  /** The key of an e-mail address for which a client requests a mail or an account. */
  readonly recipient: (email: string) => string
  /** The keys of the networks from which a client requests mails or accounts. */
  readonly requesters: (address: string) => ReadonlyArray<NetworkKey<"requester" | "wideRequester">>
}

/** The key of a network. */
export interface NetworkKey<Kind extends ThrottleKind> {
  readonly kind: Kind
  readonly key: string
}

/** @param secret the current secret key: a new one forgets all failures */
export const makeThrottleKeys = (secret: string): ThrottleKeys => {
  const hmac = makeSaltedHmac("latchkey.throttle.key", secret)
  const key = (kind: ThrottleKind, text: string): string => `${kind}:${hmac.base64url(JSON.stringify([kind, text]))}`
  /** The narrow network comes first: while it has to wait, its attempts do not count for its neighbours. */
  const networks = <Kind extends ThrottleKind>(address: string, narrow: Kind, wide: Kind) => {
    const wideNetwork = wideNetworkOf(address)
    return [
      { kind: narrow, key: key(narrow, networkOf(address)) },
      ...(wideNetwork === undefined ? [] : [{ kind: wide, key: key(wide, wideNetwork) }])
    ]
  }
  return {
    account: (username) => key("account", named(username)),
    device: (id) => key("device", id),
    networks: (address) => networks(address, "network", "wideNetwork"),
    proof: (of) => key("proof", of),
    recipient: (email) => key("recipient", comparable(email)),
    requesters: (address) => networks(address, "requester", "wideRequester")
  }
}

/**
 * Removes the white space that the login page and `normalizesUsernames` remove, and no less: otherwise each spelling of
 * a name would have its own count. Normalisation takes quadratic time for some texts, so the text is cut before it.
 */
const named = (text: string): string => strip(text).slice(0, longest).normalize("NFKC")

const comparable = (text: string): string => named(text).toLowerCase()

/** The length of the longest e-mail address. */
const longest = 254
