/**
 * The functions of Next and React that are used here. The application brings its own Next and React. The module names
 * end in `.js`, so that Node finds the files if a bundler does not resolve the import.
 */
declare namespace NodeJS {
  interface ProcessEnv {
    /** Declared as a property, so that code can read it with a dot. Next replaces only that form. */
    readonly __NEXT_ROUTER_BASEPATH?: string
  }
}

/** Set by the test kit: see scope.ts. */
declare var latchkeyNextScope: (() => import("./scope.ts").NextScope | undefined) | undefined

declare module "next/headers.js" {
  export const headers: () => Promise<Iterable<[name: string, value: string]>>
  export const cookies: () => Promise<import("./next-head.ts").NextCookies & import("./send-cookies.ts").CookieJar>
}

declare module "next/server.js" {
  export const connection: () => Promise<void>
  /** Next 15.0 has no `after`. */
  export const after: ((task: () => Promise<void>) => void) | undefined
  export namespace NextResponse {
    /** An answer that lets the request go on to its page, and adds its headers to the page's. */
    const next: () => Response
  }
}

declare module "next/cache.js" {
  /** Since Next 16. */
  export const refresh: (() => void) | undefined
}

declare module "next/navigation.js" {
  export const redirect: (url: string) => never
  export const notFound: () => never
  export const forbidden: (() => never) | undefined
}

declare module "react" {
  /** Calls the function once for each argument while one page is rendered. React 18 has it inside Next only. */
  export const cache: (<F extends (...args: never) => unknown>(f: F) => F) | undefined
  export type ReactNode = ReactElement | string | null | undefined | ReadonlyArray<ReactNode>
  export const Fragment: unknown
  /** Since React 19. */
  export const useActionState: <State, Payload>(
    action: (state: Awaited<State>, payload: Payload) => State | Promise<State>,
    initial: Awaited<State>
  ) => [state: Awaited<State>, dispatch: (payload: Payload) => void, isPending: boolean]
  export const useEffect: (effect: () => void, on: ReadonlyArray<unknown>) => void
  export const useRef: <Value>(initial: Value) => { current: Value }
}
