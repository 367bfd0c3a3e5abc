/** What a user may do, as pages ask it: without waiting. */
import { appOf } from "./permissions.ts"

/** The permissions of one app: `perms.blog.view_post`, or `"view_post" in perms.blog`. */
export interface ModulePerms {
  readonly [codename: string]: boolean
}

/**
 * Answers `perms.blog.view_post`, `"blog.view_post" in perms` and `"blog" in perms`. For an app of which the user may do
 * nothing `perms.blog` is `false`, so that a page can ask `if perms.blog`, and what is beneath it `undefined`. Cannot be
 * listed: that is a `TypeError`.
 *
 * @see Django: django.contrib.auth.context_processors.PermWrapper
 */
export interface Perms {
  readonly [appLabel: string]: ModulePerms
}

/**
 * @param permissions what the user has
 * @param isSuperuser an active one: has every permission, even one that does not exist
 */
export const permsView = (permissions: ReadonlySet<string>, isSuperuser: boolean): Perms => {
  const apps = new Set(Array.from(permissions, appOf))
  const has = (permission: string): boolean => isSuperuser || permissions.has(permission)
  const hasModule = (appLabel: string): boolean => isSuperuser || apps.has(appLabel)
  return new Proxy<Perms>(
    {},
    answering(
      (name) => (name.includes(".") ? has(name) : hasModule(name)),
      (appLabel) =>
        new Proxy<ModulePerms>(
          {},
          answering(
            (codename) => has(`${appLabel}.${codename}`),
            () => true
          )
        )
    )
  )
}

/** Behaves as an object that has the properties of which `has` says so. @param value of such a property */
const answering = (has: (name: string) => boolean, value: (name: string) => unknown): ProxyHandler<object> => {
  const read = (name: string | symbol): unknown =>
    typeof name === "symbol" ? undefined : has(name) ? value(name) : false
  return {
    get: (_, name) => read(name),
    has: (_, name) => typeof name === "string" && has(name),
    // Some template engines look for own properties only.
    getOwnPropertyDescriptor: (_, name) =>
      typeof name === "string" && has(name)
        ? { configurable: true, enumerable: true, writable: false, value: value(name) }
        : undefined,
    ownKeys: () => {
      throw new TypeError("permissions cannot be listed: ask for perms.app.codename")
    },
    set: () => false,
    defineProperty: () => false,
    setPrototypeOf: () => false,
    preventExtensions: () => false
  }
}
