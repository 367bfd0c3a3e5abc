/** What a stored text says, for the two places that take one in: reading the session, and a write that found it changed. */
import type { SessionData } from "./data.ts"
import type { SessionCodec } from "./settings.ts"

/**
 * The stored session cannot be read, although Django may read it: to go on with an empty session would lose its data.
 * Thrown by operations that take an answer of the store; nothing was changed.
 */
export class SessionUnreadable extends Error {
  override readonly name = "SessionUnreadable"
  constructor(maximumBytes: number) {
    super(`the stored session holds more than ${maximumBytes} bytes of JSON: raise the setting maximumSessionBytes`)
  }
}

export interface StoredData {
  /** `undefined`: the text is corrupt, which Django takes for a session without data. */
  readonly data: SessionData | undefined
  /** Whether it is corrupt since no secret of this application has signed it. */
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
