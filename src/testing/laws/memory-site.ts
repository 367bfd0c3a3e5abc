/** The pages of a site in memory, for the laws: they call `auth` as an adapter does, without HTTP. */

import * as Effect from "effect/Effect"
import type { Auth } from "../../adapters/api/create-auth.ts"
import type { AuthContext } from "../../adapters/api/promises.ts"
import type { AnyFields } from "../../adapters/request/session-access.ts"
import type { MemoryUser } from "../../adapters/store/memory.ts"
import type { RequestHead } from "../../core/http/request-head.ts"
import type { Browser } from "../browser/browser.ts"
import { headOf } from "../site/force-login.ts"
import { encodeOutdated } from "../site/instant-hasher.ts"
import type { TestSite } from "../site/test-site.ts"
import { awaited, type LawPages, type LawSite, type LawUser } from "./law-site.ts"

type Context = AuthContext<MemoryUser, AnyFields>

/** What a request has instead of parts of the head of a GET request of its browser. */
type Sent = Partial<Pick<RequestHead, "method" | "target" | "headers">>

/** What a page does. Returns the status, the value and the `Location` of its response. */
type Page = (
  context: Context
) => Promise<{ readonly status: number; readonly value?: unknown; readonly location?: string }>

const done = { status: 200 }

/** A `testSite` as the laws see it, with pages of the kit. */
export const lawSiteOf = (site: LawTestSite): LawSite => {
  let { auth } = site
  const userOf = (username: string) => site.user(username === "bob" ? "bob" : "alice")
  const described = lawSite(site, {
    pages: pagesOf(() => auth, userOf),
    user: async (response) => (response.status < 400 ? (await seen(response)).user : undefined),
    data: async (response) => (response.status < 400 ? (await seen(response)).data : {}),
    patience: 20,
    passwords: {
      outdate: ({ username, password }) =>
        void Effect.runSync(
          site.stores.users.setPassword(site.stores.users.idOf(userOf(username)), encodeOutdated(password))
        ),
      set: ({ username }, password) => auth.setPassword(userOf(username), password)
    },
    secretKeys: {
      replace: () => {
        auth = site.authWith({ secretKey: newSecretKey, secretKeyFallbacks: [site.secretKey] })
      },
      removeFormer: () => {
        auth = site.authWith({ secretKey: newSecretKey })
      }
    }
  })
  return {
    ...described,
    reset: () => {
      site.reset()
      auth = site.auth
    }
  }
}

const newSecretKey = "another secret key of a test site, for no real user"

/**
 * Describes a `testSite` by the pages of your own application, for `laws` and for `run` of a flow. Without it, both
 * visit pages of the kit.
 *
 * ```ts
 * const visit = (browser: Browser) => browser.fetch(app, "/account")
 * laws(lawSite(site, { pages: { visit, login, logout }, user: async (response) => (await response.json()).user }))
 * ```
 *
 * @param site a `testSite` with the users alice and bob
 * @param application its pages, and how to read what `pages.visit` shows
 */
export const lawSite = (
  site: LawTestSite,
  application: Pick<LawSite, "pages" | "user" | "data" | "patience" | "secretKeys" | "passwords">
): LawSite => ({
  reset: site.reset,
  browser: site.browser,
  cookie: site.sessionCookie.name,
  users: [site.credentials("alice"), site.credentials("bob")],
  gate: site.gate,
  clock: { ...site.clock, sessionSeconds: site.sessionCookie.ageSeconds, resetSeconds: site.passwordResetSeconds },
  network: site.network,
  rows: () => new Set(site.stores.sessions.rows.keys()),
  ...application
})

interface Seen {
  readonly user: string | undefined
  readonly data: Readonly<Record<string, unknown>>
}

/** What {@link visit} shows. */
const seen = async (response: Response): Promise<Seen> => {
  const body: unknown = await response.json()
  const { data, user } = Object(body)
  return { user: typeof user === "string" ? user : undefined, data: Object(data) }
}

