import { redirect } from "react-router"
import { authContext } from "../auth-context.ts"
import type { Route } from "./+types/logout"

export const action = async ({ context, request }: Route.ActionArgs) => {
  const { logout, verifyCsrf } = context.get(authContext)
  await verifyCsrf(await request.formData())
  await logout()
  return redirect("/")
}
