import { route } from "../../../lib/route.ts"

export const { DELETE, GET, PATCH, POST, PUT } = route("/accounts/logout/")