const pagesOf = (auth: () => Auth<MemoryUser, AnyFields>, userOf: (username: string) => MemoryUser): LawPages => {
  const page = (browser: Browser, run: Page, sent?: Sent) => answered(auth(), browser, run, sent)
  return {
    visit: (browser) => page(browser, visit),
    login: (browser, user) => page(browser, loggingIn(user, 200)),
    loginThenFail: (browser, user) => page(browser, loggingIn(user, 500)),
    loginWithNext: (browser, user, next) =>
      page(
        browser,
        async (context) => {
          const { status } = await loggingIn(user, 302)(context)
          return status === 302 ? { status, location: context.redirectToNext("/").location } : { status }
        },
        { target: `/?next=${encodeURIComponent(next)}` }
      ),
    csrfToken: async (browser) => {
      const response = await page(browser, async ({ getCsrfToken }) => ({ status: 200, value: await getCsrfToken() }))
      return String(await response.json())
    },
    logoutWithToken: (browser, token) =>
      page(browser, loggingOut, {
        method: "POST",
        headers: [...browser.request("/", { method: "POST", csrf: token ?? false }).headers]
      }),
    resetLink: async (_, { username }) => {
      const user = userOf(username)
      const token = (await auth().passwordResetToken(user)) ?? ""
      return `${await auth().passwordResetUid(user)}/${token}`
    },
    resetPassword: (browser, link, password) =>
      page(browser, async () => {
        const [uid = "", token = ""] = link.split("/")
        const user = await auth().passwordResetUser(uid)
        return { status: user !== undefined && (await auth().resetPassword(user, token, password)) ? 200 : 400 }
      }),
    logout: (browser) => page(browser, loggingOut),
    write: (browser, key, value) =>
      page(browser, async ({ session }) => {
        await session.set(key, value)
        return done
      }),
    remove: (browser, key) =>
      page(browser, async ({ session }) => {
        await session.delete(key)
        return done
      }),
    clear: (browser) =>
      page(browser, async ({ session }) => {
        await session.clear()
        return done
      }),
    cycle: (browser) =>
      page(browser, async ({ session }) => {
        await session.cycleKey()
        return done
      }),
    changePassword: (browser, password) =>
      page(browser, async ({ getUser, setPassword, updateSessionAuthHash }) => {
        const user = await getUser()
        if (user === undefined) return { status: 401 }
        await setPassword(user, password)
        await updateSessionAuthHash(user)
        return done
      })
  }
}

const visit: Page = async ({ getUser, session }) => {
  const user = (await getUser())?.username
  const data = [...(await session.raw.all())].filter(([key]) => !key.startsWith("_"))
  return { status: 200, value: { user, data: Object.fromEntries(data.map(([key, json]) => [key, JSON.parse(json)])) } }
}

const loggingIn =
  (credentials: LawUser, status: number): Page =>
  async ({ authenticate, login }) => {
    const user = await authenticate({ username: credentials.username, password: credentials.password })
    if (user === undefined) return { status: 401 }
    await login(user)
    return { status }
  }

const loggingOut: Page = async ({ logout }) => {
  await logout()
  return done
}

/** The statuses of latchkey's errors, as adapters answer them. */
const statuses: Readonly<Record<string, number>> = {
  StoreUnavailable: 503,
  BackendUnavailable: 503,
  Busy: 503,
  SessionInterrupted: 400,
  CsrfFailed: 403
}

const statusOf = (error: unknown): number | undefined => statuses[String(Object(error)._tag)]

/** Does the work of an adapter. */
const answered = async (
  auth: Auth<MemoryUser, AnyFields>,
  browser: Browser,
  page: Page,
  sent: Sent = {}
): Promise<Response> => {
  const request = auth.open({ ...headOf(browser), ...sent })
  const respond = async (status: number, value?: unknown, location?: string): Promise<Response> => {
    const { cookies } = await request.respond(status)
    browser.store(cookies)
    const headers = new Headers(cookies.map((line) => ["set-cookie", line]))
    if (location !== undefined) headers.set("location", location)
    return Response.json(value ?? {}, { status, headers })
  }
  try {
    await request.enter({ exempt: () => false, body: undefined, loginRequired: undefined })
    const { location, status, value } = await page(request.context)
    return await respond(status, value, location)
  } catch (error) {
    const status = statusOf(error)
    if (status === undefined) throw error
    return Response.json({}, { status })
  }
}

/** A `testSite` that the laws can be checked on. */
export type LawTestSite = TestSite<"alice" | "bob", AnyFields>

/** A site as laws and flows need it: described by its pages, each of which returns with the whole response. */
export const describedSite = (site: LawTestSite | LawSite): LawSite => {
  if (!isTestSite(site)) return awaited(site)
  if ("pages" in site)
    throw new TypeError(
      "a testSite has no pages of your own; write lawSite(site, { pages, user }) for the laws and flows"
    )
  return lawSiteOf(site)
}

const isTestSite = (site: LawTestSite | LawSite): site is LawTestSite => "auth" in site
