/** The cookies of a hostile client, which sends its requests as bytes. */
import type { Reply } from "../../full-stack/wire.ts"
import { parseSetCookie } from "../../rig/browser.ts"

export interface Jar {
  /** Name to value. */
  readonly cookies: Map<string, string>
  /** Keeps the cookies of an answer. */
  readonly keep: (reply: Reply) => void
  /** The line of the request. */
  readonly line: () => string
}

export const jar = (): Jar => {
  const cookies = new Map<string, string>()
  return {
    cookies,
    keep: ({ headers }) => {
      for (const { attributes, name, value } of (headers.get("set-cookie") ?? []).map(parseSetCookie)) {
        const isRemoval = attributes.some(([attribute, text]) => attribute === "Max-Age" && Number(text) <= 0)
        if (isRemoval) cookies.delete(name)
        else cookies.set(name, value)
      }
    },
    line: () => `Cookie: ${Array.from(cookies, ([name, value]) => `${name}=${value}`).join("; ")}`
  }
}
