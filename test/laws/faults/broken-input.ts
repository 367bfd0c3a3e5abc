/** Faults of sites in how they read what browsers send. */
import { type Browser, testSite } from "../../../src/testing/index.ts"
import type { LawSite } from "../../../src/testing/laws/law-site.ts"
import { sound, withPages } from "./sites.ts"

/** A browser that sends other cookies in place of its own. */
const sending = (browser: Browser, choose: (cookies: Browser["cookies"]) => Browser["cookies"]): Browser => {
  const other = testSite().browser()
  for (const { name, value } of choose(browser.cookies)) other.store([`${name}=${value}; Path=/`])
  return other
}

const reversed = (browser: Browser): Browser => sending(browser, (cookies) => cookies.toReversed())

/** By what is wrong. */
export const brokenInput: Readonly<Record<string, () => LawSite>> = {
  "a site that stores sessions of every size": () => {
    const site = sound()
    return { ...site, ...(site.size && { size: { ...site.size, start: () => {} } }) }
  },
  "a site that ends a session that grows too large": () =>
    withPages((_, { clear, writeText }) => ({
      writeText: async (browser, key, text) => {
        const response = (await writeText?.(browser, key, text)) ?? new Response(null, { status: 500 })
        if (response.status === 413) await clear?.(browser)
        return response
      }
    })),
  "a site that reads only the first of many cookies": () =>
    withPages((_, { visit }) => ({
      visit: (browser) => visit(sending(browser, (cookies) => (cookies.length > 2 ? cookies.slice(0, 1) : cookies)))
    })),
  "a site that reads the cookie whose name ends in that of its own": () =>
    withPages(({ sessionCookie: { name } }, { visit }) => ({
      visit: (browser) =>
        visit(
          sending(browser, (cookies) =>
            cookies.map((cookie) => (cookie.name.endsWith(name) ? { ...cookie, name } : cookie))
          )
        )
    })),
  "a site whose logout reads another cookie than its pages": () =>
    withPages((_, { logout }) => ({ logout: (browser) => logout(reversed(browser)) })),
  "a site that writes into the session of the first cookie": () =>
    withPages((_, { write }) => ({
      write: (browser, key, value) =>
        write?.(reversed(browser), key, value) ?? Promise.reject(new Error("no such page"))
    })),
  "a site that finds its user on a prototype": () =>
    withPages((_, { visit }) => ({
      visit: async (browser) => {
        const found: unknown = Reflect.get({}, "_auth_user_id")
        return found === undefined ? visit(browser) : Response.json({ user: "alice", data: {} })
      }
    })),
  "a site that merges what clients store into an object": () =>
    withPages((_, { write }) => ({
      write: async (browser, key, value) => {
        const merged: unknown = Reflect.get({}, key)
        if (key === "__proto__" && typeof merged === "object" && merged !== null) Reflect.set(merged, "stored", value)
        return (await write?.(browser, key, value)) ?? new Response(null, { status: 500 })
      }
    }))
}
