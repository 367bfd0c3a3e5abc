/** Reads the body of a form: URL-encoded or JSON, up to a limit. */
import { header, type RequestHead } from "../../core/http/request/request-head.ts"
import * as Query from "../../core/http/urls/query.ts"
import type { ReadForm } from "../account-pages/visit/account-request.ts"

/** The most bytes of a form of the account pages. Its longest fields are two passwords of 4096 bytes each. */
export const mostFormBytes = 100_000

/** Bytes of a body, in pieces. */
export type BodyChunks = AsyncIterable<Uint8Array | string>

/**
 * Reads and parses a body. No more than the limit is kept in memory.
 *
 * @param chunks the body; `undefined`: there is none
 */
export const readForm = async (head: RequestHead, chunks: BodyChunks | undefined): Promise<ReadForm> => {
  const type = (header(head, "content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? ""
  const parse = type === "application/x-www-form-urlencoded" ? urlEncoded : isJsonType(type) ? json : undefined
  if (chunks === undefined || head.hasNoBody === true) return { _tag: "Form", fields: new URLSearchParams() }
  if (parse === undefined) return { _tag: "UnsupportedType" }
  const bytes = await bytesOf(chunks)
  return typeof bytes === "string" ? { _tag: bytes } : parse(bytes)
}

const isJsonType = (type: string): boolean =>
  type === "application/json" || (type.startsWith("application/") && type.endsWith("+json"))

const bytesOf = async (chunks: BodyChunks): Promise<Uint8Array | "TooLarge" | "Malformed"> => {
  const kept: Array<Uint8Array> = []
  let length = 0
  try {
    for await (const chunk of chunks) {
      const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk
      length += bytes.length
      if (length > mostFormBytes) return "TooLarge"
      kept.push(bytes)
    }
  } catch {
    return "Malformed"
  }
  return Buffer.concat(kept)
}

/**
 * Node's own parser of such a text takes two seconds for 100 KB of some: its time grows with the square of the length.
 * Made of pairs, the object costs little.
 */
const urlEncoded = (bytes: Uint8Array): ReadForm => {
  const pairs = Array.from(Query.parse(new TextDecoder().decode(bytes)), ([name, values]) =>
    values.map((value): [string, string] => [name, value])
  )
  return { _tag: "Form", fields: new URLSearchParams(pairs.flat()) }
}

const json = (bytes: Uint8Array): ReadForm => {
  if (bytes.length === 0) return { _tag: "Form", fields: {} }
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes))
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? { _tag: "Form", fields: value }
      : { _tag: "Malformed" }
  } catch {
    return { _tag: "Malformed" }
  }
}
