import { redirect } from "@sveltejs/kit"
import type { PageServerLoad } from "./$types"

export const load: PageServerLoad = async ({ locals }) => {
  const user = await locals.auth.getUser()
  if (!user) redirect(303, "/login?next=/account")
  return { username: user.username }
}
