/** Node's http and http2 servers, and Express. */
import { createServer } from "node:http"
import { createServer as createHttp2Server, type Http2ServerRequest, type Http2ServerResponse } from "node:http2"
import { authErrors, connectAuth, type NodeHandler, nodeAuth, type WithAuth } from "latchkey/node"
import { type Account, auth, type Fields } from "./auth.ts"

export const listener = nodeAuth(auth, async (_req, res, { getUser, session }) => {
  const user = await getUser()
  const plan: "free" | "paid" | undefined = user?.plan
  const cart: ReadonlyArray<number> | undefined = await session.get("cart")
  await session.set("theme", "dark")
  // @ts-expect-error not a value of this key
  await session.set("theme", "purple")
  // @ts-expect-error not a key of the session
  await session.get("carts")
  // @ts-expect-error there is no such field
  user?.name
  res.end(`${plan ?? "nobody"} ${cart?.length ?? 0}`)
})

export const named: NodeHandler<Account, Fields> = (req, res) => {
  res.end(req.url)
}
export const middleware = connectAuth(auth)
export const errors = authErrors
export const attached = ({ auth: { getUser } }: WithAuth<Account, Fields>): Promise<Account | undefined> => getUser()

// The handler's types follow from the server that it is for.
export const servers = [
  createServer(nodeAuth(auth, (req, res) => res.end(req.headersDistinct["host"]))),
  createHttp2Server(nodeAuth(auth, (req, res) => res.end(req.authority)))
]
export const http2 = nodeAuth(
  auth,
  async (req: Http2ServerRequest, res: Http2ServerResponse, { getUser }) => {
    res.end(`${req.authority} ${(await getUser())?.username}`)
  },
  { csrfExempt: (req) => req.authority === "hooks.example" }
)
createHttp2Server(http2).on("request", (req, res) =>
  middleware(req, res, () => authErrors(undefined, req, res, () => {}))
)
