/**
 * Path and query of the page whose form calls a Server Action. Next does not tell it, but the browser does, in
 * `Referer`.
 *
 * @param headers those of the call; `Origin` is checked elsewhere, and `Referer` counts only if it has the same origin
 * @returns `undefined` if the browser sent no path. With the Referrer-Policy `origin` it sends `/` for each page, so
 * `/` counts as none. No page of Next has a path that begins with `//`.
 */
export const callingPage = (headers: Iterable<readonly [name: string, value: string]>): string | undefined => {
  const sent = new Map(Array.from(headers, ([name, value]) => [name.toLowerCase(), value]))
  const referer = sent.get("referer")
  if (referer === undefined || !URL.canParse(referer)) return undefined
  const { origin, pathname, search } = new URL(referer)
  const page = pathname + search
  return origin === sent.get("origin") && /^\/[^/]/.test(page) ? page : undefined
}
