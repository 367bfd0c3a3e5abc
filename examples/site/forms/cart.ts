/** A cart in the session: anonymous visitors have one too, and keep it when they log in. */
import type { SiteContext } from "../endpoints.ts"
import { last } from "../request.ts"
import { again, required, type Submitted } from "./form-state.ts"

export const cartOf = async (session: Pick<SiteContext["session"], "get">): Promise<ReadonlyArray<string>> => {
  const cart = await session.get("cart")
  return Array.isArray(cart) ? cart.filter((item) => typeof item === "string") : []
}

/** Adds the text of the field `item` to the cart. */
export const submitItem = async ({ session }: SiteContext, fields: URLSearchParams): Promise<Submitted> => {
  const item = (last(fields, "item") ?? "").trim()
  const cart = await cartOf(session)
  const problems = [
    ...required("item", item, "Enter what you want."),
    ...(item.length > 60 ? [{ field: "item", message: "Use at most 60 characters." }] : []),
    ...(cart.length >= 20 ? [{ field: undefined, message: "Your cart is full." }] : [])
  ]
  if (problems.length > 0) return again(problems, { item })
  await session.set("cart", [...cart, item])
  return { _tag: "Done", location: "/cart/" }
}
