import type { Kind } from "../../adapters/options/option-kinds.ts"

/** The kind of options that are the origin of a site. */
export const originKind: Kind = {
  written: 'an origin as in "https://shop.example"',
  accepts: (value) => typeof value === "string" && /^https?:$/.test(URL.parse(value)?.protocol ?? "")
}
