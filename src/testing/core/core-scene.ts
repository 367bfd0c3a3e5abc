/** Requests over the pure core alone: no adapter, no store, no promises. */
import {
  callable,
  checkOptions,
  either,
  type Kinds,
  number,
  object,
  string
} from "../../adapters/options/option-kinds.ts"
import { commit, emptyTable, list, rowOf, type SessionTable, visit } from "../../adapters/store/memory/session-table.ts"
import { listed } from "../../core/auth/sessions/listed-sessions.ts"
import type { Visitor } from "../../core/effect.ts"
import * as Core from "../../core/index.ts"
import { values } from "../../core/json/session-data.ts"
import { makeClock, type VirtualClock } from "../site/clock.ts"
import { type AnswerTo, drive } from "./drive.ts"
import { plainSettings, sceneBackend, signedSettings } from "./scene-settings.ts"

/** A user of a scene. */
export interface SceneUser {
  /** The primary key as text. */
  readonly id: string
  /** The user name. */
  readonly name: string
}

/** What a scene is made of. */
export interface SceneOptions<Name extends string> {
  /** The users: encoded passwords, by user name. */
  readonly users: Readonly<Record<Name, string>>
  /**
   * The secret key: sessions are stored as Django signs them. Default: none; then sessions are stored as plain JSON,
   * which is faster, and a test can read the rows.
   */
  readonly secretKey?: string
  /** When the scene's clock starts. Default: 2 January 2026, 03:04:05.678 UTC. */
  readonly now?: Date | number
  /** Changes the core's settings, which are Django's defaults. */
  readonly settings?: (settings: Core.RequestState.AuthSettings) => Core.RequestState.AuthSettings
}

/** How the core has ended a request. */
export interface SceneResponse {
  /** `Interrupted`: another request deleted the session while this one changed it; an adapter answers 400. */
  readonly outcome: "Responded" | "Interrupted" | "KeysExhausted"
  /**
   * Every effect without an answer that the request asked for, in order: signals, cookies, `Vary`, visits to record.
   */
  readonly effects: ReadonlyArray<Core.Command<SceneUser>>
  /** The session cookie that the browser has after this response. */
  readonly cookie: string | undefined
}

/**
 * Makes a scene: users, stored sessions and a clock, over which requests of the core run.
 *
 * ```ts
 * const scene = coreScene({ users: { alice: "A" } })
 * const { cookie, effects } = scene.request().set("cart", [1]).login("alice").respond()
 * expect(scene.request(cookie).user()?.name).toBe("alice")
 * ```
 */
export const coreScene = <Name extends string>(options: SceneOptions<Name>): CoreScene<Name> => {
  checkOptions(options, sceneKinds, "", ["users"])
  return new CoreScene(options)
}

const sceneKinds: Kinds<SceneOptions<string>> = {
  users: object,
  secretKey: string,
  now: either(number, { written: "a Date", accepts: (value) => value instanceof Date }),
  settings: callable
}

/** Users, stored sessions and a clock for requests over the core. */
export class CoreScene<Name extends string> {
  /** Moves the time of the following requests. */
  readonly clock: VirtualClock
  /** The stored sessions. */
  readonly table: SessionTable = emptyTable()
  /** The core's settings. */
  readonly settings: Core.RequestState.AuthSettings
  readonly #ids: ReadonlyMap<string, string>
  readonly #users: Map<string, Core.KnownUser<SceneUser>>
  #drawn = 0

  constructor({
    now = Date.UTC(2026, 0, 2, 3, 4, 5, 678),
    secretKey,
    settings = (made) => made,
    users
  }: SceneOptions<Name>) {
    this.clock = makeClock(Number(now)).clock
    this.settings = settings(secretKey === undefined ? plainSettings : signedSettings(secretKey))
    const entries = Object.entries<string>(users).map(([name, password], at) => ({
      id: String(at + 1),
      name,
      password
    }))
    this.#ids = new Map(entries.map(({ id, name }) => [name, id]))
    this.#users = new Map(entries.map(({ id, name, password }) => [id, { id, user: { id, name }, password }]))
  }

  /**
   * Begins a request.
   *
   * @param cookie the value of the session cookie that the browser sends
   * @param visitor the IP address and the `User-Agent` of the client, for the list of the user's sessions
   */
  request(cookie?: string, visitor: Partial<Visitor> = {}): SceneRequest<Name> {
    return new SceneRequest(this, cookie, visitor)
  }

