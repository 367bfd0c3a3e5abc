import { reader } from "latchkey/next/reader"
import type { Visitor } from "../../site/pages/layout.ts"
import { auth } from "./application.ts"

/** The user who sees the page. */
export const visitor = async (): Promise<Visitor> => {
  const { getCsrfToken, getUser } = await reader(auth())
  const user = await getUser()
  // The login has set the CSRF cookie that belongs to the token. A page could not set a cookie.
  return user === undefined ? undefined : { username: user.username, csrfToken: (await getCsrfToken()) ?? "" }
}
