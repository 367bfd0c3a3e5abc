import type { PageServerLoad } from "./$types"

export const load: PageServerLoad = async ({ locals }) => {
  const user = await locals.auth.getUser()
  return user ? { token: await locals.auth.getCsrfToken() } : {}
}
