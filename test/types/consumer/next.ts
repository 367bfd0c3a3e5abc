/** Next.js: functions that write and functions that only read, without Next's own types. */
import { type RouteHandler, withAuth, withAuthAction } from "latchkey/next"
import { loginProxy } from "latchkey/next/proxy"
import { type AuthReader, reader, requireUser } from "latchkey/next/reader"
import { type Account, auth, type Fields } from "./auth.ts"

export const POST = withAuth(auth, async (request, { authenticate, login, session }) => {
  const form = await request.formData()
  const user = await authenticate({ username: form.get("username"), password: form.get("password") })
  if (user === undefined) return Response.json({ error: "invalid" }, { status: 401 })
  await login(user)
  await session.set("theme", "dark")
  // @ts-expect-error not a value of this key
  await session.set("theme", "purple")
  return Response.json({ plan: user.plan })
})

export const GET = withAuth(auth, async (_request, { getUser }, { params }: { params: Promise<{ id: string }> }) => {
  const user = await getUser()
  // @ts-expect-error there is no such field
  user?.name
  return Response.json({ plan: user?.plan, id: (await params).id })
})

export const named: RouteHandler<Account, Fields> = async (_request, { getUser }, { params }) =>
  Response.json([(await getUser())?.plan, (await params)["id"]])

export const logIn = withAuthAction(auth, async ({ login, authenticate, session }, form: FormData, next: string) => {
  const user = await authenticate({ username: form.get("username"), password: form.get("password") })
  if (user === undefined) return undefined
  await login(user)
  const cart: ReadonlyArray<number> | undefined = await session.get("cart")
  return { plan: user.plan, items: cart?.length, next }
})
export const asCalled: (form: FormData, next: string) => Promise<{ plan: "free" | "paid" } | undefined> = logIn

/** A page can read but not write. */
export const page = async () => {
  const read = await reader(auth)
  const plan: "free" | "paid" | undefined = (await read.getUser())?.plan
  const cart: ReadonlyArray<number> | undefined = await read.session.get("cart")
  const decision = await read.at("/account").loginRequired()
  // @ts-expect-error not a key of the session
  await read.session.get("carts")
  // @ts-expect-error a reader cannot log in
  read.login
  // @ts-expect-error a reader cannot log out
  read.logout
  // @ts-expect-error a reader cannot check credentials
  read.authenticate
  // @ts-expect-error a reader cannot change passwords
  read.setPassword
  // @ts-expect-error a reader cannot keep a session after a password change
  read.updateSessionAuthHash
  // @ts-expect-error a reader cannot commit
  read.commit
  // @ts-expect-error a reader cannot set cookies
  read.ensureCsrfCookie
  // @ts-expect-error a reader cannot write the session
  read.session.set
  // @ts-expect-error a reader cannot write the session
  read.session.delete
  // @ts-expect-error a reader cannot write the session
  read.session.pop
  // @ts-expect-error a reader cannot write the session
  read.session.clear
  // @ts-expect-error a reader cannot write the session
  read.session.flush
  // @ts-expect-error a reader cannot write the session
  read.session.cycleKey
  // @ts-expect-error a reader cannot write the session
  read.session.save
  // @ts-expect-error a reader cannot write the session
  read.session.setExpiry
  // @ts-expect-error a reader cannot write the session
  read.session.raw.update
  return { plan, items: cart?.length, decision }
}
export const readers: Promise<AuthReader<Account, Fields>> = reader(auth)
export const member = async () => {
  const user: Account = await requireUser(auth, "/account")
  return user.plan
}

export const proxy = loginProxy({ loginUrl: "/login" })
export const asNextCalls: (request: Request) => Response | undefined = proxy

/** A function that returns the authentication is accepted wherever the authentication is. */
const lazy = () => auth
export const lazily = {
  route: withAuth(lazy, async (_request, { getUser }) => Response.json((await getUser())?.plan)),
  action: withAuthAction(lazy, async ({ getUser }) => (await getUser())?.plan),
  page: async (): Promise<"free" | "paid"> => (await requireUser(lazy, "/account")).plan,
  cart: async () => {
    const { session } = await reader(lazy)
    // @ts-expect-error not a key of the session
    await session.get("carts")
    return session.get("cart")
  }
}
