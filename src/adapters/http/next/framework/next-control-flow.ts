/**
 * The errors by which Next's functions say what to answer: `redirect()`, `permanentRedirect()`, `notFound()`,
 * `forbidden()`, `unauthorized()`. Next recognises such an error by its `digest`, and so does this module.
 */

export type Thrown =
  | { readonly _tag: "Redirect"; readonly location: string; readonly status: number }
  | { readonly _tag: "Status"; readonly status: number }
  /** Next throws it for internal purposes, for example when it finds that a page cannot be prerendered. */
  | { readonly _tag: "Internal" }

/** @returns `undefined` for errors that Next did not make */
export const thrownByNext = (error: unknown): Thrown | undefined => {
  if (typeof error !== "object" || error === null || !("digest" in error) || typeof error.digest !== "string")
    return undefined
  const [, location, redirect] = /^NEXT_REDIRECT;(?:push|replace);(.*);(30[378]);$/s.exec(error.digest) ?? []
  if (location !== undefined) return { _tag: "Redirect", location, status: Number(redirect) }
  if (error.digest === notFoundOfNext150) return { _tag: "Status", status: 404 }
  const [, status] = /^NEXT_HTTP_ERROR_FALLBACK;(40[134])$/.exec(error.digest) ?? []
  return status === undefined ? { _tag: "Internal" } : { _tag: "Status", status: Number(status) }
}

/**
 * The response that Next makes of such an error.
 *
 * @param seeOther whether redirects have the status 303: after a form is sent, the browser should request the next page
 * with GET, and 307 would repeat the POST
 * @returns `undefined` for errors that are no answer
 */
export const responseTo = (error: unknown, seeOther: boolean): Response | undefined => {
  const thrown = thrownByNext(error)
  switch (thrown?._tag) {
    case undefined:
    case "Internal":
      return undefined
    case "Status":
      return new Response(null, { status: thrown.status })
    case "Redirect":
      return new Response(null, {
        status: seeOther ? 303 : thrown.status,
        headers: { location: thrown.location }
      })
    default:
      return thrown satisfies never
  }
}

/** The digest of `notFound()` in Next 15.0; 15.1 and later use `NEXT_HTTP_ERROR_FALLBACK;404`. */
const notFoundOfNext150 = "NEXT_NOT_FOUND"
