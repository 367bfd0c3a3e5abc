import { redirect } from "@sveltejs/kit"
import type { Actions, PageServerLoad } from "./$types"

export const load: PageServerLoad = async ({ locals }) => ({ token: await locals.auth.getCsrfToken() })

export const actions: Actions = {
  default: async ({ locals, request }) => {
    const { authenticate, login, redirectToNext, verifyCsrf } = locals.auth
    const form = await request.formData()
    await verifyCsrf(form) // first in every action
    const user = await authenticate({ username: form.get("username"), password: form.get("password") })
    if (!user) return { problem: "Wrong user name or password." }
    await login(user)
    redirect(303, redirectToNext("/", form).location)
  }
}