  /**
   * The sessions that a user is logged in to, those seen last first, as `auth.listSessions` returns them. Empty unless
   * the settings record the sessions of users: `session.userSessions`.
   */
  listSessions(name: Name): ReadonlyArray<Core.UserSession> {
    const { id, password, user } = this.known(name)
    const owner = { backend: sceneBackend, id, user, authHashes: this.settings.authHashes(password) }
    const now = this.clock.now()
    const stored = list(this.table, { backends: [sceneBackend], userId: id }, now)
    return Core.usableSessions(this.settings, owner, stored, now).map((one) => listed(this.settings, one, false, now))
  }

  /** The values of a stored session, by key; `undefined` if there is no such session. */
  data(cookie: string | undefined): Readonly<Record<string, unknown>> | undefined {
    const key = Core.SessionKey.parse(cookie)
    const row = key === undefined ? undefined : rowOf(this.table, key, this.clock.now())
    const decoded = row === undefined ? undefined : this.settings.session.codec.decode(row.text)
    return decoded?._tag !== "Decoded"
      ? undefined
      : Object.fromEntries([...values(decoded.data)].map(([name, text]) => [name, Core.Json.read(text)]))
  }

  /** Changes a user's password, which ends the user's sessions. @param password the new encoded password */
  setPassword(name: Name, password: string): void {
    this.storePassword(this.known(name).id, password)
  }

  /** {@link setPassword} by id. */
  storePassword(id: string, password: string): void {
    const known = this.#users.get(id)
    if (known !== undefined) this.#users.set(id, { ...known, password })
  }

  /** A user with the encoded password. @throws {TypeError} if the scene has no such user */
  known(name: Name): Core.KnownUser<SceneUser> {
    const known = this.#users.get(this.#ids.get(name) ?? "")
    if (known === undefined)
      throw new TypeError(`there is no user ${name}; the users are ${[...this.#ids.keys()].join(", ")}`)
    return known
  }

  /** The answer to the core's question for a user. */
  readonly loadUser = (query: Core.LoadUser): Core.LoadUserAnswer<SceneUser> => {
    const known = query.backend === sceneBackend ? this.#users.get(query.id) : undefined
    return known === undefined ? { _tag: "UserAbsent" } : { _tag: "UserFound", known }
  }

  /** The answer to the core's question for a session. */
  readonly loadSession = ({ key }: Core.LoadSession): Core.LoadSessionAnswer<SceneUser> => {
    const row = rowOf(this.table, key, this.clock.now())
    if (row === undefined) return { _tag: "SessionAbsent" }
    const record = this.table.records.get(key)
    return { _tag: "SessionFound", text: row.text, prefetched: undefined, ...(record && { record }) }
  }

  /** Makes the change that the core asks for. */
  readonly commitSession = ({ change }: Core.CommitSession): Core.CommitAnswer => {
    return commit(this.table, change, this.clock.now())
  }

  /** Carries out an effect: records that a user has used a session. The other effects change nothing that is stored. */
  perform(effect: Core.Command<SceneUser>): void {
    if (effect._tag === "RecordVisit") visit(this.table, effect.key, effect.visit)
  }

  /** The time and new random values, which are counted, for one call of the core. */
  moment(): Core.Moment {
    const drawn = String(this.#drawn++)
    const key = Core.SessionKey.parse(drawn.padStart(32, "k"))
    if (key === undefined) throw new TypeError("the scene has drawn too many session keys")
    const csrf = drawn.padStart(32, "C")
    return { now: this.clock.now(), fresh: { sessionKey: key, csrfSecret: csrf, csrfMask: csrf } }
  }
}

/** One request. Each method runs operations of the core; those that change something return the request. */
export class SceneRequest<Name extends string> {
  /** The core's state of the request. */
  state: Core.RequestState.RequestState<SceneUser>
  /** The core's session of the request. */
  session: Core.Session.Session
  readonly #scene: CoreScene<Name>
  readonly #cookie: string | undefined
  readonly #effects: Array<Core.Command<SceneUser>> = []

  constructor(scene: CoreScene<Name>, cookie: string | undefined, { clientAddress, userAgent }: Partial<Visitor> = {}) {
    this.#scene = scene
    this.#cookie = cookie
    this.state = {
      ...Core.RequestState.opened(scene.settings, { session: cookie, csrf: undefined }, scene.moment().fresh),
      visitor: Core.SessionRecords.visitorOf(clientAddress, userAgent)
    }
    this.session = Core.Session.fromCookie(Core.SessionKey.parse(cookie))
  }

