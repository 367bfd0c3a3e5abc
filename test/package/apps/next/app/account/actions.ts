"use server"
import { withAuthAction } from "latchkey/next"
import { auth } from "../../lib/auth"

export const visit = withAuthAction(
  auth,
  async ({ session }) => session.set("visits", ((await session.get("visits")) ?? 0) + 1),
  { loginRequired: true, page: "/account" }
)
