/**
 * Next.js 15 and 16, App Router: route handlers and Server Actions. For pages, use `latchkey/next/reader`.
 *
 * ```ts
 * // app/login/route.ts
 * export const POST = withAuth(auth, async (request, { authenticate, login }) => {
 *   const user = await authenticate(await request.json())
 *   if (user === undefined) return Response.json({ error: "invalid" }, { status: 401 })
 *   await login(user)
 *   return Response.json({ user: user.username })
 * })
 *
 * // app/notes/[id]/route.ts
 * export const GET = withAuth(auth, async (request, { getUser }, { params }) => {
 *   if ((await getUser()) === undefined) notFound()
 *   return Response.json(await noteOf((await params).id))
 * })
 *
 * // app/login/actions.ts
 * "use server"
 * export const logIn = withAuthAction(auth, async ({ authenticate, login, redirectToNext }, form: FormData) => {
 *   const user = await authenticate({ username: form.get("username"), password: form.get("password") })
 *   if (user === undefined) return
 *   await login(user)
 *   redirect(redirectToNext("/", form).location)
 * })
 * ```
 *
 * The session is written before the answer is sent, also before that of `redirect()` and `notFound()`. If
 * `skipProxyUrlNormalize` is set in next.config, Next does not change the query of a URL, and then `next` on the login
 * page carries the query as the browser sent it.
 *
 * `auth` is what `createAuth` returned, or a function that returns it. Such a function is called for each request.
 * `next build` loads every module, and with a function it opens no connection.
 *
 * If next.config has a `basePath`, write the URLs for latchkey as browsers see them (`loginUrl: "/shop/login"`,
 * `redirectToNext("/shop", form)`). Next's `redirect()` adds the base path to every path, which would add it twice. So
 * in pages and actions latchkey passes absolute URLs to it.
 *
 * Next takes the scheme of a URL from `X-Forwarded-Proto`. Any client can send that header, so latchkey ignores that
 * scheme. Behind a proxy that terminates https, set `secureProxyHeader`, as for Django.
 *
 * Sessions of the signed-cookies store cannot be written in Server Actions: Next's `cookies()` percent-encodes the
 * value of a cookie. With that store, write the session only in route handlers, and do not set your own cookies with
 * `cookies()` there.
 */
import { redirect } from "next/navigation.js"
import { NextResponse } from "next/server.js"
import { forbidden } from "./next/framework/forbidden.ts"
import { cookies, headers } from "./next/framework/scope.ts"
import { type DeviceBoundProxy, deviceBoundProxyWith } from "./next/handlers/device-bound-proxy.ts"
import { serverAction } from "./next/handlers/server-action.ts"

export type { FailureResponse } from "./failure-response.ts"
export type { HttpAuthOptions } from "./http-options.ts"
export type { AuthSource } from "./next/framework/auth-source.ts"
export type { DeviceBoundProxy, JudgeDevice } from "./next/handlers/device-bound-proxy.ts"
export { type DeviceBoundRoutes, deviceBoundRoutes } from "./next/handlers/device-bound-routes.ts"
export { type AnyParams, type Route, type RouteHandler, withAuth } from "./next/handlers/route.ts"
export type { ServerAction, ServerActionOptions } from "./next/handlers/server-action.ts"

/** Gives a Server Action the authentication of its request as first argument. */
export const withAuthAction = serverAction({ headers, cookies, redirect, forbidden })

/**
 * What pages and Server Actions cannot do for the option `deviceBound`, because Next lets them set no headers. For
 * `proxy.ts` of Next 16:
 *
 * ```ts
 * const login = loginProxy({ loginUrl: "/login" })
 * const device = deviceBoundProxy(auth)
 * export const proxy = async (request: Request) => login(request) ?? (await device(request))
 * ```
 *
 * A proxy that adds headers itself, such as a Content-Security-Policy, returns `device(request, response)`, where
 * `response` is its own `NextResponse.next(…)`.
 *
 * A navigation that a link on another site has started, without the short cookie, is answered with a page that makes
 * the browser request the page again, and renew the cookie first. The first page after a login in a Server Action
 * offers the registration; so does a page after a registration that failed, while `graceSeconds` have not passed. Other
 * requests are let through without a query. This is not access control: pages, routes and actions check the user
 * themselves.
 *
 * Each navigation with a session cookie costs one query more. While the store is unavailable, requests are let through,
 * and the page fails itself. Next 15 runs `middleware.ts` in a runtime without Node's modules, where this function does
 * not work unless `runtime: "nodejs"` is configured.
 *
 * @returns an answer, or `undefined` to let the request go on
 */
export const deviceBoundProxy: DeviceBoundProxy = deviceBoundProxyWith(() => NextResponse.next())
