/** A `testSite` as the laws see it. */
import * as Effect from "effect/Effect"
import type { Auth } from "../../../adapters/api/auth.ts"
import { allowAllUsersModelBackend, modelBackend } from "../../../adapters/backend/model-backend.ts"
import { remoteUserBackend } from "../../../adapters/backend/remote-user-backend.ts"
import type { AnyFields } from "../../../adapters/request/session/session-access.ts"
import type { MemoryUser } from "../../../adapters/store/memory.ts"
import type { CookieOptions } from "../../../core/http/cookies/cookie-settings.ts"
import { Browser, handle, type RequestHandler, type Target } from "../../browser/browser.ts"
import { headOf } from "../../site/force-login.ts"
import { encodeInstantly, encodeOutdated } from "../../site/instant-hasher.ts"
import { browserOptionsOf } from "../../site/site-registry.ts"
import type { AuthChanges, TestSite } from "../../site/test-site.ts"
import { checkShape } from "../examine.ts"
import type { LawPages, LawUser } from "../law-pages.ts"
import { awaited, type LawSite } from "../law-site.ts"
import {
  backendNames,
  denier,
  denying,
  directory,
  directoryOf,
  loggingInAsNamesake,
  remote,
  twoBackends
} from "./memory-backends.ts"
import {
  answered,
  loggingIn,
  loggingOutWithHead,
  loggingOutWithMetadata,
  type MemoryAuth,
  pagesOf,
  permission,
  permitted,
  permittedOn,
  recentSeconds,
  seen,
  visit
} from "./memory-pages.ts"
import { handled, served } from "./memory-server.ts"
import { socketsOf } from "./memory-sockets.ts"
import { identitiesOf, sharedTableOf } from "./memory-table.ts"
import { memoryThrottled, type ThrottleChanges } from "./memory-throttled.ts"
import { recordLog } from "./record-log.ts"

/** A `testSite` that the laws can be checked on. */
export type LawTestSite = TestSite<"alice" | "bob", AnyFields>

/**
 * What {@link lawSite} is told besides the pages: how to read them, and parts of the site that are not those of a test
 * site.
 */
export type LawParts = Partial<Omit<LawSite, "pages" | "user">> & Pick<LawSite, "user">

/** An application that does not change when a law changes the secret key. */
export interface FixedApplication {
  /** The pages of the application. */
  readonly pages: LawPages
  /** Not given: laws about secret keys are skipped, unless `secretKeys` is given. */
  readonly application?: never
}

/** An application that can be made with another `auth`. */
export interface MadeApplication {
  /** Makes the application with this `auth`. Called again when a law changes the secret key. */
  readonly application: (auth: Auth<MemoryUser, AnyFields>) => Target
  /** The pages of the application. `application` handles requests as the application does that was made last. */
  readonly pages: (application: RequestHandler) => LawPages
}

/** What {@link lawSite} needs to know about an application. */
export type LawApplication = LawParts & (FixedApplication | MadeApplication)

/**
 * Describes a `testSite` by the pages of your own application, for `laws` and for `run` of a flow. Without it, both
 * visit pages of the kit.
 *
 * ```ts
 * const pages = (app: RequestHandler) => ({ visit: (browser: Browser) => browser.fetch(app, "/account"), login, logout })
 * laws(lawSite(site, { application: makeApp, pages, user: async (response) => (await response.json()).user }))
 * ```
 *
 * Give `pages` as an object, without `application`, if your application cannot be made with another `auth`: then the
 * laws about secret keys are skipped.
 *
 * @param site a `testSite` with the users alice and bob
 */
export const lawSite = (site: LawTestSite, described: LawApplication): LawSite => {
  const { application, pages, ...more } = described
  const common = { ...partsOf(site), ...more }
  if (application === undefined) return { ...common, pages }
  let current = application(site.auth)
  return {
    ...common,
    pages: pages((request) => handle(current, request)),
    secretKeys: secretKeysOf(site, (changes) => {
      current = application(site.authWith(changes))
    }),
    reset: async () => {
      await common.reset()
      current = application(site.auth)
    }
  }
}

/**
 * A `testSite` as the laws see it, with pages of the kit.
 *
 * @param around what changes the site's answers, with `deviceBound`
 * @param throttleChanges what is different about its throttle
 */
