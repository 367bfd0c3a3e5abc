/** Runs code of a Next application as part of a request, in a process without a Next server. */
import { AsyncLocalStorage } from "node:async_hooks"
import { NextRequest, NextResponse } from "next/server.js"
import type { NextScope } from "../../adapters/http/next/framework/scope.ts"
import { type NextJars, nextJars, type Phase } from "./next-cookies.ts"
import { type NextStores, openStores, type StoredRequest } from "./next-stores.ts"

const current = new AsyncLocalStorage<NextScope>()

// If this module is loaded twice, both copies work.
const scopeOfOtherCopy = globalThis.latchkeyNextScope
globalThis.latchkeyNextScope = () => current.getStore() ?? scopeOfOtherCopy?.()

let stores: Promise<NextStores> | undefined

/**
 * Calls `f` in the request. Tasks that were given to Next's `after()` are finished before the response is returned.
 *
 * @param first the phase in which `f` runs
 * @returns the response of `f`, with the cookies that were set by Next's `cookies()`
 */
export const inRequest = async (
  request: Request,
  first: "action" | "render",
  f: (request: NextRequest) => Promise<Response>
): Promise<Response> => {
  stores ??= openStores()
  const { run, runTask } = await stores
  const nextRequest = asReceived(request)
  let phase: Phase = first
  const jars = nextJars(nextRequest, () => phase)
  const tasks: Array<() => unknown> = []
  const stored: StoredRequest = {
    request: nextRequest,
    jars,
    phase: () => phase,
    after: (task) =>
      tasks.push(typeof task === "function" ? AsyncLocalStorage.bind(() => runTask(first, () => task())) : () => task)
  }
  const response = await current.run(scopeOf(stored), () => run(stored, () => f(nextRequest)))
  phase = "after"
  // A task may add further tasks.
  for (const task of tasks) await task()
  return withCookies(response, jars)
}

const scopeOf = ({ jars, phase, request }: StoredRequest): NextScope => {
  const memory = new Memory()
  return {
    headers: async () => request.headers,
    cookies: async () => (phase() === "action" ? jars.writable : jars.readOnly),
    once: (key, make) => memory.once(key, make)
  }
}

/** The first result for each key. */
class Memory {
  readonly #results = new Map<object, unknown>()

  once<A>(key: object, make: () => A): A
  once(key: object, make: () => unknown): unknown {
    if (!this.#results.has(key)) this.#results.set(key, make())
    return this.#results.get(key)
  }
}

/** The request with the headers that a request has when Next's server has received it. */
const asReceived = (request: Request): NextRequest => {
  const { host, port, protocol } = new URL(request.url)
  const headers = new Headers(request.headers)
  const received = {
    host,
    "x-forwarded-host": headers.get("host") ?? host,
    "x-forwarded-port": port === "" ? (protocol === "https:" ? "443" : "80") : port,
    "x-forwarded-proto": protocol.slice(0, -1),
    "x-forwarded-for": "127.0.0.1"
  }
  for (const [name, value] of Object.entries(received)) if (!headers.has(name)) headers.set(name, value)
  return new NextRequest(request, { headers })
}

/** Adds the cookies that were set by `cookies()`. As in Next, a cookie that the response itself sets is kept. */
const withCookies = (response: Response, { changed }: NextJars): Response => {
  const set = changed()
  if (set.length === 0) return response
  const merged = new NextResponse(null, { headers: response.headers })
  const own = merged.cookies.getAll()
  for (const cookie of [...set, ...own]) merged.cookies.set(cookie)
  const headers = new Headers(response.headers)
  headers.delete("set-cookie")
  for (const line of merged.headers.getSetCookie()) headers.append("set-cookie", line)
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers })
}
