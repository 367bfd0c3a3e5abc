/**
 * Next.js 15 and 16, App Router: route handlers and Server Actions. Pages read with `latchkey/next/reader`.
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
 * The session is written before the answer leaves, `redirect()` and `notFound()` included. With `skipProxyUrlNormalize`
 * in the configuration Next leaves the query of a URL as it was sent, and so does `next` on the way to the login page.
 *
 * `auth` is what `createAuth` returned, or a function that returns it, which is called for each request: `next build`
 * loads every module, and opens nothing then.
 *
 * With a `basePath` in next.config, URLs that are given to latchkey are written as browsers see them
 * (`loginUrl: "/shop/login"`, `redirectToNext("/shop", form)`). Next's `redirect()` would put the base path before a path
 * once more, so pages and actions get absolute URLs for it.
 *
 * Next takes the scheme of a URL from `X-Forwarded-Proto`, which any client can send, so it is not believed: behind a
 * proxy that ends https, set `secureProxyHeader`, as for Django. The cookies of signed-cookie sessions cannot leave through
 * Next's `cookies()`, which percent-encodes them: with that store, write sessions in route handlers, and set no cookies
 * of your own through `cookies()` in these.
 */
import { cookies, headers } from "next/headers.js"
import { redirect } from "next/navigation.js"
import { forbidden } from "./next/forbidden.ts"
import { serverAction } from "./next/server-action.ts"

export type { FailureResponse } from "./failure.ts"
export type { AuthSource } from "./next/auth-source.ts"
export { type AnyParams, type Route, type RouteHandler, withAuth } from "./next/route.ts"
export type { ServerAction, ServerActionOptions } from "./next/server-action.ts"
export type { HttpAuthOptions } from "./options.ts"

/** Gives a Server Action the authentication of its request as first argument. */
export const withAuthAction = serverAction({ headers, cookies, redirect, forbidden })
