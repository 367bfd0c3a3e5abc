"use server"
import { withAuthAction } from "latchkey/next"
import { redirect } from "next/navigation"
import { auth } from "../../lib/auth"
import { basePath } from "../../lib/base-path"

export const logIn = withAuthAction(auth, async ({ authenticate, login, redirectToNext }, form: FormData) => {
  const user = await authenticate({ username: form.get("username"), password: form.get("password") })
  if (!user) return
  await login(user)
  redirect(redirectToNext(basePath === "" ? "/" : basePath, form).location)
})