  /** The logged-in user. */
  user(): SceneUser | undefined {
    const { settings } = this.#scene
    const first = Core.GetUser.getUser(settings, this.state, this.session, this.#scene.moment())
    return this.#adopt(
      drive(
        first,
        { LoadSession: (query) => this.#scene.loadSession(query), LoadUser: (query) => this.#scene.loadUser(query) },
        ({ request, session, state }, answer: AnswerTo<Core.LoadSession | Core.LoadUser, SceneUser>) =>
          Core.GetUser.resume(settings, request, session, state, answer, this.#scene.moment())
      )
    ).value
  }

  /** A value of the session. */
  get(key: string): unknown {
    const text = Core.Session.get(this.#load(), key)
    return text === undefined ? undefined : Core.Json.read(text)
  }

  /** Sets a value of the session. */
  set(key: string, value: unknown): this {
    return this.#change(Core.Session.set(this.#load(), key, Core.Json.write(value)))
  }

  /** Deletes a value of the session. */
  delete(key: string): this {
    return this.#change(Core.Session.remove(this.#load(), key))
  }

  /** Deletes all values of the session. Does not load it. */
  clear(): this {
    return this.#change(Core.Session.clear(this.session))
  }

  /** Gives the session a new key. */
  cycleKey(): this {
    return this.#change(Core.Session.cycleKey(this.#load(), this.#scene.moment().fresh.sessionKey))
  }

  /** Logs a user in, without looking at a password. */
  login(name: Name): this {
    const who = this.#authenticated(this.#scene.known(name))
    const { settings } = this.#scene
    this.#adopt(Core.login(settings, this.state, this.#load(), who, this.#scene.moment()))
    return this
  }

  /** Logs out. As Django, it finds out first who is logged in. */
  logout(): this {
    this.user()
    this.#adopt(Core.logout(this.state, this.session))
    return this
  }

  /** Gives the logged-in user a new encoded password, and keeps this session. @throws {TypeError} without a user */
  changePassword(password: string): this {
    const user = this.user()
    if (user === undefined) throw new TypeError("changePassword: this request has no user; log one in first")
    const known = { id: user.id, user, password }
    this.#scene.storePassword(user.id, password)
    const changed = Core.updateSessionAuthHash(
      this.state,
      this.#load(),
      this.#authenticated(known),
      this.#scene.moment()
    )
    this.state = changed.request
    return this.#change(changed.session)
  }

  /** Ends the request: writes the session. @param status of the response */
  respond(status = 200): SceneResponse {
    const { settings } = this.#scene
    const first = Core.Respond.respond(settings, this.state, this.session, status, this.#scene.moment())
    const { effects, value } = this.#adopt(
      drive(
        first,
        {
          LoadSession: (query) => this.#scene.loadSession(query),
          CommitSession: (query) => this.#scene.commitSession(query)
        },
        ({ request, session, state }, answer) =>
          Core.Respond.resume(settings, request, session, state, answer, this.#scene.moment())
      )
    )
    for (const effect of effects) this.#scene.perform(effect)
    return { outcome: value._tag, effects: this.#effects, cookie: this.#cookieAfter() }
  }

  #cookieAfter(): string | undefined {
    const { name } = this.#scene.settings.session.cookie
    const changed = this.#effects.findLast(
      (effect) => (effect._tag === "SetCookie" || effect._tag === "DeleteCookie") && effect.name === name
    )
    if (changed === undefined) return this.#cookie
    return changed._tag === "SetCookie" ? changed.value : undefined
  }

  #authenticated({ id, password, user }: Core.KnownUser<SceneUser>): Core.RequestState.Authenticated<SceneUser> {
    const [authHash] = this.#scene.settings.authHashes(password)
    return { user, principal: { id, backend: sceneBackend, authHash } }
  }

  #load(): Core.Session.LoadedSession {
    const { settings } = this.#scene
    return this.#adopt(
      drive(
        Core.OpenSession.openSession(this.state, this.session),
        { LoadSession: (query) => this.#scene.loadSession(query) },
        ({ request, session, state }, answer: AnswerTo<Core.LoadSession, SceneUser>) =>
          Core.OpenSession.resume(settings, request, session, state, answer, this.#scene.moment())
      )
    ).value
  }

  #change(session: Core.Session.LoadedSession): this {
    this.session = session
    return this
  }

  #adopt<Step extends Adoptable>(step: Step): Step {
    this.state = step.request
    this.session = step.session
    this.#effects.push(...step.effects)
    return step
  }
}

/** What every operation of the core returns. */
interface Adoptable {
  readonly request: Core.RequestState.RequestState<SceneUser>
  readonly session: Core.Session.Session
  readonly effects: ReadonlyArray<Core.Command<SceneUser>>
}
