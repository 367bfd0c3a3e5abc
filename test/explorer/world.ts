/** Everything that the requests of an exploration share, as an immutable value, and what the laws remember of it. */
import * as Core from "../../src/core/index.ts"
import { type Operation, passwords, type Request, sessions, startsAt } from "./operations.ts"
import {
  type Answer,
  type Asked,
  begin,
  getUser,
  keyOf,
  model,
  type Page,
  type Response,
  settingsWith
} from "./request.ts"
import { type Store, sound, type Table } from "./table.ts"

export interface World {
  /** The settings of the site. They do not change. */
  readonly settings: Core.RequestState.AuthSettings
  /** Epoch milliseconds. */
  readonly now: number
  readonly table: Table
  /** The encoded passwords by user id. */
  readonly passwords: Readonly<Record<string, string>>
  /** What happens to the next store call. */
  readonly fault: "refused" | "acknowledgementLost" | undefined
  readonly past: Past
}

/** What the laws remember. The core and the store do not see it. */
export interface Past {
  /** Keys whose row was removed. */
  readonly ended: ReadonlySet<string>
  /** Keys that got a row again after their row was removed. */
  readonly risen: ReadonlySet<string>
  /** The passwords that were checked or set for the session under a key: `alice A`. A renewed session keeps them. */
  readonly proofs: ReadonlyMap<string, ReadonlySet<string>>
  /** The session that a key belongs to. A renewed session is the same one; a login opens another. */
  readonly family: ReadonlyMap<string, string>
  /** Sessions that an answered logout has ended. */
  readonly over: ReadonlySet<string>
  /** What the laws about lifetimes remember. `undefined` for a site without lifetimes. */
  readonly times: Times | undefined
}

/** When the session under a key was written, at the latest, in epoch milliseconds. A renewed session keeps `logins`. */
export interface Times {
  /** The latest time that the clock has shown. */
  readonly latest: number
  /** By a login. */
  readonly logins: ReadonlyMap<string, number>
  /** By any request. */
  readonly writes: ReadonlyMap<string, number>
  /** How many visits have written the session. */
  readonly renewals: ReadonlyMap<string, number>
}

const otherBackend = "a backend that the site does not use"

export const ids: Readonly<Record<string, string>> = { alice: "1", bob: "2" }
const names: Readonly<Record<string, string>> = { "1": "alice", "2": "bob" }

/** The settings of the site, and those before its secret key was changed. */
export const current = settingsWith(["new", "old"])
export const before = settingsWith(["old"])

/** A site whose sessions end when they are idle, and some time after the login. */
export const limits = { idleSeconds: 1800, absoluteSeconds: 7200, renewalSeconds: 60 }
export const limited = settingsWith(["new", "old"], limits)

/** When alice has logged in, and when her sessions `here` and `elsewhere` were last used, at a site with lifetimes. */
const loggedInAt = startsAt - 5_460_000
const usedAt = startsAt - 120_000
const recentlyUsedAt = startsAt - 30_000

/**
 * The world before the first request.
 *
 * @param made the settings under which the sessions were opened
 * @param settings those of the site
 */
