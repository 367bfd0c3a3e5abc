/** The endpoints of the example in this process, on a real socket and a real database, with further pages of a test. */
import { once } from "node:events"
import { createServer, type RequestListener } from "node:http"
import * as Effect from "effect/Effect"
import {
  type AnyFields,
  type Auth,
  type AuthOptions,
  createAuth,
  modelBackend,
  pbkdf2Sha256,
  type SessionStore
} from "latchkey"
import { type NodeAuthOptions, type NodeHandler, nodeAuth } from "latchkey/node"
import { type ClientOptions, createClient, type DjangoUser, type PostgresStores, postgres } from "latchkey/postgres"
import { nodeSite } from "../../examples/node/handler.ts"
import { type Browser, browser } from "../rig/browser.ts"
import { patient } from "../rig/patience.ts"

export const secretKey = "full-stack-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe"
export const model = "django.contrib.auth.backends.ModelBackend"

/** The users. The password of each is {@link passwordOf} the name. */
export const users = ["alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi"] as const
export const passwordOf = (username: string): string => `${username}'s pässword`

export type SiteAuth = Auth<DjangoUser, AnyFields>
export type Page = NodeHandler<DjangoUser, AnyFields>

export interface SiteOptions extends NodeAuthOptions {
  /** Handlers by path. All other paths are the example's. */
  readonly pages?: Readonly<Record<string, Page>>
  /** Instead of pages: another application that uses this authentication. */
  readonly application?: (auth: SiteAuth) => RequestListener
  /** PBKDF2 iterations for new passwords; default 1. */
  readonly iterations?: number
  /** For how many sessions the store remembers the user id; default: enough. */
  readonly guesses?: number
  /** Records the sessions of users. */
  readonly userSessions?: boolean
  /** The session store. Default: the database's. @param rows that one */
  readonly sessions?: (rows: SessionStore) => SessionStore
  /** The setting of the same name. Default: 60. */
  readonly deadlineSeconds?: number
  /** Other settings. */
  readonly settings?: Partial<AuthOptions<DjangoUser, AnyFields>>
  /** Default: all. */
  readonly allowedHosts?: ReadonlyArray<string>
}

export interface Site {
  readonly url: string
  readonly port: number
  readonly auth: SiteAuth
  readonly stores: PostgresStores<DjangoUser>
  /** The errors that the adapter reported as bugs. */
  readonly bugs: ReadonlyArray<unknown>
  /** Runs SQL over the application's own connections. `$1` is the first parameter. */
  readonly query: (
    text: string,
    ...parameters: ReadonlyArray<string | number>
  ) => Promise<ReadonlyArray<Readonly<Record<string, unknown>>>>
  readonly stop: () => Promise<void>
}

/** What the suites of hostile requests need of a site. */
export type Host = Pick<Site, "url" | "port" | "auth" | "query">

/** The deadlines that an application has if it sets none. */
export const usualDeadlines = {
  database: { deadlineSeconds: 1, connectTimeoutSeconds: 1, operationDeadlineSeconds: 3 },
  auth: { deadlineSeconds: 3 }
} as const

/**
 * Starts a site whose database contains the {@link users}. Its deadlines are long, so that a busy machine is not mistaken for
 * an outage; a test of outages sets the usual ones.
 */
export const startSite = async (database: ClientOptions, options: SiteOptions = {}): Promise<Site> => {
  const { allowedHosts = ["*"], application, deadlineSeconds, guesses, iterations = 1, pages = {}, ...others } = options
  const { settings = {}, sessions = (rows) => rows, userSessions = false, ...adapter } = others
  const client = createClient({ ...patient, ...database })
  const stores = postgres({ client, userSessions, sessions: guesses === undefined ? {} : { guesses } })
  await stores.createTables()
  const auth: SiteAuth = createAuth({
    secretKey,
    sessions: sessions(stores.sessions),
    backends: { [model]: modelBackend(stores.users) },
    hashers: [pbkdf2Sha256({ iterations })],
    allowedHosts,
    deadlineSeconds: 60,
    ...settings,
    ...(deadlineSeconds === undefined ? {} : { deadlineSeconds })
  })
  for (const username of users) await auth.createUser({ username, password: passwordOf(username) })

  const bugs: Array<unknown> = []
  const rest = nodeSite(auth)
  const handler: Page = (req, res, context) => (pages[req.url ?? ""] ?? rest.handler)(req, res, context)
  const listener =
    application?.(auth) ?? nodeAuth(auth, handler, { report: (error) => bugs.push(error), ...rest.options, ...adapter })
  const server = createServer(listener)
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("not listening on a port")

  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    auth,
    stores,
    bugs,
    query: async (text, ...parameters) =>
      Array.from(
        await Effect.runPromise(
          client.run((sql) => sql.unsafe<Array<Record<string, unknown>>>(text, [...parameters]), "once")
        )
      ),
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await client.close()
    }
  }
}

/** A browser in which that user has logged in. */
export const loggedIn = async (site: { readonly url: string }, username: string): Promise<Browser> => {
  const visitor = browser()
  const { status } = await visitor.post(site, "/login", { username, password: passwordOf(username) })
  if (status !== 200) throw new Error(`${username} could not log in: ${status}`)
  return visitor
}

/** The user name that the site sees for this browser, or `undefined` for an anonymous visitor. */
export const whoIs = async (site: { readonly url: string }, visitor: Browser): Promise<string | undefined> => {
  const { status, text } = await visitor.get(site, "/me")
  if (status !== 200 && status !== 401) throw new Error(`/me answered ${status} ${text}`)
  const { user } = JSON.parse(text)
  return user ?? undefined
}
