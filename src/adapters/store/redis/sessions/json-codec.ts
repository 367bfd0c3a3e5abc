/**
 * Session data as plain JSON, as a Django whose cache serializes JSON stores it. Values in a cache are not signed. A
 * text has one character per byte.
 */

import { parseMembers, writeMembers } from "../../../../core/json/stored-json.ts"
import { type CodecSettings, defaultMaximumBytes, SessionTooLarge } from "../../../../core/session/text/codec.ts"
import { makeMemo, makeSightings } from "../../../../core/session/text/decode-cache.ts"
import type { Decoded, SessionCodec } from "../../../../core/session/value/session-settings.ts"

const malformed: Decoded = Object.freeze({ _tag: "Malformed" })

/** Longer texts are not remembered, and are decoded each time. */
const longestRemembered = 64 * 1024

/** `encode` throws {@link SessionTooLarge}. `decode` never throws; pickled data is malformed. */
export const makeJsonCodec = ({
  maximumBytes = defaultMaximumBytes,
  memoBytes = 8 * 1024 * 1024
}: Pick<CodecSettings, "maximumBytes" | "memoBytes">): SessionCodec => {
  const memo = makeMemo<Decoded>(memoBytes)
  const wasSeen = makeSightings()

  const decode = (text: string): Decoded => {
    if (text.length > maximumBytes) return { _tag: "TooLarge", maximumBytes }
    const data = parseMembers(text)
    if (data === undefined) return malformed
    const decoded: Decoded = Object.freeze({ _tag: "Decoded", data })
    if (text.length <= longestRemembered && wasSeen(text))
      memo.set(text, decoded, 2 * text.length + 192 * (1 + data.size))
    return decoded
  }

  return {
    encode: (data) => {
      const json = writeMembers(data)
      if (json.length > maximumBytes) throw new SessionTooLarge(maximumBytes)
      return json
    },
    decode: (text) => memo.get(text) ?? decode(text)
  }
}
