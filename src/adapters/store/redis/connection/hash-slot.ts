/** The slot of a key, one of the cluster's 16384. Source: Redis Cluster specification, "Key distribution model". */

export const slots = 16_384

/** @param key bytes as text, one character per byte */
export const slotOf = (key: string): number => crc16(hashed(key)) % slots

/** The text in the first pair of braces, if it is not empty; otherwise the whole key. */
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
 * Another name with the same slot, so that one script can change both.
 *
 * @param key if it has braces, the first pair must not be empty
 */
export const inSameSlot = (key: string, suffix: string): string =>
  hashed(key) === key ? `{${key}}${suffix}` : `${key}${suffix}`
