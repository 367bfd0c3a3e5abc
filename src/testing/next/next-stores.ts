/**
 * The stores in which Next keeps the request that it answers. `headers()`, `cookies()`, `after()`, `draftMode()` and
 * other functions of Next read them. They are internal modules of Next. The test kit's own tests run with the last
 * patch of every minor version of Next since 15.1.
 */
import { AsyncLocalStorage } from "node:async_hooks"
import { createRequire } from "node:module"
import * as next from "next/headers.js"
import { NextRequest } from "next/server.js"
import { type NextJars, nextJars, type Phase } from "./next-cookies.ts"

/** A request as Next's stores describe it. */
export interface StoredRequest {
  readonly request: NextRequest
  readonly jars: NextJars
  readonly phase: () => Phase
  /** Called by Next's `after()`, with a function or a promise. */
  readonly after: (task: unknown) => void
}

export interface NextStores {
  /** Calls `f` while the stores contain the request. */
  readonly run: <A>(stored: StoredRequest, f: () => A) => A
  /** Calls a function that was given to `after()`. @param spawned the phase of the request when `after()` was called */
  readonly runTask: <A>(spawned: Phase, task: () => A) => A
}

const require = createRequire(import.meta.url ?? __filename)

/**
 * @returns functions that run code without the stores, after a warning, if this version of Next keeps its requests in
 * other places
 */
export const openStores = async (): Promise<NextStores> => {
  prepareGlobal()
  const [work, unit] = [storeNamed("work-async-storage"), storeNamed("work-unit-async-storage")]
  const [action, afterTask] = [storeNamed("action-async-storage"), storeNamed("after-task-async-storage")]
  if (work !== undefined && unit !== undefined) {
    const stores: NextStores = {
      run: (stored, f) => {
        const inStores = () => work.run(workStore(stored), () => unit.run(requestStore(stored), f))
        if (action === undefined || stored.phase() !== "action") return inStores()
        return action.run({ isAction: true, isAppRoute: true }, inStores)
      },
      runTask: (spawned, task) =>
        afterTask === undefined ? task() : afterTask.run({ rootTaskSpawnPhase: spawned }, task)
    }
    if (await areUnderstood(stores)) return stores
  }
  process.emitWarning(
    `latchkey/testing/next: Next ${version()} keeps its requests in places that this version of latchkey does not know. latchkey's own functions work in tests; code that itself calls headers() or cookies() of next/headers fails.`
  )
  return { run: (_stored, f) => f(), runTask: (_spawned, task) => task() }
}

/** Next uses this global variable. Its server sets it before it loads anything. */
const prepareGlobal = (): void => {
  if (!("AsyncLocalStorage" in globalThis)) Reflect.set(globalThis, "AsyncLocalStorage", AsyncLocalStorage)
}

const storeNamed = (name: string): AsyncLocalStorage<unknown> | undefined => {
  for (const folder of ["next/dist/server/app-render", "next/dist/client/components"]) {
    const found = Object.values(loaded(`${folder}/${name}.external.js`)).find(isStore)
    if (found !== undefined) return repaired(found)
  }
  return undefined
}

const loaded = (path: string): object => {
  try {
    return Object(require(path))
  } catch {
    return {}
  }
}

const methods = ["run", "getStore", "exit", "enterWith", "disable"] as const

const isStore = (value: unknown): value is AsyncLocalStorage<unknown> =>
  typeof value === "object" && value !== null && methods.every((name) => typeof Reflect.get(value, name) === "function")

/**
 * If Next was loaded before its global variable was set, which is so when a test imports its pages first, its store is
 * a stand-in whose `run` throws. Then the stand-in gets the methods of a real store.
 */
const repaired = (store: AsyncLocalStorage<unknown>): AsyncLocalStorage<unknown> => {
  if (canRun(store)) return store
  const real = new AsyncLocalStorage<unknown>()
  for (const name of methods) Reflect.set(store, name, real[name].bind(real))
  return store
}

const canRun = (store: AsyncLocalStorage<unknown>): boolean => {
  try {
    return store.run(methods, () => store.getStore() === methods)
  } catch {
    return false
  }
}

/** Whether Next's own functions find a request in the stores. */
const areUnderstood = async ({ run }: NextStores): Promise<boolean> => {
  const request = new NextRequest("http://localhost/", { headers: { cookie: "probe=1" } })
  const phase = (): Phase => "render"
  try {
    return await run({ request, jars: nextJars(request, phase), phase, after: () => {} }, async () => {
      const [headers, cookies] = await Promise.all([next.headers(), next.cookies()])
      return Array.from(headers).length === 1 && cookies.getAll()[0]?.name === "probe"
    })
  } catch {
    return false
  }
}

const version = (): unknown => Reflect.get(loaded("next/package.json"), "version")

const requestStore = ({ jars, phase, request }: StoredRequest): object => ({
  type: "request",
  get phase() {
    return phase()
  },
  url: request.nextUrl,
  headers: request.headers,
  cookies: jars.readOnly,
  mutableCookies: jars.writable,
  userspaceMutableCookies: jars.writable,
  rootParams: {},
  implicitTags: { tags: [], expirationsByCacheKind: new Map() },
  draftMode: { isEnabled: false }
})

const workStore = ({ after, request }: StoredRequest): object => ({
  page: `${request.nextUrl.pathname}/page`,
  route: request.nextUrl.pathname,
  isStaticGeneration: false,
  afterContext: { after },
  refreshTagsByCacheKind: new Map(),
  previouslyRevalidatedTags: [],
  incrementalCache: emptyCache,
  reactServerErrorsByDigest: new Map(),
  runInCleanSnapshot: <Args extends ReadonlyArray<unknown>>(f: (...args: Args) => unknown, ...args: Args) => f(...args),
  cacheComponentsEnabled: false
})

/** A cache that keeps nothing, so that `unstable_cache` calls its function each time. */
const emptyCache = {
  isOnDemandRevalidate: false,
  generateCacheKey: async (key: string) => key,
  generateSimpleCacheKey: async (key: string) => key,
  get: async () => null,
  set: async () => {}
}
