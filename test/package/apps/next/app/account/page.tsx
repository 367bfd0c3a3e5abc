import { reader, requireUser } from "latchkey/next/reader"
import { auth } from "../../lib/auth"
import { visit } from "./actions"

const Account = async () => {
  const { username } = await requireUser(auth, "/account")
  const { session } = await reader(auth)
  return (
    <form action={visit}>
      <p id="account">{username}</p>
      <p id="visits">{(await session.get("visits")) ?? 0}</p>
      <button type="submit">Visit</button>
    </form>
  )
}
export default Account
