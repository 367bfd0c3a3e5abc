/**
 * The `basePath` of next.config, without a slash at its end; `""` where there is none. Next takes it off the requests of
 * routes, and tells pages and actions nothing of their URL. Where it builds an application it replaces this expression
 * by the value, as it does for its own links.
 */
export const basePath = (): string => process.env.__NEXT_ROUTER_BASEPATH ?? ""

/** Path and query of a page within the application. @param page with the base path or without */
export const withoutBasePath = (page: string): string => {
  const base = basePath()
  if (base === "" || !page.startsWith(base)) return page
  const rest = page.slice(base.length)
  return /^($|[/?])/.test(rest) ? rest : page
}
