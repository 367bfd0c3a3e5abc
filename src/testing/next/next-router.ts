/** What Client Components ask of Next's router while they are rendered on the server. */
import { createRequire } from "node:module"
import * as React from "react"
import type { AnyParams } from "../../adapters/http/next/handlers/route.ts"

const require = createRequire(import.meta.url ?? __filename)

/** React contexts that Next's `useRouter`, `usePathname`, `useSearchParams` and `useParams` read: internal to Next. */
const modules = [
  "next/dist/shared/lib/app-router-context.shared-runtime.js",
  "next/dist/shared/lib/hooks-client-context.shared-runtime.js"
]

/** In a version of Next that keeps its contexts elsewhere, those functions return `null` or throw. */
export const withRouter = (
  page: React.ReactElement,
  url: { readonly pathname: string; readonly search: string },
  params: AnyParams
): React.ReactElement => {
  const contexts = Object.assign({}, ...modules.map(loaded))
  const values: Readonly<Record<string, unknown>> = {
    AppRouterContext: router,
    PathnameContext: url.pathname,
    SearchParamsContext: new URLSearchParams(url.search),
    PathParamsContext: params
  }
  return Object.entries(values).reduce((inner, [name, value]) => {
    const provider: unknown = contexts[name]?.Provider
    return provider === undefined ? inner : React.createElement(provider, { value }, inner)
  }, page)
}

const loaded = (path: string): object => {
  try {
    return Object(require(path))
  } catch {
    return {}
  }
}

/** Its functions are called by event handlers and effects, which do not run on a server. */
const router = Object.fromEntries(
  ["push", "replace", "refresh", "back", "forward", "prefetch"].map((name) => [name, () => {}])
)
