/**
 * The few functions of Next and React that are used here. They exist inside an application only, which brings its own
 * Next; with the endings of files, so that Node finds them too where a bundler leaves the import alone.
 */
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
  /** One call for each argument while one page is rendered. */
  export const cache: <F extends (...args: never) => unknown>(f: F) => F
}
