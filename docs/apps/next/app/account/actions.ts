"use server"
import { withAuthAction } from "latchkey/next"
import { revalidatePath } from "next/cache"
import { auth } from "@/lib/auth"

export const saveNote = withAuthAction(
  auth,
  async ({ session }, form: FormData) => {
    await session.set("note", String(form.get("note")))
    revalidatePath("/account") // so that the page is rendered again with the new note
  },
  { loginRequired: true, page: "/account" }
)