export const lawSiteOf = (
  site: LawTestSite,
  around: (handler: RequestHandler) => RequestHandler = (it) => it,
  throttleChanges: ThrottleChanges = {}
): LawSite => {
  const errors: Array<unknown> = []
  let { auth } = site
  const change = (changes: AuthChanges): void => {
    auth = site.authWith(changes)
  }
  const { mailed, throttle } = memoryThrottled(site.gate, change, throttleChanges)
  const pages = pagesOf({
    auth: () => auth,
    mailed,
    userOf: (username) => site.user(username === "bob" ? "bob" : "alice"),
    redirectFieldName: site.redirectFieldName,
    recordsSessions: site.stores.sessions.userSessions !== undefined,
    failed: (error) => void errors.push(error),
    ...(site.deviceBound === undefined ? {} : { visited: served(around) })
  })
  const common = partsOf(site)
  return {
    ...common,
    pages: {
      ...pages,
      logoutWithMetadata: loggingOutWithMetadata(() => site.authWith({ csrfMode: "fetch-metadata" })),
      loginAsNamesake: (browser) => {
        change(({ users }) => ({
          backends: { [backendNames[0]]: modelBackend(users), [directory]: directoryOf(site) }
        }))
        return answered(auth, browser, loggingInAsNamesake)
      }
    },
    user: async (response) => (await seen(response)).user,
    data: async (response) => (await seen(response)).data,
    patience: 20,
    lifetime: {
      idleSeconds: 1800,
      absoluteSeconds: 7200,
      renewalSeconds: 60,
      recentSeconds,
      start: () => change({ lifetime: { idleSeconds: 1800, absoluteSeconds: 7200 }, reauthentication: {} })
    },
    proxy: {
      visit: (browser, username) =>
        answered(auth, browser, visit, {
          headers: [
            ...headOf(browser).headers,
            ...(username === undefined ? [] : [["X-Remote-User", username] as const])
          ]
        }),
      start: () =>
        change(({ users }) => ({
          remoteUser: { header: "X-Remote-User" },
          backends: { [remote]: remoteUserBackend(users), [backendNames[0]]: modelBackend(users) }
        }))
    },
    size: { characters: 9000, start: () => change({ maximumSessionBytes: 8192 }) },
    permission: {
      grant: () => {
        site.stores.users.setPermissions(site.stores.users.idOf(site.user("alice")), [permission])
        change(({ users }) => ({ backends: { [backendNames[0]]: modelBackend(users) } }))
      },
      deny: () => change(({ users }) => ({ backends: { [denier]: denying, [backendNames[0]]: modelBackend(users) } })),
      objectPage: (browser) => answered(auth, browser, permittedOn({})),
      // This backend gives the user of a session also if the user is inactive: only the permission is refused then.
      start: () => {
        site.stores.users.change(site.stores.users.idOf(site.user("alice")), { isSuperuser: true })
        change(({ users }) => ({ backends: { [backendNames[0]]: allowAllUsersModelBackend(users) } }))
      },
      page: (browser) => answered(auth, browser, permitted)
    },
    sockets: socketsOf(() => auth),
    ...overHttps(site, () => auth, change),
    throttle,
    renewAtEveryLogin: () => change({ renewKeyAtEveryLogin: true }),
    // A closed session could not hold the CSRF secret of the login form.
    csrfOfSession: () => change({ csrfUseSessions: true, deviceBound: undefined }),
    reset: async () => {
      await site.reset()
      auth = site.auth
    },
    secretKeys: secretKeysOf(site, change),
    backends: {
      use: (backends) => change(({ users }) => ({ backends: twoBackends(backends, users) })),
      login: (browser, user, backend) => {
        change(({ users }) => ({ backends: twoBackends([0, 1], users) }))
        return answered(auth, browser, loggingIn(user, 200, backendNames[backend]))
      }
    },
    log: { ...common.log, during: (requests) => recordLog(auth, errors, requests) },
    ...(site.deviceBound === undefined
      ? {}
      : {
          deviceBound: {
            ...site.deviceBound,
            browser: site.deviceBrowser,
            handler: around((request) => handled(auth, request, visit)),
            observe: () => change({ deviceBound: { mode: "observe" } }),
            off: () => change({ deviceBound: undefined })
          }
        })
  }
}

/**
 * The ways of a site over https: its forms, a logout that clears data, and cookies that browsers accept only with
 * attributes.
 */
