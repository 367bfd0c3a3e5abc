/**
 * What to do with a request in which a proxy or web server names the user that it has authenticated, in a header.
 *
 * | header                 | session is logged in as        | then                                                        |
 * | ---------------------- | ------------------------------ | ----------------------------------------------------------- |
 * | absent                 | no user                        | Keep                                                        |
 * | absent                 | a user logged in by the header | Logout; persistent: Keep                                    |
 * | absent                 | a user logged in otherwise     | Keep                                                        |
 * | names a user           | that user                      | Keep                                                        |
 * | names a user, or empty | no user, or another user       | Authenticate; first log out a user logged in by the header  |
 *
 * An empty header is authenticated too. That always fails, because no user has an empty name.
 *
 * @see https://docs.djangoproject.com/en/stable/ref/middleware/#django.contrib.auth.middleware.RemoteUserMiddleware
 * @see https://docs.djangoproject.com/en/stable/ref/middleware/#django.contrib.auth.middleware.PersistentRemoteUserMiddleware
 */

/** The user that the session is logged in as. */
export interface Current {
  /** Whether a remote-user backend authenticated the user. If not, an absent header does not log the user out. */
  readonly isRemote: boolean
  /** Whether the header names this user, after the backend has cleaned the name. */
  readonly isNamed: boolean
}

/** What the caller does before the handler runs. */
export type Decision =
  /** Nothing: the session stays as it is. */
  | { readonly _tag: "Keep" }
  /** Logs the user out. */
  | { readonly _tag: "Logout" }
  /** Logs in the user that the header names; with `logoutFirst`, logs the present user out before. */
  | { readonly _tag: "Authenticate"; readonly remoteUser: string; readonly logoutFirst: boolean }

/** The setting of the header. */
export interface RemoteUserPolicy {
  /** A user stays logged in when a request has no header: for proxies that authenticate only the login page. */
  readonly persistent: boolean
}

/** The header that names the user, and whether the user stays logged in without it. */
export interface RemoteUserHeader extends RemoteUserPolicy {
  /** The name of the HTTP header, such as `X-Remote-User`. */
  readonly header: string
}

/**
 * Decides by the table above.
 *
 * @param remoteUser the header's value as it was sent; `undefined`: the request has no such header
 * @param current `undefined`: no user is logged in
 */
export const decide = (
  { persistent }: RemoteUserPolicy,
  remoteUser: string | undefined,
  current: Current | undefined
): Decision => {
  const isRemote = current?.isRemote ?? false
  if (remoteUser === undefined) return isRemote && !persistent ? { _tag: "Logout" } : { _tag: "Keep" }
  if (current?.isNamed && remoteUser !== "") return { _tag: "Keep" }
  return { _tag: "Authenticate", remoteUser, logoutFirst: isRemote }
}
