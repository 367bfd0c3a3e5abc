import { redirect } from "@sveltejs/kit"
import type { RequestHandler } from "./$types"

export const POST: RequestHandler = async ({ locals, request }) => {
  await locals.auth.verifyCsrf(await request.formData())
  await locals.auth.logout()
  redirect(303, "/")
}
