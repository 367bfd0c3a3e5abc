import { reader, requireUser } from "latchkey/next/reader"
import { auth } from "@/lib/auth"
import { saveNote } from "./actions"

const Account = async () => {
  const user = await requireUser(auth, "/account") // anonymous visitors get the login page
  const { session } = await reader(auth)
  return (
    <form action={saveNote}>
      <h1>{user.username}</h1>
      <input name="note" defaultValue={String((await session.get("note")) ?? "")} aria-label="Note" />
      <button type="submit">Save</button>
    </form>
  )
}
export default Account

export const instant = false // see "Pages": needed with cacheComponents
