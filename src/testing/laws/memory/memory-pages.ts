/** The pages of a site in memory, for the laws: they call `auth` as an adapter does, without HTTP. */
import * as Effect from "effect/Effect"
import type { Auth } from "../../../adapters/api/auth.ts"
import type { AuthContext } from "../../../adapters/api/per-request/promises.ts"
import { LoginRequired } from "../../../adapters/errors/errors.ts"
import type { AnyFields } from "../../../adapters/request/session/session-access.ts"
import type { MemoryUser } from "../../../adapters/store/memory.ts"
import type { RequestHead } from "../../../core/http/request/request-head.ts"
import { SessionTooLarge } from "../../../core/session/text/codec.ts"
import type { Browser } from "../../browser/browser.ts"
import { headOf } from "../../site/force-login.ts"
import type { LawMetadata, LawPages, LawSession, LawUser } from "../law-pages.ts"
import type { LawForm } from "../law-parts.ts"
import { endPages } from "./memory-ends.ts"

/** The `auth` of a site in memory. */
export type MemoryAuth = Auth<MemoryUser, AnyFields>

/** What a request has instead of parts of the head of a GET request of its browser. */
export interface Sent extends Partial<Pick<RequestHead, "method" | "rewrittenMethod" | "target" | "headers">> {
  /** The fields of its form. */
  readonly fields?: Readonly<Record<string, string>>
}

/** What a page does. Returns the status, the value and the `Location` of its response. */
export type Page = (
  context: AuthContext<MemoryUser, AnyFields>
) => Promise<{ readonly status: number; readonly value?: unknown; readonly location?: string }>

const done = { status: 200 }

interface Seen {
  readonly user: string | undefined
  readonly data: Readonly<Record<string, unknown>>
}

/** What {@link visit} shows. */
export const seen = async (response: Response): Promise<Seen> => {
  if (response.status >= 400) return { user: undefined, data: {} }
  const body: unknown = await response.json()
  const { data, user } = Object(body)
  return { user: typeof user === "string" ? user : undefined, data: Object(data) }
}

/** What the pages need besides. */
export interface MemoryParts {
  /** The `auth` at this time. */
  readonly auth: () => MemoryAuth
  readonly userOf: (username: string) => MemoryUser
  /** The name of the field for the URL to go to after a login. */
  readonly redirectFieldName: string
  /** Whether the site records the sessions of users. */
  readonly recordsSessions: boolean
  /** Called for each mail that a page sends. */
  readonly mailed: () => void
  /** Gets what a page throws. */
  readonly failed: (error: unknown) => void
  /** How a page is visited. Default: {@link answered}. */
  readonly visited?: typeof answered
}

