/** The networks under which the attempts of a client are counted. */
import { type IpAddress, readAddress } from "./ip-address.ts"

/** The network of all texts that are no address. They share one count: else each text would have a new one. */
export const unknownNetwork = "unknown"

/**
 * The network of a client's address, the same for every spelling of the address. An IPv4 address is a network by
 * itself. An IPv6 address belongs to the network of its first 64 bits, because one client can use all addresses of it.
 * An IPv6 address that was made from an IPv4 address counts as that. All other texts are of the network `unknown`.
 *
 * @see RFC 4291 section 2.5.4
 */
export const networkOf = (address: string): string => networkOfRead(readAddress(address))

const networkOfRead = (read: IpAddress | undefined): string => {
  if (read === undefined) return unknownNetwork
  return read._tag === "IPv4" ? read.bytes.join(".") : prefixOf(read.groups, 4)
}

/**
 * The first 48 bits of an IPv6 address: what one customer gets at most, 65,536 networks of {@link networkOf}.
 * `undefined` for other addresses.
 *
 * @see RFC 6177
 */
export const wideNetworkOf = (address: string): string | undefined => {
  const read = readAddress(address)
  return read?._tag === "IPv6" ? prefixOf(read.groups, 3) : undefined
}

/** {@link networkOf} and, if there is one, {@link wideNetworkOf}. */
export const networksOf = (address: string): ReadonlyArray<string> => {
  const read = readAddress(address)
  const network = networkOfRead(read)
  return read?._tag === "IPv6" ? [network, prefixOf(read.groups, 3)] : [network]
}

const prefixOf = (groups: ReadonlyArray<number>, count: number): string =>
  `${groups
    .slice(0, count)
    .map((group) => group.toString(16))
    .join(":")}::/${count * 16}`
