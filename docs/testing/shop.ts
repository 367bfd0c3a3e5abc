import type { AnyFields, Auth } from "latchkey"
import { withAuth } from "latchkey/fetch"

/** The application under test: it takes `auth`, so that a test can pass its own. */
export const makeShop = <User extends { readonly username: string }>(auth: Auth<User, AnyFields>) =>
  withAuth(auth, async (request, { authenticate, getUser, login, logout, requirePermission, session, verifyCsrf }) => {
    const { pathname } = new URL(request.url)
    const form = request.method === "POST" ? await formOf(request) : new FormData()
    if (request.method === "POST") await verifyCsrf(form)
    if (pathname === "/login") {
      const user = await authenticate(Object.fromEntries(form))
      if (user === undefined) return new Response("Wrong user name or password.", { status: 401 })
      await login(user)
      return new Response(null, { status: 303, headers: { location: "/account" } })
    }
    if (pathname === "/logout") await logout()
    if (pathname === "/cart") await session.set("cart", form.get("item"))
    if (pathname === "/edit") await requirePermission("shop.change_item")
    return Response.json({ user: (await getUser())?.username, cart: await session.get("cart") })
  })

/** A body that is no form counts as an empty one. */
const formOf = (request: Request) => request.formData().catch(() => new FormData())
