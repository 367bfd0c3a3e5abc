import { redirect } from "react-router"
import { authContext } from "../auth-context.ts"
import type { Route } from "./+types/account"

export const loader = async ({ context }: Route.LoaderArgs) => {
  const user = await context.get(authContext).getUser()
  if (!user) throw redirect("/login?next=/account")
  return { username: user.username }
}

export default function Account({ loaderData }: Route.ComponentProps) {
  return <p>{`Hello ${loaderData.username}.`}</p>
}
