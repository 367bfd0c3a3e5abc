/** A whole site in memory: users, sessions, authentication, with a clock and random values that a test controls. */
import { createHash } from "node:crypto"
import * as Effect from "effect/Effect"
import { newProcess, type ProcessSessions } from "../../adapters/account/process-sessions.ts"
import type { Auth } from "../../adapters/api/auth.ts"
import { createAuthWith } from "../../adapters/api/create-auth.ts"
import type { AuthOptions } from "../../adapters/api/options/auth-options.ts"
import { modelBackend } from "../../adapters/backend/model-backend.ts"
import { ConfigurationInvalid } from "../../adapters/errors/errors.ts"
import {
  boolean,
  callable,
  checkOptions,
  either,
  type Kinds,
  number,
  object
} from "../../adapters/options/option-kinds.ts"
import type { AnyFields, SessionFields } from "../../adapters/request/session/session-access.ts"
import { type MemoryStores, type MemoryUser, memory } from "../../adapters/store/memory.ts"
import * as SessionKey from "../../core/session-key.ts"
import { Browser, type BrowserOptions } from "../browser/browser.ts"
import { DeviceBrowser } from "../browser/device-browser.ts"
import { checkedStores, type Stores } from "../browser/intercept.ts"
import { Gate } from "../orders/gate.ts"
import { type Network, network } from "../stores/store-network.ts"
import { makeClock, type VirtualClock } from "./clock.ts"
import { forceLogin } from "./force-login.ts"
import { notedSessions } from "./noted-sessions.ts"
import { originKind } from "./origin-kind.ts"
import type { SessionKeys } from "./session-keys.ts"
import { register } from "./site-registry.ts"
import { testHashers } from "./test-hashers.ts"
import { addUsers, defaultUsers, passwordOf, type TestUsers } from "./test-users.ts"

/**
 * The options of `createAuth` that a test site leaves to its caller. It has its own sessions, clock and random values.
 */
export type TestAuthOptions<Fields extends SessionFields = AnyFields> = Omit<
  Partial<AuthOptions<MemoryUser, Fields>>,
  "sessions" | "clockAndRandom"
>

/** Options of `createAuth`, or a function that gets the site's stores and returns them. */
export type AuthChanges<Fields extends SessionFields = AnyFields> =
  | TestAuthOptions<Fields>
  | ((stores: Stores<MemoryUser>) => TestAuthOptions<Fields>)

/** The options of {@link testSite}. */
export interface TestSiteOptions<Users extends TestUsers, Fields extends SessionFields = AnyFields> {
  /**
   * The options of your application's `createAuth`; or a function that gets the site's stores and returns them, for
   * backends of your own. Without `backends`, there is one, with the name of Django's `ModelBackend`. Without
   * `allowedHosts`, the host of `origin` is allowed.
   */
  readonly auth?: AuthChanges<Fields>
  /** The users, by name. Default: {@link defaultUsers}. */
  readonly users?: Users
  /** The permissions of groups, by the name of the group. */
  readonly groups?: Readonly<Record<string, ReadonlyArray<string>>>
  /** When the site's clock starts. Default: 2 January 2026, 03:04:05.678 UTC. */
  readonly now?: Date | number
  /** The origin of the site. Default `http://localhost`. */
  readonly origin?: string
  /** How long a `slow` call to a store takes. Default 100. */
  readonly slowMilliseconds?: number
  /** Puts something between the network and the stores, for example a store that is broken. */
  readonly stores?: (stores: Stores<MemoryUser>, gate: Gate) => Stores<MemoryUser>
  /** Called by `reset` of the site: empties stores of your own, which `stores` has put there. */
  readonly reset?: () => void | Promise<void>
  /**
   * Reads the keys of the sessions in a store of your own, which `stores` has put there: laws about what is stored need
   * it. Default: the keys in the site's own store; with `reset`, none is known, and the laws that need them are
   * skipped.
   */
  readonly rows?: SessionKeys
  /** Puts something between the site and the network, for example a client that takes errors for answers. */
  readonly client?: (stores: Stores<MemoryUser>) => Stores<MemoryUser>
  /** Records the sessions of users, as the option `userSessions` of a store does. Default false. */
  readonly userSessions?: boolean
  /** The site's random values: 32 lower-case letters or digits, a new one at each call. Default: counted. */
  readonly random?: () => string
}

