/**
 * The `basePath` of next.config, without a slash at its end; `""` if there is none. Next removes the base path from the
 * URLs of requests to routes, and does not tell pages and actions their URL. When Next builds an application, it
 * replaces this expression by the value, as it does in its own links.
 */
export const basePath = (): string => process.env.__NEXT_ROUTER_BASEPATH ?? ""

/** Path and query of a page within the application. @param page with the base path or without */
export const withoutBasePath = (page: string): string => {
  const base = basePath()
  if (base === "" || !page.startsWith(base)) return page
  const rest = page.slice(base.length)
  return /^($|[/?])/.test(rest) ? rest : page
}
