import { randomFillSync } from "node:crypto"

/**
 * Random bytes that are not used yet. They are drawn in blocks, as by Node's `randomInt`, because drawing 32 takes
 * almost as long as drawing 4096. Each is used once and then overwritten.
 */
const bytes = Buffer.alloc(4096)
let next = bytes.length

const randomByte = (): number => {
  if (next === bytes.length) {
    randomFillSync(bytes)
    next = 0
  }
  const byte = bytes.readUInt8(next)
  bytes.writeUInt8(0, next)
  next++
  return byte
}

/** Random characters of `alphabet`, each equally likely. @param alphabet at most 256 characters */
export const randomText = (alphabet: string, length: number): string => {
  // Greater bytes are left out: with them, the remainder would favour the first characters.
  const limit = 256 - (256 % alphabet.length)
  const units: Array<number> = []
  while (units.length < length) {
    const byte = randomByte()
    if (byte < limit) units.push(alphabet.charCodeAt(byte % alphabet.length))
  }
  return String.fromCharCode(...units)
}
