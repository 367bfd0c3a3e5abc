/** Decodes a stored text for its two users: loading a session, and a write that found the row changed. */
import type { SessionData } from "../../json/session-data.ts"
import type { SessionCodec } from "../value/session-settings.ts"

/**
 * The stored session is over the size limit, although Django may read it. Going on with an empty session would lose its
 * data. Thrown by functions that take a store's answer; nothing was changed.
 */
export class SessionUnreadable extends Error {
  override readonly name = "SessionUnreadable"
  constructor(maximumBytes: number) {
    super(`the stored session holds more than ${maximumBytes} bytes of JSON: raise the setting maximumSessionBytes`)
  }
}

export interface StoredData {
  /** `undefined`: the text is corrupt. Django treats that as a session without data. */
  readonly data: SessionData | undefined
  /** Whether the text is corrupt because no secret of this application signed it. */
  readonly badSignature: boolean
}

/** @throws {SessionUnreadable} */
export const storedData = (codec: SessionCodec, text: string): StoredData => {
  const decoded = codec.decode(text)
  switch (decoded._tag) {
    case "Decoded":
      return { data: decoded.data, badSignature: false }
    case "BadSignature":
      return { data: undefined, badSignature: true }
    case "Malformed":
      return { data: undefined, badSignature: false }
    case "TooLarge":
      throw new SessionUnreadable(decoded.maximumBytes)
    default:
      return decoded satisfies never
  }
}
