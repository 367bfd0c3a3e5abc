/**
 * The CSRF check without tokens (`csrfMode: "fetch-metadata"`). Browsers say in the header `Sec-Fetch-Site` whether a
 * page of this site sends a request, and in `Origin` which page it is. No page can set or change these headers.
 *
 * | Sec-Fetch-Site          | no Origin  | Origin `null` | own Origin | trusted Origin | another Origin |
 * | ----------------------- | ---------- | ------------- | ---------- | -------------- | -------------- |
 * | `same-origin`           | passed (*) | passed (*)    | passed     | passed         | refused        |
 * | `none`                  | passed (*) | refused       | passed     | passed         | refused        |
 * | `same-site`             | refused    | refused       | refused    | passed         | refused        |
 * | `cross-site`            | refused    | refused       | refused    | passed         | refused        |
 * | absent or another value | token      | refused       | passed     | passed         | refused        |
 *
 * (*) If the host of the request is allowed: a name that an attacker has pointed to this server is an origin of its
 * own.
 *
 * - `null` with `same-origin` is a page of this site with `Referrer-Policy: no-referrer`.
 * - `none` is a request that the user started, without a page.
 * - `same-site` is a page of another subdomain, or a redirect over one. It is refused although it may send this site's
 *   cookies.
 * - Browsers send `Sec-Fetch-Site` only over https and to localhost. Over http the Origin decides.
 * - *token*: clients that are not browsers, and very old browsers. They need a token, as in the other mode.
 *
 * GET, HEAD, OPTIONS and TRACE are not checked: a page of any site may link to them, so they must not change anything.
 *
 * @see https://www.w3.org/TR/fetch-metadata/
 */
import { header, type RequestHead } from "../http/request/request-head.ts"
import { hasAllowedHost, isOwnOrigin, type SourceSettings } from "./request-source.ts"
import * as TrustedOrigins from "./trusted-origins.ts"

/** What the headers of the browser say about a request. */
export type MetadataVerdict =
  | { readonly _tag: "Passed" }
  /** 403. The reason is for the log. It may quote the Origin. */
  | { readonly _tag: "Refused"; readonly reason: string }
  /** The client sent neither header: the token decides. */
  | { readonly _tag: "NeedsToken" }

/** Decides by the table above. Does not look at the method. */
export const judge = (settings: SourceSettings, head: RequestHead): MetadataVerdict => {
  const site = siteOf(head)
  const origin = header(head, "origin")
  if (origin !== undefined && TrustedOrigins.includesOrigin(settings.trustedOrigins, origin)) return passed
  if (site === "same-site" || site === "cross-site") return foreign(site, origin)
  if (origin !== undefined && isOwnOrigin(settings.http, head, origin)) return passed
  if (site === undefined) return origin === undefined ? { _tag: "NeedsToken" } : foreign(site, origin)
  if (origin !== undefined && !(site === "same-origin" && origin === "null")) return foreign(site, origin)
  return hasAllowedHost(settings.http, head)
    ? passed
    : { _tag: "Refused", reason: "Fetch metadata checking failed - the host is not allowed." }
}

type Site = "same-origin" | "same-site" | "cross-site" | "none"

const sites: ReadonlyArray<Site> = ["same-origin", "same-site", "cross-site", "none"]

/** `undefined` if the header is absent, repeated, or has a value of a later standard. */
const siteOf = (head: RequestHead): Site | undefined => {
  const sent = header(head, "sec-fetch-site")
  return sites.find((site) => site === sent)
}

const passed: MetadataVerdict = { _tag: "Passed" }

const foreign = (site: Site | undefined, origin: string | undefined): MetadataVerdict => ({
  _tag: "Refused",
  reason:
    origin === undefined
      ? `Fetch metadata checking failed - the request is ${site}.`
      : `Origin checking failed - ${origin} does not match any trusted origins.`
})
