import { requirePermission, requireUserWhere } from "latchkey/next/reader"
import { auth } from "../../lib/auth"
import { publish } from "./actions"

const Editors = async ({ searchParams }: { searchParams: Promise<{ by?: string }> }) => {
  const { by } = await searchParams
  const user =
    by === "permission"
      ? await requirePermission(auth, "/editors", "blog.change_post")
      : await requireUserWhere(auth, "/editors", ({ username }) => by === "name" && username === "alice")
  return (
    <form action={publish}>
      <p id="editor">{user.username}</p>
      <button type="submit">Publish</button>
    </form>
  )
}
export default Editors
