/**
 * What becomes of a request that a proxy or web server has authenticated: it names the user in a header.
 *
 * | the header             | the session acts as       | then                                                     |
 * | ---------------------- | ------------------------- | -------------------------------------------------------- |
 * | absent                 | nobody                    | Keep                                                     |
 * | absent                 | a user it logged in       | Logout; persistent: Keep                                 |
 * | absent                 | a user who logged in here | Keep                                                     |
 * | names a user           | that user                 | Keep                                                     |
 * | names a user, or empty | anybody else              | Authenticate, after a logout where it logged them in     |
 *
 * An empty name is authenticated in vain: nobody has it.
 *
 * @see Django: RemoteUserMiddleware, PersistentRemoteUserMiddleware
 */

/** Whom the session acts as. */
export interface Current {
  /** Whether a remote-user backend vouches for the user. One who logged in otherwise is nothing to the header. */
  readonly isRemote: boolean
  /** Whether the header names this very user, once the backend has cleaned the name. */
  readonly isNamed: boolean
}

export type Decision =
  | { readonly _tag: "Keep" }
  | { readonly _tag: "Logout" }
  | { readonly _tag: "Authenticate"; readonly remoteUser: string; readonly logoutFirst: boolean }

export interface RemoteUserPolicy {
  /** A user stays logged in on requests without the header: for proxies that authenticate the login page only. */
  readonly persistent: boolean
}

/**
 * @param remoteUser the header's value as it was sent; `undefined`: it was not sent
 * @param current `undefined`: nobody is logged in
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
