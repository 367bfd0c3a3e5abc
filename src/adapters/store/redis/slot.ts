/** Which of a cluster's 16384 slots a key belongs to. Source: Redis Cluster specification, "Key distribution model". */

export const slots = 16_384

/** @param key as bytes, one character each */
export const slotOf = (key: string): number => crc16(hashed(key)) % slots

/** What stands in the first pair of braces, if anything does; else the whole key. */
const hashed = (key: string): string => {
  const open = key.indexOf("{")
  const close = open < 0 ? -1 : key.indexOf("}", open + 1)
  return close > open + 1 ? key.slice(open + 1, close) : key
}

/** CRC-16/XMODEM. */
const crc16 = (bytes: string): number => {
  let crc = 0
  for (let i = 0; i < bytes.length; i++) {
    crc ^= bytes.charCodeAt(i) << 8
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021
    crc &= 0xffff
  }
  return crc
}

/**
 * A second name that has the same slot, so that one script can reach both.
 *
 * @param key whose braces, if there are any, enclose something
 */
export const inSameSlot = (key: string, suffix: string): string =>
  hashed(key) === key ? `{${key}}${suffix}` : `${key}${suffix}`
