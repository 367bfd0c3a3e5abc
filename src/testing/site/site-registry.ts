import type { BrowserOptions } from "../browser/browser.ts"

/** The options of a browser for each test site, by what its `createAuth` returned. */
const sites = new WeakMap<object, BrowserOptions>()

/** Remembers how browsers of this site have to be made. */
export const register = (auth: object, options: BrowserOptions): void => void sites.set(auth, options)

/** The options of browsers for an `auth`: those of its test site, or none. */
export const browserOptionsOf = (auth: object): BrowserOptions => sites.get(auth) ?? {}
