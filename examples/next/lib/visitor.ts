import { reader } from "latchkey/next/reader"
import type { Visitor } from "../../site/pages/layout.ts"
import { auth } from "./application.ts"

/** Whom a page is shown to. */
export const visitor = async (): Promise<Visitor> => {
  const { getCsrfToken, getUser } = await reader(auth())
  const user = await getUser()
  // Whoever has logged in was given the cookie that the token goes with; a page could not give it.
  return user === undefined ? undefined : { username: user.username, csrfToken: (await getCsrfToken()) ?? "" }
}
