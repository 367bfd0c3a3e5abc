/** A site on one adapter and on memory stores. Each clause adds its own pages. */
import { setTimeout as sleep } from "node:timers/promises"
import { createAuth } from "../../../../src/adapters/api/create-auth.ts"
import type { AuthOptions } from "../../../../src/adapters/api/options/auth-options.ts"
import { modelBackend } from "../../../../src/adapters/backend/model-backend.ts"
import { pbkdf2Sha256 } from "../../../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import type { AnyFields } from "../../../../src/adapters/request/session/session-access.ts"
import type { MemoryUser } from "../../../../src/adapters/store/memory.ts"
import * as Wire from "../../../full-stack/wire.ts"
import type { ContractAuth, ContractContext, ContractOptions, Handler, HttpAdapter } from "./adapter.ts"
import * as Client from "./client.ts"
import { type FaultyStores, faultyMemory } from "./faults.ts"

/** The users of the site; {@link passwordOf} gives their passwords. */
export const usernames = ["alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi"] as const
export const passwordOf = (username: string): string => `${username}'s pässword`

export const model = "django.contrib.auth.backends.ModelBackend"

type AuthChanges = Partial<AuthOptions<MemoryUser, AnyFields>>

export interface SiteOptions {
  readonly auth?: AuthChanges | ((stores: FaultyStores) => AuthChanges)
  readonly http?: ContractOptions
}

/** A request for a page. */
export interface Asking {
  /** Default GET. */
  readonly method?: string
  /** Header lines. */
  readonly lines?: ReadonlyArray<string>
  readonly body?: string
  /** Appended to the path in the request target. */
  readonly rest?: string
}

/** A browser that is logged in. */
export interface Visitor {
  readonly username: string
  readonly key: string
  /** The Cookie line of its requests. */
  readonly line: string
}

export interface Site {
  readonly port: number
  readonly auth: ContractAuth
  readonly stores: FaultyStores
  /** The path at which this handler answers; it also answers below `/static`. */
  readonly at: (handler: Handler) => string
  /** Sends one request that this handler answers. */
  readonly visit: (handler: Handler, asking?: Asking) => Promise<Wire.Reply>
  /** The same; the answer can be read while it arrives. */
  readonly open: (handler: Handler, asking?: Asking) => Client.Client
  readonly logIn: (username?: string) => Promise<Visitor>
  /** The session data of a request with this session key. */
  readonly dataOf: (key: string | undefined) => Promise<Readonly<Record<string, unknown>>>
  /** The user of a request with this session key. */
  readonly whoIs: (key: string | undefined) => Promise<string | undefined>
  /** The errors that `report` got since the last call. A clause fails if it leaves some unread. */
  readonly told: () => ReadonlyArray<unknown>
  readonly close: () => Promise<void>
}

