import type { APIRoute } from "astro"

export const POST: APIRoute = async ({ locals, redirect, request }) => {
  await locals.auth.verifyCsrf(await request.formData())
  await locals.auth.logout()
  return redirect("/")
}
