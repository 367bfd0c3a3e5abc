import { data, type LoaderFunctionArgs, redirect } from "react-router"
import { authContext } from "../auth-context.ts"

export const loader = async ({ context, request }: LoaderFunctionArgs) => {
  const { getUser, session } = context.get(authContext)
  await session.set("mark", "account")
  const user = await getUser()
  if (new URL(request.url).searchParams.has("refused")) throw data("refused", { status: 418 })
  if (user === undefined) throw redirect("/login", 303)
  return { username: user.username }
}

const Account = ({ loaderData }: { loaderData: { readonly username: string } }) => <p>{loaderData.username}</p>
export default Account
