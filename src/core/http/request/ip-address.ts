/** The texts of IP addresses. */

/** The four bytes of an IPv4 address, or the eight groups of an IPv6 address. */
export type IpAddress =
  | { readonly _tag: "IPv4"; readonly bytes: ReadonlyArray<number> }
  | { readonly _tag: "IPv6"; readonly groups: ReadonlyArray<number> }

/**
 * The address of a text, also with a port, in brackets, with a zone (`%eth0`), or with white space around it;
 * `undefined` if the text is none of these. An IPv6 address that contains an IPv4 address is read as it.
 *
 * @see RFC 4291 section 2.2 (IPv6), RFC 6943 section 3.1.1 (only the strict form of IPv4), RFC 4007 section 11.2 (zones)
 */
export const readAddress = (text: string): IpAddress | undefined => {
  if (text.length > longest) return undefined
  const [, bracketed, withPort, plain = ""] = written.exec(text.trim()) ?? []
  if (withPort !== undefined) return ipv4(withPort)
  const [address = ""] = (bracketed ?? plain).split("%", 1)
  return (bracketed === undefined ? ipv4(address) : undefined) ?? ipv6(address)
}

/** The text without its port and its brackets, if it has the form of an address with these. */
export const withoutPort = (text: string): string => {
  const [, bracketed, withPort] = written.exec(text) ?? []
  return bracketed ?? withPort ?? text
}

/** `[address]` and `[address]:port`; an IPv4 address with a port; anything else, which has no port. */
const written = /^(?:\[([^\]]*)\](?::\d{1,5})?|(\d[\d.]*):\d{1,5}|([^[\]]*))$/

/** The longest address is 45 characters long. The rest is for brackets, port, zone and white space. */
const longest = 100

const ipv4 = (text: string): IpAddress | undefined => {
  const bytes = bytesOf(text)
  return bytes === undefined ? undefined : { _tag: "IPv4", bytes }
}

const bytesOf = (text: string): ReadonlyArray<number> | undefined =>
  /^(?:(?:0|[1-9]\d{0,2})(?:\.(?!$)|$)){4}$/.test(text) ? inRange(text.split(".").map(Number)) : undefined

const inRange = (bytes: ReadonlyArray<number>): ReadonlyArray<number> | undefined =>
  bytes.every((byte) => byte <= 0xff) ? bytes : undefined

const ipv6 = (text: string): IpAddress | undefined => {
  const halves = inHex(text).split("::")
  if (halves.length > 2 || !text.includes(":")) return undefined
  const [before, after] = [groupsOf(halves[0] ?? ""), groupsOf(halves[1] ?? "")]
  if (before === undefined || after === undefined) return undefined
  const missing = 8 - before.length - after.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  const groups = [...before, ...Array<number>(missing).fill(0), ...after]
  const inner = innerIPv4(groups)
  return inner === undefined ? { _tag: "IPv6", groups } : { _tag: "IPv4", bytes: inner }
}

/** The same address without dots: the last 32 bits may be written as an IPv4 address. */
const inHex = (text: string): string => {
  const at = text.lastIndexOf(":") + 1
  const bytes = bytesOf(text.slice(at))
  if (bytes === undefined) return text
  const [a = 0, b = 0, c = 0, d = 0] = bytes
  return `${text.slice(0, at)}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
}

/** The groups of one side of `::`. */
const groupsOf = (text: string): ReadonlyArray<number> | undefined => {
  const parts = text === "" ? [] : text.split(":")
  return parts.every((part) => /^[\da-f]{1,4}$/i.test(part))
    ? parts.map((part) => Number.parseInt(part, 16))
    : undefined
}

/**
 * The IPv4 address of a client that reaches the server with an IPv6 address made from it.
 *
 * | prefix              | what                    | the IPv4 address                     | see                |
 * | ------------------- | ----------------------- | ------------------------------------ | ------------------ |
 * | `::ffff:0:0/96`     | mapped, by the system   | the last 32 bits                     | RFC 4291 2.5.5.2   |
 * | `::ffff:0:0:0/96`   | translated              | the last 32 bits                     | RFC 2765 section 2.1 |
 * | `64:ff9b::/96`      | translated, NAT64       | the last 32 bits                     | RFC 6052           |
 * | `2002::/16`         | 6to4                    | the 32 bits after the prefix         | RFC 3056           |
 * | `2001::/32`         | Teredo                  | the last 32 bits, each bit inverted  | RFC 4380 section 4 |
 */
const innerIPv4 = (groups: ReadonlyArray<number>): ReadonlyArray<number> | undefined => {
  const begins = (...prefix: ReadonlyArray<number>): boolean => prefix.every((group, at) => groups[at] === group)
  const bytesAt = (at: number, invert = 0): ReadonlyArray<number> =>
    [groups[at] ?? 0, groups[at + 1] ?? 0].flatMap((group) => [(group >> 8) ^ invert, (group & 0xff) ^ invert])
  if (begins(0, 0, 0, 0, 0, 0xffff) || begins(0, 0, 0, 0, 0xffff, 0) || begins(0x64, 0xff9b, 0, 0, 0, 0))
    return bytesAt(6)
  if (begins(0x2002)) return bytesAt(1)
  return begins(0x2001, 0) ? bytesAt(6, 0xff) : undefined
}
