import type { ServerLoad } from "@sveltejs/kit"
import { redirect } from "@sveltejs/kit"

export const load: ServerLoad = async ({ locals }) => {
  const { getUser, session } = locals.auth
  await session.set("mark", "account")
  const user = await getUser()
  if (user === undefined) redirect(303, "/login")
  return { username: user.username }
}
