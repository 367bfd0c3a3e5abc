"use server"
import { withAuthAction } from "latchkey/next"
import { redirect } from "next/navigation"
import { auth } from "@/lib/auth"

export const logIn = withAuthAction(
  auth,
  async ({ authenticate, login, redirectToNext }, _before: string | undefined, form: FormData) => {
    const user = await authenticate({ username: form.get("username"), password: form.get("password") })
    if (!user) return "Wrong user name or password."
    await login(user)
    redirect(redirectToNext("/account", form).location) // to the page that was asked for, if it is on this site
  }
)

export const logOut = withAuthAction(auth, async ({ logout }) => {
  await logout()
  redirect("/")
})
