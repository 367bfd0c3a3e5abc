/** Requests to a site in memory that do several things, for tests of one request. */
import type { AuthContext } from "../../src/adapters/api/per-request/promises.ts"
import type { AnyFields } from "../../src/adapters/request/session/session-access.ts"
import type { MemoryUser } from "../../src/adapters/store/memory.ts"
import type { Browser, LawTestSite } from "../../src/testing/index.ts"
import { answered, type MemoryAuth } from "../../src/testing/laws/memory/memory-pages.ts"

export type Context = AuthContext<MemoryUser, AnyFields>

/** What a handler does. */
export type Action<A> = (context: Context) => Promise<A>

/** Sends one request. Returns the response and what the handler returned; `undefined`: it did not end. */
export const send = async <A>(
  auth: MemoryAuth,
  browser: Browser,
  action: Action<A>,
  status = 200
): Promise<{ readonly response: Response; readonly value: A | undefined }> => {
  let value: A | undefined
  const response = await answered(auth, browser, async (context) => {
    value = await action(context)
    return { status }
  })
  return { response, value }
}

export const logIn =
  (username: string, password = `${username}'s password`): Action<string | undefined> =>
  async ({ authenticate, login }) => {
    const user = await authenticate({ username, password })
    if (user !== undefined) await login(user)
    return user?.username
  }

/** Actions of one request, one after the other. Returns what the last one returned. */
export const both =
  <A, B>(first: Action<A>, then: Action<B>): Action<B> =>
  async (context) => {
    await first(context)
    return then(context)
  }

/** The user and the data of a session, without its authentication keys. */
export const look: Action<{ user: string | undefined; data: Record<string, string> }> = async ({
  getUser,
  session
}) => {
  const user = (await getUser())?.username
  const data = [...(await session.raw.all())].filter(([key]) => !key.startsWith("_auth_user"))
  return { user, data: Object.fromEntries(data) }
}

/** A browser that has only this session cookie. */
export const browserWith = (site: LawTestSite, key: string | undefined): Browser => {
  const browser = site.browser()
  if (key !== undefined) browser.store([`sessionid=${key}; Path=/`])
  return browser
}

/** The user of a session cookie. */
export const userOf = async (site: LawTestSite, key: string | undefined): Promise<string | undefined> =>
  (await send(site.auth, browserWith(site, key), async ({ getUser }) => (await getUser())?.username)).value
