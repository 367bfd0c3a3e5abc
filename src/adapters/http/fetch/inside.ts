/**
 * Which requests' handlers we are inside of. Not kept on the `Request`: frameworks hand one to several handlers at the
 * same time, each of which writes the session when it is done.
 */
import { AsyncLocalStorage } from "node:async_hooks"
import type { Auth } from "../../interpreter/create-auth.ts"
import type { SessionFields } from "../../interpreter/session-access.ts"
import { type AnyOpened, isOpenedBy, type Opened } from "../opened.ts"

interface Inside {
  /** A request by all objects that stand for it. */
  readonly requests: ReadonlyArray<object>
  readonly opened: AnyOpened
  readonly outer: Inside | undefined
}

const inside = new AsyncLocalStorage<Inside>()

/** Runs a handler inside of a request. */
export const insideOf = <User extends object, Fields extends SessionFields, A>(
  opened: Opened<User, Fields>,
  requests: ReadonlyArray<object>,
  handle: () => A
): A => inside.run({ requests, opened, outer: inside.getStore() }, handle)

/** What was opened, if this runs inside of that request's handler. */
export const openedAround = <User extends object, Fields extends SessionFields>(
  auth: Auth<User, Fields>,
  request: object
): Opened<User, Fields> | undefined => {
  for (let at = inside.getStore(); at !== undefined; at = at.outer)
    if (at.requests.some((one) => isSame(one, request)) && isOpenedBy(auth, at.opened)) return at.opened
  return undefined
}

/**
 * The method of the outermost request for the same path inside of whose handler we are: middleware that overrides the
 * method hands a new `Request` to the whole application.
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
 * Frameworks hand copies of a request to handlers inside: React Router one to each loader. A request with other cookies
 * is another one, which the handler makes for another client.
 */
const isSame = (one: object, other: object): boolean =>
  one === other ||
  (isRequest(one) &&
    isRequest(other) &&
    one.url === other.url &&
    one.method === other.method &&
    one.headers.get("cookie") === other.headers.get("cookie"))

const isRequest = (value: object): value is Request => "url" in value && "method" in value && "headers" in value
