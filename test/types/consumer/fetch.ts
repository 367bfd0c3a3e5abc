/** Handlers of fetch's kind, alone and inside a framework. */
import { type FetchHandler, withAuth } from "latchkey/fetch"
import { type Account, auth, type Fields } from "./auth.ts"

export const handler = withAuth(auth, async (request, { authenticate, getUser, login, session }) => {
  const form = await request.formData()
  const found = await authenticate({ username: form.get("username"), password: form.get("password") })
  if (found !== undefined) await login(found)
  // @ts-expect-error there is no such field
  found?.name
  const plan: "free" | "paid" | undefined = (await getUser())?.plan
  const cart: ReadonlyArray<number> | undefined = await session.get("cart")
  // @ts-expect-error not a value of this key
  await session.set("theme", "purple")
  return Response.json({ plan, items: cart?.length })
})
export const alone: (request: Request) => Promise<Response> = handler

/** A framework's own request class, and the second argument that the framework passes. */
interface SpecialRequest extends Request {
  readonly country: string
}
export const inside = withAuth(
  auth,
  (request: SpecialRequest, { host }, locals: Map<string, string>) => {
    locals.set("host", host())
    return new Response(request.country)
  },
  { csrfExempt: (request) => request.country === "" }
)
// @ts-expect-error the framework's argument is missing
export const missing = (request: SpecialRequest) => inside(request)

export const named: FetchHandler<Account, Fields> = async (_request, { logout }) => {
  await logout()
  return new Response(null, { status: 204 })
}