/** The pages of the kit. */
export const pagesOf = (parts: MemoryParts): LawPages => {
  const { auth, failed, mailed, recordsSessions, redirectFieldName, userOf, visited = answered } = parts
  const page = (browser: Browser, run: Page, sent?: Sent) => visited(auth(), browser, run, sent, failed)
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
        { target: `/?${redirectFieldName}=${encodeURIComponent(next)}` }
      ),
    csrfToken: async (browser) => {
      const response = await page(browser, ownToken)
      return String(await response.json())
    },
    logoutWithToken: (browser, token) =>
      page(browser, loggingOut, {
        method: "POST",
        headers: withMetadata(browser, { origin: undefined, site: undefined }, token)
      }),
    logoutWithTokens: (browser, { field, header }) =>
      answered(
        auth(),
        browser,
        loggingOut,
        {
          method: "POST",
          headers: withMetadata(browser, { origin: undefined, site: undefined }, header),
          fields: { csrfmiddlewaretoken: field }
        },
        failed
      ),
    resetLink: async (_, { username }) => {
      const user = userOf(username)
      const token = (await auth().passwordResetToken(user)) ?? ""
      return `${await auth().passwordResetUid(user)}/${token}`
    },
    resetPassword: (browser, link, password) =>
      page(browser, async () => {
        const [uid = "", token = ""] = link.split("/")
        const user = await auth().passwordResetUser(uid)
        const isSet = user?.isActive === true && (await auth().resetPassword(user, token, password)) !== false
        return { status: isSet ? 200 : 400 }
      }),
    emailLink: async (browser, _, address) => {
      const response = await page(browser, async ({ login, requireUser }) => {
        const user = await requireUser()
        // The user enters the password again, which is a login.
        await login(user)
        const made = await Effect.runPromise(auth().accounts.makeLink("email", String(user.id), address))
        return { status: 200, value: made?.link }
      })
      return String(await response.json())
    },
    requestEmail: (browser, _, owner) =>
      page(browser, async ({ requireUser }) => {
        await requireUser()
        await Effect.runPromise(auth().accounts.addressHolders(addressOf(owner)))
        return done
      }),
    confirmEmail: (browser, link) =>
      page(browser, async () => {
        const [uid = "", token = ""] = link.split("/")
        const { _tag } = await Effect.runPromise(auth().accounts.changeEmail(uid, token, false))
        return { status: _tag === "EmailChanged" ? 200 : 400 }
      }),
    requestSignUp: (browser, { password, username }, owner) =>
      page(browser, async ({ allowRequestFor }) => {
        const account = { username, password, email: addressOf(owner) }
        const isAllowed = await allowRequestFor(account.email)
        const { _tag } = await Effect.runPromise(auth().accounts.signUp(account))
        if (isAllowed && _tag !== "UsernameTaken") mailed()
        return { status: _tag === "UsernameTaken" ? 400 : 200 }
      }),
    signUpLink: async (_, user) => {
      const account = { ...user, email: addressOf(user) }
      const signedUp = await Effect.runPromise(auth().accounts.signUp(account))
      return signedUp._tag === "SignedUp" ? signedUp.account.link : ""
    },
    verifyEmail: (browser, link, password) =>
      page(browser, async ({ login }) => {
        const [uid = "", token = ""] = link.split("/")
        const verified = await Effect.runPromise(auth().accounts.verifyEmail(uid, token, password))
        if (verified._tag !== "Verified") return { status: 400 }
        await login(verified.user)
        return done
      }),
    logoutFrom: async (browser, from) => {
      const token = String(await (await page(browser, ownToken)).json())
      return page(browser, loggingOut, {
        method: "POST",
        headers: [...browser.request("/", { method: "POST", csrf: token, from }).headers]
      })
    },
    requestReset: (browser, user) =>
      page(browser, async ({ allowRequestFor }) => {
        const isAllowed = await allowRequestFor(addressOf(user))
        const recipients = await auth().passwordResetRecipients(addressOf(user))
        if (isAllowed) for (const _ of recipients) mailed()
        return done
      }),
    logout: (browser) => page(browser, loggingOut),
    logoutThenFail: (browser) => page(browser, async (context) => ({ ...(await loggingOut(context)), status: 500 })),
    expire: (browser, seconds) =>
      page(browser, async ({ session }) => {
        await session.setExpiry(seconds)
        return done
      }),
    reauthenticate: (browser, password) =>
      page(browser, async ({ reauthenticate }) => ((await reauthenticate({ password })) ? done : { status: 403 })),
    recent: (browser) =>
      page(browser, ({ requireRecentLogin }) =>
        requireRecentLogin(recentSeconds).then(
          () => done,
          (error: unknown) => {
            if (error instanceof LoginRequired) return { status: 401 }
            throw error
          }
        )
      ),
    write: (browser, key, value) =>
      page(browser, async ({ session }) => {
        await session.set(key, value)
        return done
      }),
    writeText: (browser, key, text) =>
      page(browser, async ({ session }) => {
        await session.set(key, text)
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
      }),
    ...endPages(auth, page),
    ...(recordsSessions ? sessionPages(page) : {})
  }
}

const addressOf = ({ username }: LawUser): string => `${username}@example.com`

/** The pages that need the records of the sessions of users. */
const sessionPages = (page: (browser: Browser, run: Page) => Promise<Response>) => ({
  listSessions: async (browser: Browser): Promise<ReadonlyArray<LawSession>> => {
    const response = await page(browser, async ({ listSessions }) => ({ status: 200, value: await listSessions() }))
    const listed: unknown = response.status < 400 ? await response.json() : []
    return Array.isArray(listed)
      ? listed.map((one) => ({ id: String(Object(one).id), current: Object(one).current === true }))
      : []
  },
  endSession: (browser: Browser, id: string) =>
    page(browser, async ({ endSession }) => {
      await endSession(id)
      return done
    }),
  endOtherSessions: (browser: Browser) =>
    page(browser, async ({ endOtherSessions, getUser }) => {
      await endOtherSessions()
      return (await getUser()) === undefined ? { status: 401 } : done
    })
})