/** The session cookie of a test site. */
export interface TestSessionCookie {
  /** SESSION_COOKIE_NAME. */
  readonly name: string
  /** SESSION_COOKIE_AGE: after how many seconds a session expires that is not written. */
  readonly ageSeconds: number
}

/** How a test site binds sessions to devices: its option `deviceBound`. */
export interface TestDeviceBound {
  /** What the site does with a session without its proof. */
  readonly mode: "observe" | "enforce"
  /** After how many seconds the short cookie expires. */
  readonly cookieSeconds: number
  /** How long a session is used without a proof after its login and after its registration. */
  readonly graceSeconds: number
  /** The name of the short cookie. */
  readonly cookie: string
}

/** A site in memory: an `Auth` with stores, a clock and random values that the test controls. */
export interface TestSite<Name extends string = string, Fields extends SessionFields = AnyFields> {
  /** What `createAuth` returned. Pass it to an adapter, or to your application. It stays the same after `reset`. */
  readonly auth: Auth<MemoryUser, Fields>
  /** The secret key of `auth`. */
  readonly secretKey: string
  /**
   * Another `Auth` of the same site, with other options: a process of the application that was started after a change
   * of the settings, for example of the secret key. It has the same stores and clock. Options that are not given are
   * those of the site.
   *
   * @throws {ConfigurationInvalid} as `createAuth`
   */
  readonly authWith: (options: AuthChanges<Fields>) => Auth<MemoryUser, Fields>
  /** The site's clock. It stands still until the test moves it. */
  readonly clock: VirtualClock
  /** The stores themselves: rows, permissions, groups. Calls to these do not pass the network. */
  readonly stores: MemoryStores
  /** Where calls to the stores wait while {@link everyOrder} decides their order. They wait before the network. */
  readonly gate: Gate
  /** The network between the site and its stores, for faults. */
  readonly network: Network<MemoryUser>
  /** Reads the keys of the stored sessions; `undefined` for a store of your own, without the option `rows`. */
  readonly rows: SessionKeys | undefined
  /** The origin of the site, without a path. */
  readonly origin: string
  /** The site's session cookie. */
  readonly sessionCookie: TestSessionCookie
  /** PASSWORD_RESET_TIMEOUT: after how many seconds a link to reset a password expires. */
  readonly passwordResetSeconds: number
  /** SESSION_SAVE_EVERY_REQUEST: whether every request makes the session last longer. */
  readonly saveEveryRequest: boolean
  /** REDIRECT_FIELD_NAME: the query field with the URL to go to after the login. */
  readonly redirectFieldName: string
  /**
   * The password hashes that were computed or compared since the start or since `reset`: the names of their algorithms.
   */
  readonly hashed: ReadonlyArray<string>
  /**
   * The texts that were written to the session table since the start or since `reset`, in their order, also those that
   * were overwritten or deleted since: the column `session_data`.
   */
  readonly written: ReadonlyArray<string>
  /**
   * The next session keys that the site draws, for tests of a key that is in use already. After them, the site draws
   * its own again.
   *
   * @throws {TypeError} for a text that cannot be a session key
   */
  readonly nextSessionKeys: (...keys: ReadonlyArray<string>) => void
  /** A user as currently stored. */
  readonly user: (name: Name) => MemoryUser
  /** What a user enters to log in. */
  readonly credentials: (name: Name) => { readonly username: string; readonly password: string }
  /** A new browser, with no cookies, on the site's clock. */
  readonly browser: () => Browser
  /** How the site binds sessions to devices; `undefined` without the option `deviceBound`. */
  readonly deviceBound: TestDeviceBound | undefined
  /**
   * A new browser that binds its sessions to its device, as Chromium does. The site needs the option `deviceBound` and
   * an `https` origin.
   */
  readonly deviceBrowser: () => DeviceBrowser
  /** A new browser in which this user is logged in. */
  readonly browserOf: (name: Name) => Promise<Browser>
  /**
   * Restores the start of the site: users, sessions, clock, random values, no faults. Browsers keep their cookies.
   * Receivers of signals stay. It returns what the option `reset` returns: a promise only if that one does.
   */
  readonly reset: () => void | Promise<void>
}

