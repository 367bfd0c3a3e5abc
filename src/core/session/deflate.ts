/** zlib streams (RFC 1950), never larger than the caller allows. */
import { deflateSync, inflateSync } from "node:zlib"

/** Other bytes than CPython's zlib makes; either reads both. */
export const deflate = (bytes: Uint8Array): Uint8Array => deflateSync(bytes)

/** @returns `undefined` for what is no zlib stream, and for one that holds more than `maximumBytes` */
export const inflate = (bytes: Uint8Array, maximumBytes: number): Uint8Array | undefined => {
  try {
    return inflateSync(bytes, { maxOutputLength: maximumBytes })
  } catch {
    return undefined
  }
}