/** The headers of a form that a page of the site sends, with this metadata in place of the browser's. */
const withMetadata = (browser: Browser, { origin, site }: LawMetadata, token?: string): RequestHead["headers"] => {
  const { headers } = browser.request("/", { method: "POST", csrf: token ?? false })
  headers.delete("origin")
  headers.delete("sec-fetch-site")
  if (origin !== undefined) headers.set("origin", origin)
  if (site !== undefined) headers.set("sec-fetch-site", site)
  return [...headers]
}

/** For how many seconds a login counts as recent on the page `recent`. */
export const recentSeconds = 600

/** The permission that {@link permitted} needs. */
export const permission = "law.see"

/** A page that needs the permission for this object; `undefined`: in general. */
export const permittedOn =
  (object?: object): Page =>
  async ({ hasPerm }) =>
    (await hasPerm(permission, object)) ? done : { status: 403 }

/** A page that needs a permission. */
export const permitted = permittedOn()

/** Sends the form that logs out, without a token, to a site with `csrfMode: "fetch-metadata"`. */
export const loggingOutWithMetadata =
  (auth: () => MemoryAuth) =>
  (browser: Browser, metadata: LawMetadata): Promise<Response> =>
    answered(auth(), browser, loggingOut, { method: "POST", headers: withMetadata(browser, metadata) })

/** Sends the form that logs out, with a head that the law writes. */
export const loggingOutWithHead =
  (auth: () => MemoryAuth) =>
  async (browser: Browser, { as, headers, method = "POST", token }: LawForm): Promise<Response> => {
    const csrf = token === true ? String(await (await answered(auth(), browser, ownToken)).json()) : false
    const sent = browser.request("/", { method: "POST", csrf }).headers
    for (const name of ["host", "origin", "referer", "sec-fetch-site"]) sent.delete(name)
    return answered(auth(), browser, loggingOut, {
      method,
      ...(as === undefined ? {} : { rewrittenMethod: as }),
      headers: [...sent, ...Object.entries(headers)]
    })
  }

const ownToken: Page = async ({ getCsrfToken }) => ({ status: 200, value: await getCsrfToken() })

/** Shows the user and the data. */
export const visit: Page = async ({ getUser, session }) => {
  const user = (await getUser())?.username
  const data = [...(await session.raw.all())].filter(([key]) => !key.startsWith("_"))
  return { status: 200, value: { user, data: Object.fromEntries(data.map(([key, json]) => [key, JSON.parse(json)])) } }
}

/** @param backend the backend to log in with. Default: the one that accepted the password */
export const loggingIn =
  ({ password, username }: LawUser, status: number, backend?: string): Page =>
  async ({ authenticate, login }) => {
    const user = await authenticate({ username, password })
    if (user === undefined) return { status: 401 }
    await login(user, backend === undefined ? {} : { backend })
    return { status }
  }

const loggingOut: Page = async ({ logout }) => {
  await logout()
  return done
}

/** The status of one of latchkey's errors, as adapters answer it; `undefined` for another error. */
export const statusOf = (error: unknown): number | undefined =>
  SessionTooLarge.is(error) ? 413 : statuses[String(Object(error)._tag)]

const statuses: Readonly<Record<string, number>> = {
  StoreUnavailable: 503,
  BackendUnavailable: 503,
  Busy: 503,
  SessionInterrupted: 400,
  CsrfFailed: 403,
  DeviceProofMissing: 401
}

/** Does the work of an adapter. An error that is not one of latchkey's is a bug of the page, and is thrown. */
export const answered = async (
  auth: MemoryAuth,
  browser: Browser,
  page: Page,
  sent: Sent = {},
  failed: (error: unknown) => void = () => {}
): Promise<Response> => {
  const { fields, ...head } = sent
  const request = auth.open({ ...headOf(browser), ...head })
  try {
    await request.enter({ exempt: () => false, body: fields, loginRequired: undefined })
    const { location, status, value } = await page(request.context)
    const { clearSiteData, cookies } = await request.respond(status)
    browser.store(cookies)
    const headers = new Headers(cookies.map((line) => ["set-cookie", line]))
    if (clearSiteData !== undefined) headers.set("clear-site-data", clearSiteData)
    if (location !== undefined) headers.set("location", location)
    return Response.json(value ?? {}, { status, headers })
  } catch (error) {
    failed(error)
    const status = statusOf(error)
    if (status === undefined) throw error
    return Response.json({}, { status })
  }
}
