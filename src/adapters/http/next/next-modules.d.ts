/**
 * The few functions of Next and React that are used here. The application brings its own Next and React. The names end
 * in `.js`, so that Node finds the files where a bundler leaves the import alone.
 */
declare namespace NodeJS {
  interface ProcessEnv {
    /** Spelt with a dot, so that Next replaces it. */
    readonly __NEXT_ROUTER_BASEPATH?: string
  }
}

declare module "next/headers.js" {
  export const headers: () => Promise<Iterable<[name: string, value: string]>>
  export const cookies: () => Promise<import("./request-head.ts").NextCookies & import("./send-cookies.ts").CookieJar>
}

declare module "next/navigation.js" {
  export const redirect: (url: string) => never
  export const notFound: () => never
  export const forbidden: (() => never) | undefined
}

declare module "react" {
  /** Calls the function once for each argument while one page is rendered. React 18 has it inside Next only. */
  export const cache: (<F extends (...args: never) => unknown>(f: F) => F) | undefined
}
