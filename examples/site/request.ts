/** A request, independent of the framework. */

export interface SiteRequest {
  /** In capitals; HEAD is treated as GET. */
  readonly method: string
  /** Percent escapes are decoded; dots and repeated slashes are kept. */
  readonly path: string
  readonly query: URLSearchParams
  readonly header: (name: string) => string | undefined
  /** Reads the whole body; call it only once. */
  readonly body: () => Promise<Body>
  /** Whether the body is an HTML form that a browser sent without JavaScript. */
  readonly isForm: boolean
}

export type Body =
  | { readonly _tag: "Bytes"; readonly bytes: Uint8Array }
  | { readonly _tag: "TooLarge" }
  /** The connection ended before the whole body arrived. */
  | { readonly _tag: "Broken" }

/** The parts of a framework's request that the site needs. */
export interface Incoming {
  readonly method: string | undefined
  /** As it was sent: a path with its query, or an absolute URL. */
  readonly target: string | undefined
  readonly header: (name: string) => string | undefined
  /** Chunks of the body; a Node request is one of these, and so is the `body` of a web Request. */
  readonly body: AsyncIterable<Uint8Array> | undefined | null
}

export const siteRequest = ({ body, header, method = "GET", target = "/" }: Incoming): SiteRequest => ({
  method: method === "HEAD" ? "GET" : method,
  path: pathOf(target),
  query: queryOf(target),
  header,
  body: () => readBytes(body ?? empty),
  isForm: /^\s*application\/x-www-form-urlencoded\s*(;|$)/i.test(header("content-type") ?? "")
})

/** The path of a request's target: percent escapes decoded, origin, query and fragment dropped. */
export const pathOf = (target: string): string => {
  const [path = ""] = withoutOrigin(target).split("?")
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

const queryOf = (target: string): URLSearchParams =>
  new URLSearchParams(withoutOrigin(target).split("?").slice(1).join("?"))

const withoutOrigin = (target: string): string => target.replace(/^https?:\/\/[^/?#]*/i, "").replace(/#.*/, "")

/** If a name is repeated, the last value is used. */
export const last = (values: URLSearchParams, name: string): string | undefined => values.getAll(name).at(-1)

const maximumBytes = 100_000

const readBytes = async (body: AsyncIterable<Uint8Array>): Promise<Body> => {
  const chunks: Array<Uint8Array> = []
  let length = 0
  try {
    for await (const chunk of body) {
      length += chunk.length
      // A body that is too large is read to its end, so that the client receives the answer, but its bytes are dropped.
      if (length <= maximumBytes) chunks.push(chunk)
    }
  } catch {
    return { _tag: "Broken" }
  }
  return length > maximumBytes ? { _tag: "TooLarge" } : { _tag: "Bytes", bytes: Buffer.concat(chunks) }
}

const empty: AsyncIterable<Uint8Array> = { async *[Symbol.asyncIterator]() {} }
