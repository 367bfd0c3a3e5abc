"use server"
import { withAuthAction } from "latchkey/next"
import { auth } from "../../lib/auth"

export const publish = withAuthAction(
  auth,
  async ({ requirePermission }) => {
    await requirePermission("blog.change_post")
  },
  { page: "/editors" }
)
