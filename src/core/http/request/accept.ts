/** Which kind of response a client asks for. */
import { header, type RequestHead } from "./request-head.ts"

/**
 * Whether the client asks for JSON and not for a page: its `Accept` header names a JSON type, and neither HTML nor
 * XHTML. Wildcards do not count, because browsers and scripts send them in any case (RFC 9110 section 12.5.1).
 */
export const asksForJson = (head: RequestHead): boolean => {
  const accept = header(head, "accept")
  if (accept === undefined) return false
  const types = accept
    .toLowerCase()
    .split(",")
    .filter((range) => !/;\s*q\s*=\s*0(\.0*)?\s*(;|$)/.test(range))
    .map((range) => range.split(";", 1)[0]?.trim() ?? "")
  return types.some(isJson) && !types.includes("text/html") && !types.includes("application/xhtml+xml")
}

const isJson = (type: string): boolean =>
  type === "application/json" || (type.startsWith("application/") && type.endsWith("+json"))
