import { reader } from "latchkey/next/reader"
import { auth } from "../lib/auth"

const Page = async () => {
  const { getUser, session } = await reader(auth)
  const user = await getUser()
  return <p id="who">{user === undefined ? "anonymous" : `${user.username}, ${await session.get("visits")} visits`}</p>
}
export default Page
