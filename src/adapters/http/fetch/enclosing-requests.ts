/**
 * The requests whose handlers are running: each of these handlers called the current code. They are not stored on the
 * `Request`: frameworks pass one `Request` to several handlers at the same time, and each of them writes the session
 * when it is done.
 */
import { AsyncLocalStorage } from "node:async_hooks"
import type { Auth } from "../../api/auth.ts"
import type { SessionFields } from "../../request/session/session-access.ts"
import { type AnyOpened, isOpenedBy, type Opened } from "../opened.ts"

interface Inside {
  /** All objects that represent this request. */
  readonly requests: ReadonlyArray<object>
  readonly opened: AnyOpened
  readonly outer: Inside | undefined
}

const inside = new AsyncLocalStorage<Inside>()

/** Runs the handler of a request. */
export const insideOf = <User extends object, Fields extends SessionFields, A>(
  opened: Opened<User, Fields>,
  requests: ReadonlyArray<object>,
  handle: () => A
): A => inside.run({ requests, opened, outer: inside.getStore() }, handle)

/**
 * The opened request, if its handler called the current code.
 *
 * @param requests all objects that represent the request
 */
export const openedAround = <User extends object, Fields extends SessionFields>(
  auth: Auth<User, Fields>,
  requests: ReadonlyArray<object>
): Opened<User, Fields> | undefined => {
  for (let at = inside.getStore(); at !== undefined; at = at.outer)
    if (isOpenedBy(auth, at.opened) && haveSame(at.requests, requests)) return at.opened
  return undefined
}

const haveSame = (outer: ReadonlyArray<object>, inner: ReadonlyArray<object>): boolean =>
  outer.some((one) => inner.some((other) => isSame(one, other)))

/**
 * The method of a request whose handler called the current code, if it has the same path. Of several such requests, the
 * outermost counts. Middleware that overrides the method passes a new `Request` to the whole application.
 */
export const methodAround = (request: Request): string | undefined => {
  let method: string | undefined
  for (let at = inside.getStore(); at !== undefined; at = at.outer)
    for (const outer of at.requests)
      if (outer instanceof Request && pathOf(outer) === pathOf(request)) method = outer.method
  return method
}

const pathOf = ({ url }: Request): string => new URL(url).pathname

/**
 * Whether two objects represent the same request. Frameworks pass copies of a request to inner handlers: React Router
 * passes one to each loader, Hono's `mount` passes one without the front of the path. A request with other cookies is a
 * different one, which the handler makes for another client.
 */
const isSame = (one: object, other: object): boolean =>
  one === other ||
  (isRequest(one) &&
    isRequest(other) &&
    one.method === other.method &&
    one.headers.get("cookie") === other.headers.get("cookie") &&
    (one.url === other.url || isMounted(one, other)))

/**
 * Whether the inner request is the outer one, passed to an application that is mounted at a path. Such a copy lacks the
 * front of the path, and has the same headers.
 */
const isMounted = (outer: Request, inner: Request): boolean => {
  const [from, to] = [new URL(outer.url), new URL(inner.url)]
  return (
    from.origin === to.origin &&
    from.search === to.search &&
    (to.pathname === "/" || from.pathname.endsWith(to.pathname)) &&
    headerText(outer) === headerText(inner)
  )
}

const headerText = ({ headers }: Request): string => JSON.stringify([...headers])

const isRequest = (value: object): value is Request => "url" in value && "method" in value && "headers" in value