const overHttps = (site: LawTestSite, auth: () => MemoryAuth, change: (changes: AuthChanges) => void) => {
  const origin = site.origin.replace(/^http:/, "https:")
  const browser = () => new Browser({ ...browserOptionsOf(site.auth), origin })
  const withCookies = (prefix: string, options: CookieOptions) => ({
    browser,
    start: () =>
      change({
        sessionCookie: { ...options, name: `${prefix}sessionid` },
        csrfCookie: { ...options, name: `${prefix}csrftoken` },
        csrfUseSessions: false,
        // Browsers bind no partitioned cookie.
        ...(options.partitioned === true ? { deviceBound: undefined } : {})
      })
  })
  const kinds = ["cookies", "storage"] as const
  return {
    forms: {
      browser,
      logout: loggingOutWithHead(auth),
      trustedPages: ["https://shop.trusted.example/"],
      start: () =>
        change({
          // The check of tokens is part of this mode: it is for requests without the headers Origin and Sec-Fetch-Site.
          csrfMode: "fetch-metadata",
          csrfTrustedOrigins: ["https://*.trusted.example"],
          allowedHosts: [new URL(origin).hostname]
        })
    },
    clearSiteData: { browser, kinds, start: () => change({ clearSiteData: kinds }) },
    prefixedCookies: withCookies("__Host-", { secure: true }),
    partitionedCookies: withCookies("", { secure: true, sameSite: "None", partitioned: true })
  }
}

/** What a `testSite` has for every kind of pages. */
const partsOf = (site: LawTestSite) => {
  const users = [site.credentials("alice"), site.credentials("bob")] as const
  const ids = (["alice", "bob"] as const).map((name) => site.stores.users.idOf(site.user(name)))
  const store = site.stores.users
  const idOf = ({ username }: LawUser): string => {
    const known = ids[users.findIndex((user) => user.username === username)]
    return known ?? Effect.runSync(store.findByUsername(username))?.id ?? ""
  }
  const encodedOf = (id: string): string => Effect.runSync(store.findById(id))?.password ?? ""
  const sharedTable = sharedTableOf(site)
  return {
    reset: site.reset,
    browser: site.browser,
    cookie: site.sessionCookie.name,
    users,
    gate: site.gate,
    clock: {
      ...site.clock,
      sessionSeconds: site.sessionCookie.ageSeconds,
      isExtendedByVisits: site.saveEveryRequest,
      resetSeconds: site.passwordResetSeconds
    },
    network: site.network,
    ...(site.rows === undefined ? {} : { rows: site.rows }),
    identities: identitiesOf(site, [newSecretKey]),
    ...(sharedTable === undefined ? {} : { sharedTable }),
    nextSessionKeys: site.nextSessionKeys,
    hashed: () => site.hashed,
    calls: () => site.network.log.map(({ operation }) => operation),
    passwords: {
      outdate: (user: LawUser) => void Effect.runSync(store.setPassword(idOf(user), encodeOutdated(user.password))),
      set: (user: LawUser, password: string) =>
        site.auth.setPassword(site.user(user.username === users[1].username ? "bob" : "alice"), password)
    },
    accounts: {
      deactivate: (user: LawUser) => void store.change(idOf(user), { isActive: false }),
      activate: (user: LawUser) => void store.change(idOf(user), { isActive: true }),
      remove: (user: LawUser) => void store.remove(idOf(user)),
      replace: (user: LawUser, { password, username }: LawUser) => {
        const id = idOf(user)
        store.change(id, { username, email: `${username}@example.com`, lastLoginAt: undefined })
        Effect.runSync(store.setPassword(id, encodeInstantly(password)))
      }
    },
    log: {
      during: (requests: () => Promise<void>) => recordLog(site.auth, [], requests),
      secrets: () => [...ids.map(encodedOf), site.secretKey, newSecretKey].filter((secret) => secret !== "")
    }
  }
}

const newSecretKey = "another secret key of a test site, for no real user"

const secretKeysOf = (site: LawTestSite, change: (changes: AuthChanges) => void) => ({
  replace: () => change({ secretKey: newSecretKey, secretKeyFallbacks: [site.secretKey] }),
  removeFormer: () => change({ secretKey: newSecretKey, secretKeyFallbacks: [] })
})

/** A site as laws and flows need it: described by its pages, each of which returns with the whole response. */
export const describedSite = (site: LawTestSite | LawSite): LawSite => {
  if (typeof site !== "object" || site === null)
    throw new TypeError("laws and flows: pass a testSite, or a site that is described by its pages")
  if (!isTestSite(site)) {
    checkShape(site)
    return awaited(site)
  }
  if ("pages" in site)
    throw new TypeError(
      "a testSite has no pages of your own; write lawSite(site, { pages, user }) for the laws and flows"
    )
  return lawSiteOf(site)
}

const isTestSite = (site: LawTestSite | LawSite): site is LawTestSite => "auth" in site
