/** URL-safe base64 (RFC 4648 section 5) without padding. */

export const encode = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64url")

/**
 * Reads URL-safe base64, with or without padding.
 *
 * Stricter than Python, which skips characters outside the alphabet. Django never writes such characters.
 *
 * @returns `undefined` for a character outside the alphabet, or for an impossible length
 */
export const decode = (text: string): Uint8Array | undefined => {
  const digits = text.replace(/={1,2}$/, "")
  return /^[A-Za-z0-9_-]*$/.test(digits) && digits.length % 4 !== 1 ? Buffer.from(digits, "base64url") : undefined
}
