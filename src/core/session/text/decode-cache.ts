import { ownText } from "./own-text.ts"

/**
 * A cache from text to value with a limit in bytes. It has two generations. A value that is read moves into the recent
 * one. When the recent generation is full, it becomes the older one, and the values of the previous older one are
 * dropped. So a hit in the recent generation costs one look-up and moves nothing.
 */
export interface Memo<Value> {
  readonly get: (text: string) => Value | undefined
  /** A text that has a value keeps it. */
  readonly set: (text: string, value: Value, bytes: number) => void
  readonly remove: (text: string) => void
}

/**
 * The end of a text, for {@link makeMemo}. Signed texts end with their signature, which differs between them. To hash
 * the whole text would take longer than everything else that a hit costs.
 */
export const endOf = (text: string): string => text.slice(-24)

interface Entry<Value> {
  readonly text: string
  readonly value: Value
  readonly bytes: number
}

/** @param keyOf a part by which texts are found. Of texts with the same part, only one is kept. */
export const makeMemo = <Value>(
  maximumBytes: number,
  keyOf: (text: string) => string = (text) => text
): Memo<Value> => {
  const generationBytes = maximumBytes / 2
  let older = new Map<string, Entry<Value>>()
  let recent = new Map<string, Entry<Value>>()
  let recentBytes = 0

  const keep = (entry: Entry<Value>): void => {
    if (entry.bytes > generationBytes) return
    if (recentBytes + entry.bytes > generationBytes) {
      older = recent
      recent = new Map()
      recentBytes = 0
    }
    const key = keyOf(entry.text)
    recentBytes += entry.bytes - (recent.get(key)?.bytes ?? 0)
    recent.set(key, entry)
  }

  return {
    get: (text) => {
      const key = keyOf(text)
      const hit = recent.get(key)
      if (hit?.text === text) return hit.value
      const old = older.get(key)
      if (old?.text !== text) return undefined
      keep(old)
      return old.value
    },
    set: (text, value, bytes) => {
      if (recent.get(keyOf(text))?.text !== text) keep({ text: ownText(text), value, bytes })
    },
    remove: (text) => {
      const key = keyOf(text)
      if (older.get(key)?.text === text) older.delete(key)
      const entry = recent.get(key)
      if (entry?.text !== text) return
      recentBytes -= entry.bytes
      recent.delete(key)
    }
  }
}

/** How many texts {@link makeSightings} remembers at most: a power of two. */
const slots = 16_384

/**
 * Returns a function that tells whether it was probably asked about the same text not long ago. A text that is read
 * only once would be moved through the generations of V8's heap for nothing if it were cached: so only a text that is
 * read again is worth a place in a {@link Memo}.
 */
export const makeSightings = (): ((text: string) => boolean) => {
  let seen: Int32Array | undefined
  return (text) => {
    seen ??= new Int32Array(slots)
    // The end of a signed text is its signature, so it differs even if the session is the same.
    let hash = text.length
    for (let at = Math.max(0, text.length - 24); at < text.length; at++)
      hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0
    const slot = (hash ^ (hash >>> 14)) & (slots - 1)
    if (seen[slot] === hash) return true
    seen[slot] = hash
    return false
  }
}
