/** The results of Next's `cookies()`, made of Next's public classes, with Next's rules on when a cookie can be set. */
import { type NextRequest, NextResponse } from "next/server.js"

/** The phase of a request in Next. Route handlers run in the phase `action`. */
export type Phase = "action" | "render" | "after"

type Jar = NextRequest["cookies"]

export interface NextJars {
  /** What `cookies()` returns while a page is rendered. */
  readonly readOnly: Jar
  /** What `cookies()` returns in actions and route handlers: the cookies of the request, and those that were set. */
  readonly writable: Jar
  /** The cookies that were set or deleted, with their attributes. */
  readonly changed: () => ReadonlyArray<unknown>
}

/** @param phase cookies can be set while it is `"action"` */
export const nextJars = (request: NextRequest, phase: () => Phase): NextJars => {
  const changed = new Set<string>()
  const jar = new NextResponse().cookies
  for (const cookie of request.cookies.getAll()) jar.set(cookie)
  const changing =
    (change: Jar["set"]): Jar["set"] =>
    (...cookie) => {
      if (phase() !== "action") throw notHere()
      changed.add(nameOf(cookie[0]))
      change(...cookie)
      return writable
    }
  const writable = replacing(jar, { set: changing(bound(jar, "set")), delete: changing(bound(jar, "delete")) })
  const refuse = () => {
    throw notHere()
  }
  return {
    readOnly: replacing(request.cookies, { set: refuse, delete: refuse, clear: refuse }),
    writable,
    changed: () => Array.from(changed, (name) => jar.get(name))
  }
}

const bound =
  (jar: Jar, name: "set" | "delete"): Jar["set"] =>
  (...cookie) =>
    jar[name](...cookie)

const nameOf = (cookie: unknown): string =>
  typeof cookie === "object" && cookie !== null && "name" in cookie ? String(cookie.name) : String(cookie)

/** An object with some properties replaced. Its other methods are called on the object itself. */
const replacing = (jar: Jar, replaced: Readonly<Record<string, unknown>>): Jar =>
  new Proxy(jar, {
    get: (target, property) => {
      if (typeof property === "string" && Object.hasOwn(replaced, property)) return replaced[property]
      const value: unknown = Reflect.get(target, property, target)
      return typeof value === "function" ? value.bind(target) : value
    }
  })

const notHere = (): Error =>
  new Error("Cookies can only be modified in a Server Action or Route Handler: this is how Next itself refuses it.")
