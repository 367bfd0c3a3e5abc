/** zlib streams (RFC 1950), with a size limit for inflating. */
import { deflateSync, inflateSync } from "node:zlib"

/** The bytes differ from those of CPython's zlib. Each of the two can read the other's. */
export const deflate = (bytes: Uint8Array): Uint8Array => deflateSync(bytes)

/**
 * @returns `"TooLarge"` for a stream that inflates to more than `maximumBytes`; `undefined` if `bytes` is not a zlib
 * stream
 */
export const inflate = (bytes: Uint8Array, maximumBytes: number): Uint8Array | "TooLarge" | undefined => {
  try {
    return inflateSync(bytes, { maxOutputLength: maximumBytes })
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE" ? "TooLarge" : undefined
  }
}
