"use server"
import { withAuthAction } from "latchkey/next"
import { redirect } from "next/navigation"
import { auth } from "../../../lib/bound-auth"

export const logIn = withAuthAction(auth, async ({ authenticate, login }, form: FormData) => {
  const user = await authenticate({ username: form.get("username"), password: form.get("password") })
  if (!user) return
  await login(user)
  redirect("/bound")
})

/** Redirects to a page whose query names the verdict. */
export const tellVerdict = withAuthAction(auth, async ({ deviceVerdict }) => {
  redirect(`/bound?verdict=${await deviceVerdict()}`)
})
