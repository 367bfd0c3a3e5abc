/** Node's http server and Express. */
import { authErrors, connectAuth, type NodeHandler, nodeAuth, type WithAuth } from "latchkey/node"
import { type Account, auth, type Fields } from "./auth.ts"

export const listener = nodeAuth(auth, async (_req, res, { getUser, session }) => {
  const user = await getUser()
  const plan: "free" | "paid" | undefined = user?.plan
  const cart: ReadonlyArray<number> | undefined = await session.get("cart")
  await session.set("theme", "dark")
  // @ts-expect-error no such theme
  await session.set("theme", "purple")
  // @ts-expect-error no such key
  await session.get("carts")
  // @ts-expect-error nobody by that name
  user?.name
  res.end(`${plan ?? "nobody"} ${cart?.length ?? 0}`)
})

export const named: NodeHandler<Account, Fields> = (req, res) => {
  res.end(req.url)
}
export const middleware = connectAuth(auth)
export const errors = authErrors
export const attached = ({ auth: { getUser } }: WithAuth<Account, Fields>): Promise<Account | undefined> => getUser()
