/** What an adapter must supply of a request: what came in, undigested, so that every framework gets the same answer. */
export interface RequestHead {
  /** As it came over the wire; methods are case-sensitive. */
  readonly method: string
  /** The method that the application sees, where something before latchkey may have replaced the one on the wire. */
  readonly rewrittenMethod?: string
  /** The request target as it stands in the request line, neither decoded nor normalised. */
  readonly target: string
  /**
   * In order, repeated ones included. Values are Latin-1: one character for each byte, as Node hands them out. They
   * are kept that way, where Django would go on and decode a `Cookie` header as UTF-8.
   */
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  /** Headers that were sent more than once have been made one, joined by `, `. */
  readonly joinsHeaders?: true | undefined
  /** The framing of the message says that there is no body. `false` or absent: there may be one. */
  readonly hasNoBody?: boolean
  /** The path that the application is mounted at, where the framework took it off the target: Django's SCRIPT_NAME. */
  readonly basePath?: string | undefined
  /** The framework adds {@link basePath} to a redirect to a path, but not to one to an absolute URL. */
  readonly prefixesRedirects?: true | undefined
  /** The framework serves a page with and without a slash at its end. */
  readonly ignoresTrailingSlash?: true | undefined
  /** What the socket itself says, whatever the headers claim. */
  readonly transport: {
    /** Whether the connection to us is encrypted. */
    readonly secure: boolean
    /** Stands in where there is no Host header. */
    readonly serverName: string
    /** Digits. */
    readonly serverPort: string
    /** The IP address at the other end, which may be a proxy's; absent where the framework does not tell it. */
    readonly clientAddress?: string | undefined
  }
}

/**
 * The value of a header, in whatever case it was sent. Repeated headers are joined in order: `Cookie` by `; `
 * (RFC 6265 section 5.4, RFC 9113 section 8.2.3), others by `,` (RFC 9110 section 5.3), as gunicorn and Django's ASGI
 * handler do. A repeated `Host` is thereby no host at all.
 *
 * @returns `undefined` when it was not sent, as opposed to sent empty
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
