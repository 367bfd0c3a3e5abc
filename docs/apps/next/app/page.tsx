import { reader } from "latchkey/next/reader"
import { auth } from "@/lib/auth"
import { logOut } from "./login/actions"

const Home = async () => {
  const { getUser } = await reader(auth)
  const user = await getUser()
  if (!user)
    return (
      <p>
        Hello stranger. <a href="/account">Your account</a>
      </p>
    )
  return (
    <form action={logOut}>
      Hello {user.username}. <button type="submit">Log out</button>
    </form>
  )
}
export default Home

export const instant = false // see "Pages": needed with cacheComponents
