/** zlib streams (RFC 1950), with a size limit for inflating. */

/** Loaded at its first use: many applications have only short sessions, which are not deflated. */
const zlib = () => process.getBuiltinModule("node:zlib")

/** The bytes differ from those of CPython's zlib. Each of the two can read the other's. */
export const deflate = (bytes: Uint8Array): Uint8Array => zlib().deflateSync(bytes, windowFor(bytes))

/**
 * A window no larger than the input needs: with zlib's default each call allocates 256 KiB outside of the heap, so V8
 * collects garbage more often. zlib does not search the last 262 bytes of a window.
 */
const windowFor = (bytes: Uint8Array) => {
  const windowBits = Math.min(15, Math.max(9, Math.ceil(Math.log2(bytes.length + 262))))
  return { windowBits, memLevel: Math.min(8, windowBits - 6) }
}

/** The beginning of a zlib stream whose first block holds so many bytes as they are (RFC 1951 section 3.2.4). */
export const streamHead = (stored: number): Uint8Array =>
  Uint8Array.of(0x78, 0x9c, 0x00, stored & 0xff, stored >> 8, ~stored & 0xff, (~stored >> 8) & 0xff)

/** Deflates, but the first bytes stay readable in the stream. @param stored how many, below 65,536 */
export const deflateBehind = (stored: number, bytes: Uint8Array): Uint8Array => {
  const dictionary = bytes.subarray(0, stored)
  return Buffer.concat([
    streamHead(stored),
    dictionary,
    zlib().deflateRawSync(bytes.subarray(stored), { ...windowFor(bytes), dictionary }),
    adler32(bytes)
  ])
}

/** The checksum at the end of a stream (RFC 1950 section 8.2). */
const adler32 = (bytes: Uint8Array): Uint8Array => {
  let [a, b] = [1, 0]
  for (const byte of bytes) {
    a = (a + byte) % 65_521
    b = (b + a) % 65_521
  }
  return Uint8Array.of(b >> 8, b & 0xff, a >> 8, a & 0xff)
}

/**
 * @returns `"TooLarge"` for a stream that inflates to more than `maximumBytes`; `undefined` if `bytes` is not a zlib
 * stream
 */
export const inflate = (bytes: Uint8Array, maximumBytes: number): Uint8Array | "TooLarge" | undefined => {
  try {
    return zlib().inflateSync(bytes, { maxOutputLength: maximumBytes })
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE" ? "TooLarge" : undefined
  }
}
