/**
 * The request that is being answered: Next's own `headers()` and `cookies()`, unless a test kit answers the request in
 * a process without a Next server (`latchkey/testing/next`). Then the kit's functions are called. They do not depend on
 * Next's internal modules, which change between versions.
 */
import * as next from "next/headers.js"
import * as server from "next/server.js"
import type { NextCookies, NextRequest } from "./next-head.ts"
import type { CookieJar } from "./send-cookies.ts"

/** A request that a test kit answers. */
export interface NextScope {
  readonly headers: () => Promise<NextRequest["headers"]>
  readonly cookies: () => Promise<NextCookies & CookieJar>
  /** Returns what `make` returned for the first call with this key during this request. */
  readonly once: <A>(key: object, make: () => A) => A
}

/**
 * The test kit's request, if there is one. It is read from a global variable, because a test runner may load latchkey
 * twice, and the kit must reach both copies.
 */
export const testScope = (): NextScope | undefined => globalThis.latchkeyNextScope?.()

export const headers = (): Promise<NextRequest["headers"]> => (testScope() ?? next).headers()

export const cookies = (): Promise<NextCookies & CookieJar> => (testScope() ?? next).cookies()

/**
 * Waits until a browser asks for the page. With `partialPrefetching`, Next also renders the page ahead of a request,
 * with the cookies of a browser. The time is not allowed there, and an expired session is recognised by the time.
 */
export const connection = async (): Promise<void> => {
  if (testScope() === undefined) await server.connection()
}
