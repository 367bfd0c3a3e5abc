/** A user's permissions for page templates, which read them without a promise. */
import { appOf } from "./permissions.ts"

/** The permissions of one app: `perms.blog.view_post`, or `"view_post" in perms.blog`. */
export interface ModulePerms {
  readonly [codename: string]: boolean
}

/**
 * Answers `perms.blog.view_post`, `"blog.view_post" in perms` and `"blog" in perms`. For an app in which the user has
 * no permission, `perms.blog` is `false`, so that a page can test `if perms.blog`; `perms.blog.view_post` is then
 * `undefined`. Listing the permissions, such as with `Object.keys`, throws a `TypeError`.
 *
 * @see Django: django.contrib.auth.context_processors.PermWrapper
 */
export interface Perms {
  readonly [appLabel: string]: ModulePerms
}

/**
 * Makes the object that page templates read.
 *
 * @param permissions the user's permissions
 * @param isSuperuser an active superuser: has every permission, even one that does not exist
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

/**
 * Handler for an object that has exactly the properties for which `has` is true.
 *
 * @param value the value of such a property
 */
const answering = (has: (name: string) => boolean, value: (name: string) => unknown): ProxyHandler<object> => {
  const read = (name: string | symbol): unknown =>
    typeof name === "symbol" ? undefined : has(name) ? value(name) : false
  return {
    get: (_, name) => read(name),
    has: (_, name) => typeof name === "string" && has(name),
    // Some template engines read only own properties.
    getOwnPropertyDescriptor: (_, name) =>
      typeof name === "string" && has(name)
        ? { configurable: true, enumerable: true, writable: false, value: value(name) }
        : undefined,
    ownKeys: () => {
      throw new TypeError("permissions cannot be listed; read perms.<app_label>.<codename>")
    },
    set: () => false,
    defineProperty: () => false,
    setPrototypeOf: () => false,
    preventExtensions: () => false
  }
}
