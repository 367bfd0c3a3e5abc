/**
 * The network under which attempts of a client address are counted. An IPv4 address is counted by itself. An IPv6
 * address is counted by its first 64 bits, because one client can use all addresses of such a network. Other texts are
 * returned unchanged.
 *
 * @see RFC 4291 section 2.5.4
 */
export const networkOf = (address: string): string => {
  const [plain = ""] = address.split("%", 1)
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1]
  if (mapped !== undefined) return mapped
  if (!plain.includes(":") || plain.length > longestIPv6) return address
  const [before = "", after] = plain.toLowerCase().split("::", 2)
  const left = before === "" ? [] : before.split(":")
  const right = after === undefined || after === "" ? [] : after.split(":")
  const zeros = after === undefined ? 0 : Math.max(0, groups - left.length - right.length)
  const all = [...left, ...Array<string>(zeros).fill("0"), ...right]
  return `${all
    .slice(0, groups / 2)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":")}::/64`
}

const groups = 8
const longestIPv6 = 45