export const startSite = async (adapter: HttpAdapter, options: SiteOptions = {}): Promise<Site> => {
  const stores = faultyMemory()
  const auth: ContractAuth = createAuth({
    secretKey: "contract-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe",
    sessions: stores.sessions,
    backends: { [model]: modelBackend(stores.users) },
    hashers: [pbkdf2Sha256({ iterations: 1 })],
    allowedHosts: ["example.com"],
    ...(typeof options.auth === "function" ? options.auth(stores) : options.auth)
  })
  for (const username of usernames) await auth.createUser({ username, password: passwordOf(username) })

  const pages = new Map<string, Handler>()
  const dispatch: Handler = async (context, request) => {
    const [, path = ""] = /^(?:http:\/\/[^/]*)?\/(?:static\/)?(\d+)/.exec(request.url) ?? []
    const handler = pages.get(path)
    if (handler === undefined) throw new Error(`no page at ${request.url}`)
    return handler(context, request)
  }
  let reported: Array<unknown> = []
  const report = (error: unknown): void => {
    reported.push(error)
  }
  const served = await adapter.serve(auth, dispatch, { report, ...options.http })
  const port = Number(new URL(served.url).port)

  const at = (handler: Handler): string => {
    const path = String(pages.size)
    pages.set(path, handler)
    return `/${path}`
  }
  const bytes = (handler: Handler, { method = "GET", lines = [], body = "", rest = "" }: Asking): Buffer =>
    Wire.request(method, at(handler) + rest, lines, body)
  const visit: Site["visit"] = (handler, asking = {}) => Wire.ask(port, bytes(handler, asking))

  /** Lets a handler of another request say something. */
  const hear = async <A>(key: string | undefined, say: (context: ContractContext) => Promise<A>): Promise<A> => {
    const said = Promise.withResolvers<A>()
    const reply = await visit(
      async (context) => {
        said.resolve(await say(context))
        return {}
      },
      { lines: key === undefined ? [] : [`Cookie: sessionid=${key}`] }
    )
    if (reply.status !== 200) throw new Error(`a witness was answered ${reply.status} ${reply.body}`)
    return said.promise
  }

  return {
    port,
    auth,
    stores,
    at,
    visit,
    open: (handler, asking = {}) => Client.open(port, bytes(handler, asking)),
    logIn: async (username = "alice") => {
      const reply = await visit(async (context) => {
        await authenticated(context, username)
        return {}
      })
      const key = keyIn(reply)
      if (key === undefined) throw new Error(`${username} could not log in: ${reply.status} ${reply.body}`)
      return { username, key, line: `Cookie: sessionid=${key}` }
    },
    dataOf: (key) =>
      hear(key, async ({ session }) =>
        Object.fromEntries(Array.from(await session.raw.all(), ([name, text]) => [name, JSON.parse(text)]))
      ),
    whoIs: (key) => hear(key, async ({ getUser }) => (await getUser())?.username),
    told: () => {
      const told = reported
      reported = []
      return told
    },
    close: async () => {
      await served.close()
      // Code that still runs for the last request has ended by now.
      await sleep(0)
    }
  }
}

/** Logs a user in. */
export const authenticated = async ({ authenticate, login }: ContractContext, username = "alice"): Promise<void> => {
  const user = await authenticate({ username, password: passwordOf(username) })
  if (user === undefined) throw new Error(`${username} is not known`)
  await login(user)
}

/** The key in the session cookie that a reply sets. */
export const keyIn = (reply: Wire.Reply): string | undefined =>
  Wire.cookiesOf(reply)
    .map((cookie) => /^sessionid=([a-z0-9]{32});/.exec(cookie)?.[1])
    .find((key) => key !== undefined)

/** A cookie line without its value and its date, if both are correct. */
export const shapeOf = (cookie: string): string => {
  const [, expires = ""] = /; expires=([^;]*)/i.exec(cookie) ?? []
  const [, maxAge = ""] = /; Max-Age=([^;]*)/i.exec(cookie) ?? []
  const isDue = Math.abs(Date.parse(expires) / 1000 - Date.now() / 1000 - Number(maxAge)) <= 5
  return cookie
    .replace(/^([^=]*)=[a-zA-Z0-9]{32};/, "$1=…;")
    .replace(expires, isDue && new Date(expires).toUTCString() === expires ? "DUE" : expires)
}

/** The same, ignoring the order and case of attributes and a dot before the domain, as clients do (RFC 6265, 5.2). */
export const meaningOf = (cookie: string): string => {
  const [pair, ...attributes] = shapeOf(cookie).split("; ")
  const meant = attributes.map((attribute) =>
    attribute.replace(/^[^=]*/, (name) => name.toLowerCase()).replace("domain=.", "domain=")
  )
  return [pair, ...meant.sort()].join("; ")
}

/** Names in the Vary lines of a reply, in lower case, sorted. */
export const varyOf = ({ headers }: Wire.Reply): ReadonlyArray<string> =>
  (headers.get("vary") ?? [])
    .flatMap((line) => line.split(","))
    .map((name) => name.trim().toLowerCase())
    .sort()
