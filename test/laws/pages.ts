/** The pages (handlers) of the site. */
import { type Context, type Page, passwordOf, type SiteAuth } from "./world.ts"

const ok = <A>(value: A) => ({ status: 200, value })

/** Answers with the name of the logged-in user. */
export const visit: Page<string | undefined> = async ({ getUser }) => ok((await getUser())?.username)

/** Answers with the logged-in user and the session's data, without the keys of authentication. */
export const look: Page<{ user: string | undefined; data: Record<string, string> }> = async ({ getUser, session }) => {
  const user = (await getUser())?.username
  const data = await session.raw.all()
  return ok({ user, data: Object.fromEntries([...data].filter(([key]) => !key.startsWith("_auth_user"))) })
}

export const write =
  (key: string, value: unknown): Page<undefined> =>
  async ({ session }) => {
    await session.set(key, value)
    return ok(undefined)
  }

export const login =
  (username: string, password = passwordOf(username)): Page<string | undefined> =>
  async ({ authenticate, login }) => {
    const user = await authenticate({ username, password })
    if (user === undefined) return { status: 401, value: undefined }
    await login(user)
    return ok(user.username)
  }

export const logout: Page<undefined> = async (context) => {
  await context.logout()
  return ok(undefined)
}

export const cycle: Page<undefined> = async ({ session }) => {
  await session.cycleKey()
  return ok(undefined)
}

/** Empties the session without reading it. */
export const clear: Page<undefined> = async ({ session }) => {
  await session.clear()
  return ok(undefined)
}

/** Removes a key. */
export const remove =
  (key: string): Page<undefined> =>
  async ({ session }) => {
    await session.delete(key)
    return ok(undefined)
  }

/** Reads the session, then empties it. */
export const readThenClear: Page<undefined> = async ({ session }) => {
  await session.keys()
  await session.clear()
  return ok(undefined)
}

export const changePassword =
  (password: string): Page<undefined> =>
  async ({ getUser, setPassword, updateSessionAuthHash }) => {
    const user = await getUser()
    if (user === undefined) return { status: 401, value: undefined }
    await setPassword(user, password)
    await updateSessionAuthHash(user)
    return ok(undefined)
  }

/** The same as another page, with another status. */
export const butAnswers =
  <A>(status: number, page: Page<A>): Page<A> =>
  async (context, auth) => ({ ...(await page(context, auth)), status })

/** Runs pages one after the other, within one request. */
export const both =
  <A, B>(first: Page<A>, then: Page<B>): Page<B> =>
  async (context, auth) => {
    await first(context, auth)
    return then(context, auth)
  }

/** An arbitrary page. */
export const doing =
  <A>(action: (context: Context, auth: SiteAuth) => Promise<A>): Page<A> =>
  async (context, auth) =>
    ok(await action(context, auth))