export const opened = (made: Core.RequestState.AuthSettings, settings = current): World => {
  const isLimited = settings.session.lifetime !== undefined
  const times = (seen: number): ReadonlyArray<readonly [string, string]> =>
    isLimited
      ? [
          ["_latchkey_login", JSON.stringify({ user: ids["alice"], at: loggedInAt, proof: "login" })],
          ["_latchkey_seen", String(seen)]
        ]
      : []
  const identity = (user: keyof typeof passwords, backend = model): ReadonlyArray<readonly [string, string]> => [
    ["_auth_user_id", JSON.stringify(ids[user])],
    ["_auth_user_backend", JSON.stringify(backend)],
    ["_auth_user_hash", JSON.stringify(made.authHashes(passwords[user])[0])]
  ]
  const row = (data: ReadonlyArray<readonly [string, string]>) => ({
    text: JSON.stringify([["old", "1"], ...data]),
    expiresAt: startsAt + made.session.cookieAgeSeconds * 1000
  })
  return {
    settings,
    now: startsAt,
    table: {
      rows: new Map([
        [sessions.here, row([...identity("alice"), ...times(usedAt)])],
        [sessions.elsewhere, row([...identity("alice"), ...times(recentlyUsedAt)])],
        [sessions.anonymous, row([])],
        [sessions.unhashed, row(identity("alice").slice(0, 2))],
        [sessions.foreign, row(identity("alice", otherBackend))],
        [sessions.numbered, row([["_auth_user_id", "1"], ...identity("alice").slice(1)])],
        // Three steps back of an hour, the most of any order, lead to the instant of its expiry: it is over then too.
        [sessions.expired, { ...row(identity("alice")), expiresAt: startsAt - 10_800_000 }]
      ]),
      forwards: new Map()
    },
    passwords: { "1": passwords.alice, "2": passwords.bob },
    fault: undefined,
    past: {
      ended: new Set(),
      risen: new Set(),
      proofs: new Map([
        [sessions.here, new Set(["alice A"])],
        [sessions.elsewhere, new Set(["alice A"])],
        [sessions.numbered, new Set(["alice A"])]
      ]),
      family: new Map(Object.entries(sessions).map(([name, key]) => [key, name])),
      over: new Set(),
      times: isLimited
        ? {
            latest: startsAt,
            logins: new Map([
              [sessions.here, loggedInAt],
              [sessions.elsewhere, loggedInAt]
            ]),
            writes: new Map([
              [sessions.here, usedAt],
              [sessions.elsewhere, recentlyUsedAt]
            ]),
            renewals: new Map()
          }
        : undefined
    }
  }
}

// ---- steps -------------------------------------------------------------------------------------------------------

export interface Stepped {
  readonly world: World
  /** `undefined`: the call failed. */
  readonly answer: Answer | undefined
}

/** One store call of a request. */
export const called = (world: World, store: Store, letter: string, request: Request, query: Asked): Stepped => {
  const { fault } = world
  // A load leaves the world as it is: the same value, so that it is compared by identity.
  const working = fault === undefined ? world : { ...world, fault: undefined }
  if (fault === "refused") return { world: working, answer: undefined }
  const { answer, world: after } = carriedOut(working, store, letter, request, query)
  return { world: after, answer: fault === "acknowledgementLost" ? undefined : answer }
}

/** An event that is not a request. */
export const happened = (world: World, event: Exclude<Operation, Request>): World => {
  if (event._tag === "Fault") return { ...world, fault: event.fault }
  const [now, { times }] = [world.now + event.milliseconds, world.past]
  if (times === undefined) return { ...world, now }
  return { ...world, now, past: { ...world.past, times: { ...times, latest: Math.max(times.latest, now) } } }
}

/** A request was answered. */
export const answered = (world: World, request: Request, { outcome, status }: Response): World => {
  const { past } = world
  const family = past.family.get(sessions[request.from])
  if (!isLogout(request) || outcome !== "Responded" || status !== 200 || family === undefined) return world
  return { ...world, past: { ...past, over: new Set(past.over).add(family) } }
}

export const isLogout = ({ name }: Request): boolean => name.includes("logout")

const carriedOut = (
  world: World,
  store: Store,
  letter: string,
  request: Request,
  query: Asked
): { readonly world: World; readonly answer: Answer } => {
  switch (query._tag) {
    case "LoadSession":
      return { world, answer: withGuess(world, query.key, store.load(world.table, query.key, world.now)) }
    case "LoadUser":
      return { world, answer: { _tag: "UserFound", known: known(world, query.id) } }
    case "FindUser":
      return { world, answer: { _tag: "UserFound", known: known(world, ids[query.username] ?? "") } }
    case "SetPassword":
      return {
        world: { ...world, passwords: { ...world.passwords, [query.id]: query.password } },
        answer: { _tag: "PasswordSet" }
      }
    case "CommitSession": {
      const { answer, table } = store.commit(world.table, query.change, world.now)
      const past = remembered(world, table, letter, request, query.change, answer)
      return { world: { ...world, table, past }, answer }
    }
    default:
      return query satisfies never
  }
}

/**
 * A store may return a user together with the session, by a guess, and the guess may be wrong: another user, or the user
 * with this id of another backend.
 */
