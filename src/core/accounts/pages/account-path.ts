/**
 * The paths of the account pages below the path at which they are mounted. Those that Django has are Django's, so that
 * links of both open on either site.
 *
 * @see https://docs.djangoproject.com/en/stable/topics/auth/default/#module-django.contrib.auth.views
 */

/** Pages without a link from an e-mail. */
export type PlainRoute =
  | "login"
  | "logout"
  | "signup"
  | "signup/done"
  | "password_change"
  | "password_change/done"
  | "password_reset"
  | "password_reset/done"
  | "reset/done"
  | "email_change"
  | "email_change/done"
  | "email/done"
  | "sessions"
  | "reauthenticate"
  | "deactivate"
  | "delete"

/** Pages of links: `reset/<uid>/<token>`. */
export type LinkRoute = "reset" | "verify" | "email"

/** A page that a path leads to. */
export type AccountRoute =
  | { readonly _tag: "Page"; readonly route: PlainRoute }
  | { readonly _tag: "Link"; readonly route: LinkRoute; readonly uid: string; readonly token: string }
  | { readonly _tag: "Stylesheet" }

/** The name of the style sheet of the pages, below their path. */
export const stylesheetName = "style.css"

const plain: ReadonlySet<string> = new Set<PlainRoute>([
  "login",
  "logout",
  "signup",
  "signup/done",
  "password_change",
  "password_change/done",
  "password_reset",
  "password_reset/done",
  "reset/done",
  "email_change",
  "email_change/done",
  "email/done",
  "sessions",
  "reauthenticate",
  "deactivate",
  "delete"
])

const isPlain = (path: string): path is PlainRoute => plain.has(path)

/**
 * The page of a path, with or without a slash at its end; `undefined` if it is not one of the account pages.
 *
 * @param target the target of the request, without its query, as it was sent
 * @param mount the path at which the pages are mounted, as in `/accounts`; `""`: at the root
 */
export const routeOf = (target: string, mount: string): AccountRoute | undefined => {
  if (!target.startsWith(`${mount}/`)) return undefined
  if (target === `${mount}/${stylesheetName}`) return { _tag: "Stylesheet" }
  const path = target.slice(mount.length + 1).replace(/\/$/, "")
  if (isPlain(path)) return { _tag: "Page", route: path }
  const [, route, uid, token] = /^(reset|verify|email)\/([0-9A-Za-z_-]+)\/([0-9A-Za-z._-]+)$/.exec(path) ?? []
  if (uid === undefined || token === undefined) return undefined
  return route === "reset" || route === "verify" || route === "email" ? { _tag: "Link", route, uid, token } : undefined
}

/** The token in the URL of a link's second page. The real token is in the session then, and not in `Referer`. */
export const tokenInSession = "set-password"

/** The path of a page. */
export const pathOf = (mount: string, trailingSlash: boolean, ...parts: ReadonlyArray<string>): string =>
  `${mount}/${parts.join("/")}${trailingSlash ? "/" : ""}`
