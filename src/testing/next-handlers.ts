/**
 * Tests applications on Next.js in process, without `next build` and without a server: route handlers, Server Actions,
 * Server Components rendered to HTML, and the proxy. Each function makes a fetch handler, for `Browser.fetch` of
 * `latchkey/testing`:
 *
 * ```ts
 * const browser = site.browser()
 * const answer = await browser.fetch(nextAction(logIn), "/login", { form: site.credentials("alice") })
 * expect(answer.headers.get("location")).toBe("/account")
 * const page = await browser.fetch(nextPage(Account), "/account")
 * expect(await page.text()).toContain("alice")
 * ```
 */
import "./refuse-production.ts"

export { nextAction } from "./next/next-action.ts"
export { type AnyPage, nextPage } from "./next/next-page.ts"
export { type AnyProxy, nextProxy } from "./next/next-proxy.ts"
export { type AnyRouteHandler, nextRoute } from "./next/next-route.ts"
export { nextServed } from "./next/next-served.ts"