const withGuess = (
  world: World,
  key: string,
  answer: Core.LoadSessionAnswer<never>
): Core.LoadSessionAnswer<{ readonly name: string }> => {
  if (answer._tag !== "SessionFound") return answer
  if (key === sessions.here) return { ...answer, prefetched: { backend: model, id: "2", known: known(world, "2") } }
  if (key !== sessions.elsewhere) return answer
  const other = { ...known(world, "1"), password: "a password of another backend" }
  return { ...answer, prefetched: { backend: otherBackend, id: "1", known: other } }
}

const known = (world: World, id: string) => ({
  id,
  user: { name: names[id] ?? "" },
  password: world.passwords[id] ?? ""
})

const remembered = (
  { past, table: was }: World,
  table: Table,
  letter: string,
  request: Request,
  change: Core.SessionChange,
  answer: Core.CommitAnswer
): Past => {
  const { opens, proof } = request
  const ended = new Set(past.ended)
  for (const key of was.rows.keys()) if (!table.rows.has(key)) ended.add(key)
  const risen = new Set(past.risen)
  for (const key of table.rows.keys()) if (past.ended.has(key)) risen.add(key)
  if (answer._tag !== "Committed") return { ...past, ended, risen }
  const renewed = change._tag === "Move" && opens === undefined ? change.from : undefined
  const source = change._tag === "Update" ? answer.key : renewed
  const own = proof === undefined ? [] : [`${proof.username} ${proof.password}`]
  return {
    ...past,
    ended,
    risen,
    proofs: new Map(past.proofs).set(
      answer.key,
      new Set([...((source === undefined ? undefined : past.proofs.get(source)) ?? []), ...own])
    ),
    family: new Map(past.family).set(
      answer.key,
      (source === undefined ? undefined : past.family.get(source)) ?? `opened by ${letter}`
    ),
    times: past.times === undefined ? undefined : timesAfter(past.times, request, answer.key, source)
  }
}

/** @param source the key that the session had before, if it is the same session */
const timesAfter = (times: Times, { name, opens, proof }: Request, key: string, source: string | undefined): Times => {
  const before = (of: ReadonlyMap<string, number>) => (source === undefined ? undefined : of.get(source))
  const isLogin = opens === true && proof !== undefined
  const renewals = before(times.renewals) ?? 0
  return {
    ...times,
    // The lifetimes of a login that was not seen count from the first write.
    logins: new Map(times.logins).set(key, isLogin ? times.latest : (before(times.logins) ?? times.latest)),
    writes: new Map(times.writes).set(key, times.latest),
    renewals: new Map(times.renewals).set(key, name.startsWith("visit") ? renewals + 1 : renewals)
  }
}

// ---- looking at a world ------------------------------------------------------------------------------------------

/** The user of a new request that sends this key and writes nothing. */
export const who = (world: World, key: string): string | undefined => {
  const row = world.table.rows.get(keyOf(key))
  if (row === undefined || row.expiresAt <= world.now) return undefined
  const { session } = world.settings
  const time = session.lifetime === undefined ? undefined : [session.lifetime, world.now]
  const known = JSON.stringify([row.text, world.passwords, time])
  if (!users.has(known)) users.set(known, visitor(world, key))
  return users.get(known)
}

/** The answers of {@link who}, by the row's text, the passwords, and the time if it counts. */
const users = new Map<string, string | undefined>()

const visitor = (world: World, key: string): string | undefined => {
  const visit: Page = (at) =>
    getUser(at, (_, user) => ({ _tag: "Answered", response: { ...unread, told: user?.name } }))
  let running = begin(Core, world.settings, "o", key, world.now, visit)
  while (running._tag === "Waiting")
    running = running.answered(carriedOut(world, sound, "o", observer, running.query).answer, world.now)
  return running.response.told
}

const observer: Request = { _tag: "Request", name: "observe", from: "here", page: (at, end) => end(at) }

const unread: Omit<Response, "told"> = {
  outcome: "Responded",
  status: 200,
  issued: undefined,
  cookieEndsAt: undefined,
  stored: undefined,
  removed: false,
  varies: true,
  announced: [],
  foundNone: false
}