const modelBackendName = "django.contrib.auth.backends.ModelBackend"

/**
 * Makes a site in memory.
 *
 * ```ts
 * const site = testSite({ auth: { sessionCookie: { ageSeconds: 3600 } } })
 * const app = makeApp(site.auth)
 * beforeEach(() => site.reset())
 * ```
 *
 * @throws {ConfigurationInvalid} as `createAuth`
 */
export const testSite = <const Users extends TestUsers = typeof defaultUsers, Fields extends SessionFields = AnyFields>(
  options: TestSiteOptions<Users, Fields> = {}
): TestSite<keyof Users & string, Fields> => {
  checkOptions(options, siteKinds)
  const { clock, restart } = makeClock(Number(options.now ?? Date.UTC(2026, 0, 2, 3, 4, 5, 678)))
  const users: TestUsers = options.users ?? defaultUsers
  const stores = memory({ userSessions: options.userSessions === true })
  const ids = addUsers(stores, users, options.groups ?? {}, clock)
  const restore = stores.snapshot()
  const gate = new Gate()
  const written: Array<string> = []
  const noted = (from: Stores<MemoryUser>): Stores<MemoryUser> => ({
    users: from.users,
    sessions: notedSessions(from.sessions, written)
  })
  const behind =
    options.stores === undefined
      ? noted(stores)
      : checkedStores("stores: its result", options.stores(noted(stores), gate))
  const net = network(
    behind,
    options.slowMilliseconds === undefined ? {} : { slowMilliseconds: options.slowMilliseconds }
  )
  // Noted here too: a store of the caller may not use the store in memory.
  const joined = noted(net)
  const behindGate = gate.stores(options.client?.(joined) ?? joined)
  const counter = counted(gate)
  const random = options.random ?? counter.next
  const optionsOf = (changes: AuthChanges<Fields> = {}) =>
    typeof changes === "function" ? changes(behindGate) : changes
  const given = optionsOf(options.auth)
  const own = Object.keys(given).filter((name) => name === "sessions" || name === "clockAndRandom")
  if (own.length > 0) throw new ConfigurationInvalid({ problems: own.map((name) => `auth.${name}: ${instead[name]}`) })
  const origin = options.origin ?? "http://localhost"
  const secretKey = given.secretKey ?? "the secret key of a test site, for no real user"
  const browserOptions: BrowserOptions = { origin, clock, csrf: csrfNames(given) }
  const hashed: Array<string> = []
  const keys: Array<SessionKey.SessionKey> = []
  const processes: Array<ProcessSessions> = []
  let devices = 0
  const authWith = (changes: AuthChanges<Fields>): Auth<MemoryUser, Fields> => {
    const chosen = { ...given, ...optionsOf(changes) }
    const process = newProcess()
    processes.push(process)
    const auth = createAuthWith<MemoryUser, Fields>(
      {
        backends: { [modelBackendName]: modelBackend(behindGate.users) },
        ...(options.origin === undefined ? {} : { allowedHosts: [new URL(origin).hostname] }),
        ...chosen,
        secretKey: chosen.secretKey ?? secretKey,
        hashers: testHashers(chosen.hashers, random, hashed, gate),
        sessions: behindGate.sessions,
        clockAndRandom: {
          now: clock.now,
          sessionKey: () => keys.shift() ?? sessionKeyOf(random(), "random"),
          csrfSecret: () => random(),
          bindingId: () => createHash("sha256").update(random()).digest("base64url").slice(0, 22)
        }
      },
      { proofs: (verify) => (proof) => gate.during(() => verify(proof)), process }
    )
    register(auth, browserOptions)
    return auth
  }
  const auth = authWith({})
  const idOf = (name: string): string => {
    const id = ids.get(name)
    if (id === undefined) throw new TypeError(`there is no user ${name}; the users are ${[...ids.keys()].join(", ")}`)
    return id
  }
  const user = (name: string): MemoryUser => {
    const row = Effect.runSync(stores.users.findById(idOf(name)))
    if (row === undefined) throw new TypeError(`the user ${name} was removed; site.reset() brings it back`)
    return row.user
  }
  return {
    auth,
    secretKey,
    authWith,
    clock,
    stores,
    gate,
    network: net,
    // A site that has a store of its own to reset does not keep its sessions in memory.
    rows: options.rows ?? (options.reset === undefined ? () => stores.sessions.rows.keys() : undefined),
    origin,
    sessionCookie: {
      name: given.sessionCookie?.name ?? "sessionid",
      ageSeconds: given.sessionCookie?.ageSeconds ?? 1_209_600
    },
    passwordResetSeconds: given.passwordResetTimeoutSeconds ?? 259_200,
    saveEveryRequest: given.saveEveryRequest ?? false,
    redirectFieldName: given.redirectFieldName ?? "next",
    hashed,
    written,
    nextSessionKeys: (...next) => void keys.push(...next.map((key) => sessionKeyOf(key, "nextSessionKeys"))),
    user,
    credentials: (name) => ({ username: user(name).username, password: passwordOf(name, users[name]) }),
    browser: () => new Browser(browserOptions),
    deviceBound: deviceBoundOf(given),
    deviceBrowser: () => new DeviceBrowser({ ...browserOptions, seed: `browser ${devices++}` }),
    browserOf: (name) => forceLogin(auth, user(name)),
    reset: () => {
      restore()
      restart()
      counter.restart()
      devices = 0
      keys.length = 0
      hashed.length = 0
      written.length = 0
      // The same keys are drawn again.
      for (const { failedLogouts } of processes) failedLogouts.clear()
      net.heal()
      net.forget()
      return options.reset?.()
    }
  }
}

