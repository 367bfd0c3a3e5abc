/**
 * What an adapter supplies about a request. Values are as they were received, so that every framework gets the same
 * result.
 */
export interface RequestHead {
  /** As it was sent. Methods are case-sensitive. */
  readonly method: string
  /** The method that the application sees, if a method override may have replaced the one that was sent. */
  readonly rewrittenMethod?: string
  /** The target of the request line, neither decoded nor normalised. */
  readonly target: string
  /**
   * In order, including repeated ones. Values are Latin-1, one character for each byte, as Node provides them. They
   * stay Latin-1, although Django would decode a `Cookie` header as UTF-8.
   */
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  /** The `Cookie` header, repeated ones joined by `; `, if it can be found faster than in {@link headers}. */
  readonly cookie?: () => string | undefined
  /** Repeated headers have already been joined into one, by `, `. */
  readonly joinsHeaders?: true | undefined
  /** The framing of the message shows that there is no body. `false` or absent: there may be one. */
  readonly hasNoBody?: boolean
  /**
   * The path at which the application is mounted, if the framework removed it from the target: Django's SCRIPT_NAME.
   */
  readonly basePath?: string | undefined
  /** The framework adds {@link basePath} to a redirect to a path, but not to one to an absolute URL. */
  readonly prefixesRedirects?: true | undefined
  /** The response can carry cookies, and no other header of latchkey. */
  readonly carriesOnlyCookies?: true | undefined
  /** The framework serves the same page with and without a slash at the end of the path. */
  readonly ignoresTrailingSlash?: true | undefined
  /** Facts about the connection itself. Headers do not change them. */
  readonly transport: {
    /** Whether the connection to this server is encrypted. */
    readonly secure: boolean
    /** Used when the request has no Host header. */
    readonly serverName: string
    /** Digits. */
    readonly serverPort: string
    /** The IP address of the other end, which may be a proxy's; absent if the framework does not provide it. */
    readonly clientAddress?: string | undefined
  }
}

/** The `Cookie` header; see {@link header}. */
export const cookieHeader = (head: RequestHead): string | undefined =>
  head.cookie === undefined ? header(head, "cookie") : head.cookie()

/**
 * The value of a header; `name` may have any case. Repeated headers are joined in order: `Cookie` by `; ` (RFC 6265
 * section 5.4, RFC 9113 section 8.2.3), others by `,` (RFC 9110 section 5.3), as by gunicorn and Django's ASGI handler.
 * A repeated `Host` therefore becomes an invalid host.
 *
 * @returns `undefined` when the header was not sent; `""` when it was sent empty
 */
export const header = (head: RequestHead, name: string): string | undefined => {
  const wanted = name.toLowerCase()
  let joined: string | undefined
  for (const [sent, value] of head.headers) {
    if (sent.length !== wanted.length || sent.toLowerCase() !== wanted) continue
    joined = joined === undefined ? value : joined + (wanted === "cookie" ? "; " : ",") + value
  }
  return joined
}
