import { redirect } from "react-router"
import { authContext } from "../auth-context.ts"
import type { Route } from "./+types/login"

export const loader = async ({ context }: Route.LoaderArgs) => ({
  token: await context.get(authContext).getCsrfToken()
})

export const action = async ({ context, request }: Route.ActionArgs) => {
  const { authenticate, login, redirectToNext, verifyCsrf } = context.get(authContext)
  const form = await request.formData()
  await verifyCsrf(form) // first in every action
  const user = await authenticate({ username: form.get("username"), password: form.get("password") })
  if (!user) return { problem: "Wrong user name or password." }
  await login(user)
  return redirect(redirectToNext("/", form).location)
}

export default function Login({ actionData, loaderData: { token } }: Route.ComponentProps) {
  return (
    <form method="post">
      <input type="hidden" name="csrfmiddlewaretoken" value={token} />
      <p>{actionData?.problem}</p>
      <input name="username" /> <input name="password" type="password" /> <button type="submit">Log in</button>
    </form>
  )
}
