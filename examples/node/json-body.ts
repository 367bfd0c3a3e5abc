import type { IncomingMessage } from "node:http"
import { Core } from "latchkey"

/** The body of a request: an object from key to JSON text, so that numbers stay as they were written. */
export type JsonBody =
  | { readonly _tag: "Body"; readonly data: Core.SessionData }
  | { readonly _tag: "TooLarge" }
  | { readonly _tag: "Malformed"; readonly detail: string }

const maximumBytes = 100_000

/** Reads an object from the body; an empty body is an empty object. UTF-8 and JSON, strictly. */
export const readJsonBody = async (req: IncomingMessage): Promise<JsonBody> => {
  const chunks: Array<Buffer> = []
  let bytes = 0
  try {
    for await (const chunk of req) {
      bytes += chunk.length
      // What is too much is read to its end, so that the client hears the answer, but not kept.
      if (bytes <= maximumBytes) chunks.push(chunk)
    }
  } catch {
    return { _tag: "Malformed", detail: "the body ended before its end" }
  }
  if (bytes > maximumBytes) return { _tag: "TooLarge" }
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks)) || "{}"
    JSON.parse(text)
    const data = Core.Json.parseObject(text)
    return data === undefined ? { _tag: "Malformed", detail: "expected an object" } : { _tag: "Body", data }
  } catch {
    return { _tag: "Malformed", detail: "the body is not JSON in UTF-8" }
  }
}

/** Reads one member of the expected shape; `undefined` if it is missing or of another. */
export type Shape<A> = (data: Core.SessionData) => A | undefined

/** A text that PostgreSQL can hold: no NUL, no lone surrogate. */
export const text =
  (key: string): Shape<string> =>
  (data) => {
    const value = read(data, key)
    return typeof value === "string" && value.isWellFormed() && !value.includes("\0") ? value : undefined
  }

export const texts =
  (key: string): Shape<ReadonlyArray<string>> =>
  (data) => {
    const value = read(data, key)
    return Array.isArray(value) && value.every((item) => typeof item === "string") ? value : undefined
  }

/** A whole number of seconds, at most ten years either way, or null. */
export const seconds =
  (key: string): Shape<{ readonly seconds: number | null }> =>
  (data) => {
    const json = data.get(key)
    if (json === "null") return { seconds: null }
    if (json === undefined || !/^-?\d{1,12}$/.test(json)) return undefined
    return Math.abs(Number(json)) <= 315_360_000 ? { seconds: Number(json) || 0 } : undefined
  }

const read = (data: Core.SessionData, key: string): unknown => {
  const json = data.get(key)
  return json === undefined ? undefined : Core.Json.read(json)
}
