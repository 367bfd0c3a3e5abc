/** The pages of a site in memory on which users deactivate or delete their own account. */
import * as Effect from "effect/Effect"
import type { Auth } from "../../../adapters/api/auth.ts"
import type { AuthContext } from "../../../adapters/api/per-request/promises.ts"
import type { AnyFields } from "../../../adapters/request/session/session-access.ts"
import type { MemoryUser } from "../../../adapters/store/memory.ts"
import type { Browser } from "../../browser/browser.ts"

type Run = (context: AuthContext<MemoryUser, AnyFields>) => Promise<{ readonly status: number }>

/** @param page how a page is visited */
export const endPages = (
  auth: () => Auth<MemoryUser, AnyFields>,
  page: (browser: Browser, run: Run) => Promise<Response>
) => ({
  deactivateAccount: (browser: Browser, password: string) =>
    page(
      browser,
      ending(password, (user) => auth().accounts.setActive(user, false))
    ),
  deleteAccount: (browser: Browser, password: string) =>
    page(
      browser,
      ending(password, (user) => auth().accounts.deleteUser(user))
    )
})

const ending =
  (password: string, end: (user: MemoryUser) => Effect.Effect<unknown, unknown>): Run =>
  async ({ checkPassword, getUser, logout }) => {
    const user = await getUser()
    if (user === undefined) return { status: 401 }
    if (!(await checkPassword(user, password))) return { status: 403 }
    await Effect.runPromise(end(user))
    await logout()
    return { status: 200 }
  }
