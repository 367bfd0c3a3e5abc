/**
 * What Next's functions throw to say what is to be answered: `redirect()`, `permanentRedirect()`, `notFound()`,
 * `forbidden()`, `unauthorized()`. Next knows such an error by its `digest`, and so does everybody else.
 */

export type Thrown =
  | { readonly _tag: "Redirect"; readonly location: string; readonly status: number }
  | { readonly _tag: "Status"; readonly status: number }
  /** Something between Next and itself, as when it finds out that a page cannot be prerendered. */
  | { readonly _tag: "Internal" }

/** @returns `undefined` for errors that are none of Next's */
export const thrownByNext = (error: unknown): Thrown | undefined => {
  if (typeof error !== "object" || error === null || !("digest" in error) || typeof error.digest !== "string")
    return undefined
  const [, location, redirect] = /^NEXT_REDIRECT;(?:push|replace);(.*);(30[378]);$/s.exec(error.digest) ?? []
  if (location !== undefined) return { _tag: "Redirect", location, status: Number(redirect) }
  const [, status] = /^NEXT_HTTP_ERROR_FALLBACK;(40[134])$/.exec(error.digest) ?? []
  return status === undefined ? { _tag: "Internal" } : { _tag: "Status", status: Number(status) }
}
