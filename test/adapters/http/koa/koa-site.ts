/** A Koa application on memory stores that fail when a test makes them. */
import type { RequestListener } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import Koa from "koa"
import { createAuth } from "../../../../src/adapters/api/create-auth.ts"
import type { AuthOptions } from "../../../../src/adapters/api/options/auth-options.ts"
import { modelBackend } from "../../../../src/adapters/backend/model-backend.ts"
import { koaAuth } from "../../../../src/adapters/http/koa.ts"
import { pbkdf2Sha256 } from "../../../../src/adapters/password/hashers/pbkdf2-hasher.ts"
import type { AnyFields } from "../../../../src/adapters/request/session/session-access.ts"
import type { MemoryUser } from "../../../../src/adapters/store/memory.ts"
import * as Wire from "../../../full-stack/wire.ts"
import type { ContractAuth } from "../contract/adapter.ts"
import * as Client from "../contract/client.ts"
import { type FaultyStores, faultyMemory } from "../contract/faults.ts"
import { listen } from "../contract/node-server.ts"
import { model } from "../contract/site.ts"

export const password = "alice's pässword"

export interface Asking {
  readonly method?: string
  /** Header lines. */
  readonly lines?: ReadonlyArray<string>
  readonly body?: string
}

export interface KoaSite {
  readonly auth: ContractAuth
  readonly stores: FaultyStores
  /** The errors of Koa's event `error`, in order. */
  readonly errors: ReadonlyArray<unknown>
  readonly ask: (target: string, asking?: Asking) => Promise<Wire.Reply>
  /** The same, but the answer can be read while it arrives. */
  readonly open: (target: string, asking?: Asking) => Client.Client
  /** A session of alice's. */
  readonly logIn: () => Promise<{ readonly key: string; readonly line: string }>
  /** The data of the session with this key, as a new request reads it. */
  readonly dataOf: (key: string | undefined) => Promise<Readonly<Record<string, unknown>>>
  readonly close: () => Promise<void>
}

/** A Koa application with any type of context. */
export interface Application {
  readonly callback: () => RequestListener
  readonly on: (event: "error", listener: (error: unknown) => void) => unknown
}

/** Serves the application; alice is its only user. */
export const startKoa = async (
  build: (auth: ContractAuth) => Application,
  options: Partial<AuthOptions<MemoryUser, AnyFields>> = {}
): Promise<KoaSite> => {
  const stores = faultyMemory()
  const auth: ContractAuth = createAuth({
    secretKey: "koa-Wq7Zt3Kp9Xv2Rm6Yh4Bs8Nd5Lc1Jg0Fe",
    sessions: stores.sessions,
    backends: { [model]: modelBackend(stores.users) },
    hashers: [pbkdf2Sha256({ iterations: 1 })],
    allowedHosts: ["example.com"],
    ...options
  })
  await auth.createUser({ username: "alice", password })
  const errors: Array<unknown> = []
  const app = build(auth)
  app.on("error", (error) => errors.push(error))
  const served = await listen(app.callback())
  const port = Number(new URL(served.url).port)
  const bytes = (target: string, { method = "GET", lines = [], body = "" }: Asking) =>
    Wire.request(method, target, lines, body)
  const contextOf = (key?: string) =>
    auth.open({
      method: "GET",
      target: "/",
      headers: key === undefined ? [] : [["Cookie", `sessionid=${key}`]],
      transport: { secure: false, serverName: "", serverPort: "" }
    }).context

  return {
    auth,
    stores,
    errors,
    ask: (target, asking = {}) => Wire.ask(port, bytes(target, asking)),
    open: (target, asking = {}) => Client.open(port, bytes(target, asking)),
    logIn: async () => {
      const { authenticate, commit, login, session } = contextOf()
      const user = await authenticate({ username: "alice", password })
      if (user === undefined) throw new Error("alice is not known")
      await login(user)
      await commit()
      const key = session.key() ?? ""
      return { key, line: `Cookie: sessionid=${key}` }
    },
    dataOf: async (key) =>
      Object.fromEntries(
        Array.from(await contextOf(key ?? "").session.raw.all(), ([name, text]) => [name, JSON.parse(text)])
      ),
    close: served.close
  }
}

/** Runs a test on such an application. */
export const onKoa =
  (
    build: Parameters<typeof startKoa>[0],
    test: (site: KoaSite) => Promise<void>,
    options: Partial<AuthOptions<MemoryUser, AnyFields>> = {}
  ) =>
  async (): Promise<void> => {
    const site = await startKoa(build, options)
    try {
      await test(site)
    } finally {
      await site.close()
    }
  }

/** Writes the session and sends this answer. */
export const answering = (answer: (ctx: Koa.Context) => unknown) => (auth: ContractAuth) =>
  new Koa().use(koaAuth(auth, { report: () => {} })).use(async (ctx) => {
    await ctx.session.set("a", 1)
    answer(ctx)
  })

/** A stream of the text `text`. */
export const webStream = (onCancel = () => {}) =>
  new ReadableStream({
    pull: async (controller) => {
      await sleep(1)
      controller.enqueue(new TextEncoder().encode("text"))
      controller.close()
    },
    cancel: onCancel
  })
