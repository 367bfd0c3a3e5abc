/**
 * A site in memory: the real core, interpreter, hasher and stores, with a virtual clock and predictable random values.
 * Browsers send requests to it, and a scheduler controls the network between it and its stores.
 */
import { pbkdf2Sync } from "node:crypto"
import * as Effect from "effect/Effect"
import * as References from "effect/References"
import type * as fc from "fast-check"
import { type Auth, createAuth } from "../../src/adapters/api/create-auth.ts"
import type { AuthContext } from "../../src/adapters/api/promises.ts"
import type { SettingsOptions } from "../../src/adapters/api/settings-options.ts"
import { modelBackend } from "../../src/adapters/backend/model-backend.ts"
import { failureResponse, serverError } from "../../src/adapters/http/failure-response.ts"
import { pbkdf2Hasher } from "../../src/adapters/password/pbkdf2-hasher.ts"
import type { Backend } from "../../src/adapters/ports/backend.ts"
import type { ClockAndRandom as TimeAndChance } from "../../src/adapters/ports/clock-and-random.ts"
import type { AnyFields } from "../../src/adapters/request/session-access.ts"
import { type MemoryStores, type MemoryUser, memory } from "../../src/adapters/store/memory.ts"
import type { RequestHead } from "../../src/core/http/request-head.ts"
import type { JsonObject } from "../../src/core/json/json-value.ts"
import * as Data from "../../src/core/json/session-data.ts"
import { makeCodec } from "../../src/core/session/codec.ts"
import * as SessionKey from "../../src/core/session-key.ts"
import { type Browser, cookiesOf, parseSetCookie, take } from "./browser.ts"
import type { Plant } from "./plant.ts"
import { type Chronicle, chronicled, type Fault, noWaiting, remote, type Stores, type Turn } from "./stores.ts"

export const model = "django.contrib.auth.backends.ModelBackend"
export const second = "site.backends.SecondBackend"

export type SiteAuth = Auth<MemoryUser, AnyFields>
export type Context = AuthContext<MemoryUser, AnyFields>

/** What a handler does with a request. */
export type Page<A> = (context: Context, auth: SiteAuth) => Promise<{ readonly status: number; readonly value: A }>

export interface Answer<A> {
  readonly status: number
  /** `undefined` if the response did not come from the page. */
  readonly value: A | undefined
  readonly setCookies: ReadonlyArray<string>
  /** The session cookie that the request sent. */
  readonly presented: string | undefined
  /** The session cookie that the response sets. */
  readonly issued: string | undefined
  /** Whether the response deletes the session cookie. */
  readonly removed: boolean
  /** Whether `issued` was stored, and its store had confirmed that, before the response was sent. */
  readonly storedBefore: boolean
}

export interface Configuration extends Omit<SettingsOptions, "secretKey"> {
  readonly secretKey: string
  /** Names of the backends in use. All of them know the same users. */
  readonly backends: ReadonlyArray<string>
  /** Iterations of the preferred hasher. */
  readonly iterations: number
}

export interface World {
  readonly clock: { now: number }
  readonly stores: MemoryStores
  readonly chronicle: Chronicle
  /** Keys for which the interpreter got the answer that they are stored. */
  readonly acknowledged: ReadonlySet<string>
  /** Every session cookie value that a request or a response has sent. */
  readonly seen: ReadonlySet<string>
  /** Called after each change of the session table and of a password. */
  readonly onChange: Set<() => void>
  auth: SiteAuth
  /** Restarts the site with other settings. */
  readonly configure: (configuration: Partial<Configuration>) => void
  /** From now on, the scheduler decides when effects happen. */
  readonly interleave: (scheduler: Pick<fc.Scheduler, "schedule"> | undefined) => void
  /** The faults of the next effects, one for each; effects after the end of the list do not fail. */
  readonly afflict: (faults: ReadonlyArray<Fault>) => void
  /** Waits for the scheduler, like a handler that waits for something else. */
  readonly pause: () => Promise<void>
  readonly request: <A>(browser: Browser, page: Page<A>) => Promise<Answer<A>>
  /** The user of a new request that sends only this session cookie. Changes nothing. */
  readonly who: (cookie: string) => string | undefined
  /** The stored data under a key. */
  readonly dataOf: (key: string) => JsonObject | undefined
  /** Puts a text into the session table, as another program would. */
  readonly plantRow: (key: string, text: string) => void
}

export const secretKey = "a secret key"

export const passwordOf = (username: string): string => `the password of ${username}`

/** Real PBKDF2, computed synchronously, so that only the scheduler decides the order. */
export const hasher = (iterations: number) =>
  pbkdf2Hasher(
    { algorithm: "pbkdf2_sha256", digest: "sha256", length: 32 },
    { iterations },
    async (password, salt, rounds, length, digest) => pbkdf2Sync(password, salt, rounds, length, digest)
  )

