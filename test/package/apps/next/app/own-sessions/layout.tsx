import { reader } from "latchkey/next/reader"
import type { ReactNode } from "react"
import { auth } from "../../lib/auth"

/** Next's router keeps a layout when it goes from one page below it to another, or back to the same page. */
const Layout = async ({ children }: { readonly children: ReactNode }) => {
  const { getUser, listSessions } = await reader(auth)
  const sessions = (await getUser()) === undefined ? [] : await listSessions()
  return (
    <>
      <p id="count">{sessions.length}</p>
      {children}
    </>
  )
}

export default Layout