const siteKinds: Kinds<TestSiteOptions<TestUsers>> = {
  auth: either(object, callable),
  users: object,
  groups: object,
  now: either(number, { written: "a Date", accepts: (value) => value instanceof Date }),
  origin: originKind,
  slowMilliseconds: number,
  stores: callable,
  reset: callable,
  rows: callable,
  client: callable,
  userSessions: boolean,
  random: callable
}

/** What to write in place of an option of `createAuth` that a site sets itself. */
const instead: Readonly<Record<string, string>> = {
  sessions: "a test site has its own store; to test with another one, use the option `stores` of testSite",
  clockAndRandom: "a test site has its own; use site.clock, and the options `now` and `random` of testSite"
}

const deviceBoundOf = ({ deviceBound, sessionCookie }: Pick<TestAuthOptions, "deviceBound" | "sessionCookie">) => {
  if (deviceBound === undefined) return undefined
  const { cookieSeconds = 600, graceSeconds = 10, mode } = deviceBound
  const name = (sessionCookie?.name ?? "sessionid").replace(/^__(Host-Http|Host|Secure|Http)-/i, "")
  return { mode, cookieSeconds, graceSeconds, cookie: `__Host-${name}-device` }
}

const csrfNames = ({ csrfCookie, csrfHeaderName }: Pick<TestAuthOptions, "csrfCookie" | "csrfHeaderName">) => ({
  ...(csrfCookie?.name === undefined ? {} : { cookie: csrfCookie.name }),
  ...(csrfHeaderName === undefined ? {} : { header: csrfHeaderName })
})

/** Each request of an order has values of its own, which do not depend on what the others draw. */
const counted = (gate: Gate) => {
  const counts = new Map<number | undefined, number>()
  return {
    next: () => {
      const { request } = gate
      const count = counts.get(request) ?? 0
      counts.set(request, count + 1)
      const start = request === undefined ? "drawn" : `drawnby${request}x`
      return start + String(count).padStart(32 - start.length, "0")
    },
    restart: () => counts.clear()
  }
}

/**
 * @param from the option or the method that the text comes from.
 * @throws {TypeError} for a text that cannot be a key
 */
const sessionKeyOf = (text: string, from: string): SessionKey.SessionKey => {
  const key = SessionKey.parse(text)
  if (key === undefined) throw new TypeError(`${from}: a session key has 32 lower-case letters or digits`)
  return key
}