/** A site with the users alice and bob. */
export const makeWorld = async (
  options: Partial<Configuration> & {
    readonly plant?: Plant | undefined
    readonly chance?: () => string
    readonly sharesUsers?: boolean
  } = {}
): Promise<World> => {
  const { chance = counted(), plant, sharesUsers = false, ...configuration } = options
  const clock = { now: Date.UTC(2026, 0, 2, 3, 4, 5, 678) }
  const stores = memory()
  const chronicle: Chronicle = { stored: new Set(), buried: new Set(), risen: new Set() }
  const acknowledged = new Set<string>()
  const seen = new Set<string>()
  const onChange = new Set<() => void>()
  const timeAndChance: TimeAndChance = {
    now: () => clock.now,
    sessionKey: () => keyOf(chance()),
    csrfSecret: () => chance().padEnd(32, "Z")
  }

  let scheduler: Pick<fc.Scheduler, "schedule"> | undefined
  let faults: Array<Fault> = []
  const turn: Turn = (label) =>
    Effect.suspend(() =>
      scheduler === undefined
        ? Effect.void
        : Effect.promise(scheduler.schedule.bind(scheduler, Promise.resolve(), label))
    )

  const kept = chronicled(stores, chronicle, () => {
    for (const listener of onChange) listener()
  })
  const broken = (waiting: Turn): Stores => plant?.beneath?.(kept, waiting, () => clock.now) ?? kept
  const behindNetwork = remote(broken(turn), {
    turn,
    nextFault: () => faults.shift() ?? "none",
    delay: () => {
      clock.now += 60_000
    },
    sharesUsers,
    acknowledged: (key) => void acknowledged.add(key)
  })
  const siteStores = plant?.above?.(behindNetwork) ?? behindNetwork
  const observed = broken(noWaiting)

  let current: Configuration = { secretKey, backends: [model], iterations: 1, ...configuration }
  const assemble = ({ sessions, users }: Stores): SiteAuth => {
    const { backends, iterations, ...settings } = current
    const named = backends.map((name): [string, Backend<MemoryUser>] => [name, modelBackend(users)])
    return createAuth({
      ...settings,
      sessions,
      backends: Object.fromEntries(named),
      hashers: [hasher(iterations)],
      concurrency: 16,
      clockAndRandom: timeAndChance
    })
  }
  let observer = assemble(observed)

  const world: World = {
    clock,
    stores,
    chronicle,
    acknowledged,
    seen,
    onChange,
    auth: assemble(siteStores),
    configure: (changes) => {
      current = { ...current, ...changes }
      world.auth = assemble(siteStores)
      observer = assemble(observed)
    },
    interleave: (given) => {
      scheduler = given
    },
    afflict: (given) => {
      faults = [...given]
    },
    pause: () => Effect.runPromise(turn("the handler waits")),
    request: async (browser, page) => {
      const presented = cookiesOf(browser, clock.now)
      const cookie = presented.get("sessionid")
      if (cookie !== undefined) seen.add(cookie)
      const answer = await answered(world.auth, presented, page)
      const session = answer.setCookies.map(parseSetCookie).find(({ name }) => name === "sessionid")
      const removed = session !== undefined && session.value === '""'
      const issued = removed ? undefined : session?.value
      const storedBefore = issued !== undefined && acknowledged.has(issued) && chronicle.stored.has(issued)
      await Effect.runPromise(turn("the response leaves"))
      for (const line of answer.setCookies) take(browser, line, clock.now)
      if (issued !== undefined) seen.add(issued)
      return { ...answer, presented: cookie, issued, removed, storedBefore }
    },
    who: (cookie) =>
      Effect.runSync(quietly(observer.open(headOf(new Map([["sessionid", cookie]]))).effects.getUser))?.username,
    dataOf: (key) => {
      const row = stores.sessions.rows.get(keyOf(key))
      const decoded = row === undefined ? undefined : codecOf(current).decode(row.text)
      return decoded?._tag === "Decoded" ? Data.values(decoded.data) : undefined
    },
    plantRow: (key, text) => {
      const expiresAt = clock.now + 86_400_000
      Effect.runSync(kept.sessions.commit({ _tag: "Insert", key: keyOf(key), text, expiresAt }, clock.now))
    }
  }
  for (const username of ["alice", "bob"]) await world.auth.createUser({ username, password: passwordOf(username) })
  return world
}

/** Without logging: the observer's warnings are not printed. */
const quietly = Effect.provideService(References.MinimumLogLevel, "None")

/** Does the work of an adapter: returns the handler's answer, or the one that replaces it. */
const answered = async <A>(auth: SiteAuth, cookies: ReadonlyMap<string, string>, page: Page<A>) => {
  const request = auth.open(headOf(cookies))
  const replaced = (status: number) => ({ status, value: undefined, setCookies: [] })
  const responded = async (status: number, value: A | undefined) => {
    try {
      const headers = await request.respond(status)
      return { status, value, setCookies: headers.cookies }
    } catch (error) {
      return replaced((failureResponse(error) ?? serverError).status)
    }
  }
  try {
    const { status, value } = await page(request.context, auth)
    return await responded(status, value)
  } catch (error) {
    const failure = failureResponse(error)
    return failure === undefined ? await responded(serverError.status, undefined) : replaced(failure.status)
  }
}

const headOf = (cookies: ReadonlyMap<string, string>): RequestHead => ({
  method: "GET",
  target: "/",
  headers: [
    ["Host", "example.com"],
    ...(cookies.size === 0
      ? []
      : [["Cookie", [...cookies].map(([name, value]) => `${name}=${value}`).join("; ")] as const])
  ],
  transport: { secure: false, serverName: "example.com", serverPort: "80" }
})

const codecOf = ({ secretKey, secretKeyFallbacks = [] }: Configuration) =>
  makeCodec({ secret: secretKey, fallbacks: secretKeyFallbacks, memoBytes: 0 })

/** A text as a session key; an invalid text becomes a key that no session has. */
export const keyOf = (text = ""): SessionKey.SessionKey => SessionKey.parse(text) ?? keyOf("a key of no session")

/** Distinct values in a fixed order, so that a history can be replayed. */
const counted = (): (() => string) => {
  let count = 0
  return () => `drawn${String(count++).padStart(27, "0")}`
}
