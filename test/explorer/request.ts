/**
 * A request over the pure core as a value: it has stopped at a query, or it is answered. A waiting request can be
 * continued several times, with different answers, because nothing in it changes.
 */
import * as Core from "../../src/core/index.ts"

export interface User {
  readonly name: string
}

/** The end of a request: the core's transition. */
export type Ending = ReturnType<typeof Core.Respond.respond<User>>

/** What a request asks its stores. The password queries stand for those of the user store. */
export type Asked =
  | Core.LoadSession
  | Core.LoadUser
  | Core.CommitSession
  | { readonly _tag: "FindUser"; readonly username: string }
  | { readonly _tag: "SetPassword"; readonly id: string; readonly password: string }

export type Answer =
  | Core.LoadSessionAnswer<User>
  | Core.LoadUserAnswer<User>
  | Core.CommitAnswer
  | { readonly _tag: "PasswordSet" }

/** A row that a store has written. */
interface Stored {
  readonly text: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

export interface Response {
  readonly outcome: "Responded" | "Interrupted" | "KeysExhausted" | "Unavailable"
  readonly status: number
  /** The session cookie that the response sets. */
  readonly issued: string | undefined
  /** When that cookie ends, in epoch milliseconds; `undefined`: when the browser closes. */
  readonly cookieEndsAt: number | undefined
  /** What the request has stored of its session at last. */
  readonly stored: Stored | undefined
  /** Whether the response deletes the session cookie. */
  readonly removed: boolean
  /** The signals that the request has announced. */
  readonly announced: ReadonlyArray<Core.SignalName>
  /** Whether a store told the request that there is no session, or that it has expired or ended. */
  readonly foundNone: boolean
  /** Whether the response has `Vary: Cookie`. */
  readonly varies: boolean
  /** What the page answered: the user's name, for pages that say it. */
  readonly told: string | undefined
  /** The status of an endpoint of device-bound sessions. */
  readonly endpoint?: number
  /** The id of the binding for which the response offers a registration. */
  readonly offer?: string
}

export type Running =
  | { readonly _tag: "Waiting"; readonly query: Asked; readonly answered: (answer: Answer, now: number) => Running }
  | { readonly _tag: "Answered"; readonly response: Response }

/** The answer to a request whose store call failed. */
export const unavailable: Running = {
  _tag: "Answered",
  response: {
    outcome: "Unavailable",
    status: 503,
    issued: undefined,
    cookieEndsAt: undefined,
    stored: undefined,
    removed: false,
    varies: false,
    told: undefined,
    announced: [],
    foundNone: false
  }
}

/** The functions of the core that requests call. A core with a fault replaces some of them. */
export interface CoreFunctions {
  readonly login: typeof Core.login<User>
  readonly logout: typeof Core.logout<User>
  readonly updateSessionAuthHash: typeof Core.updateSessionAuthHash<User>
  readonly Authenticate: { readonly resume: typeof Core.Authenticate.resume<User> }
  readonly Respond: {
    readonly respond: typeof Core.Respond.respond<User>
    readonly resume: typeof Core.Respond.resume<User>
  }
  readonly Session: Pick<typeof Core.Session, "bind" | "fromCookie">
  readonly DeviceEndpoints: Pick<typeof Core.DeviceEndpoints, "register" | "prove">
}

/** A request between two steps of its handler. */
export interface At {
  readonly core: CoreFunctions
  /** One letter: the first one of all random values that this request draws. */
  readonly letter: string
  readonly settings: Core.RequestState.AuthSettings
  /** Epoch milliseconds. */
  readonly now: number
  /** How many moments the request has used. */
  readonly moments: number
  readonly request: Core.RequestState.RequestState<User>
  readonly session: Core.Session.Session
  readonly announced: ReadonlyArray<Core.SignalName>
  readonly foundNone: boolean
  readonly stored: Stored | undefined
}

type Then<A> = (at: At, value: A) => Running

/** A handler: it ends with the status of its response and what the page says. */
export type Page = (at: At, end: (at: At, status?: number, told?: string) => Running) => Running

export const model = "model"

/** A codec whose text is JSON: a signature would only cost time here. */
const plainCodec: Core.SessionCodec = {
  encode: (data) => JSON.stringify([...Core.SessionData.values(data)]),
  decode: (text) => {
    const known = decoded.get(text)
    if (known !== undefined) return known
    const answer: Core.Decoded = { _tag: "Decoded", data: Core.SessionData.of(JSON.parse(text)) }
    decoded.set(text, answer)
    return answer
  }
}

const decoded = new Map<string, Core.Decoded>()

/**
 * @param secrets the secret key, then the fallbacks
 * @param lifetime the limits of the lifetimes of sessions
 */
export const settingsWith = (
  secrets: readonly [string, ...ReadonlyArray<string>],
  lifetime?: { readonly idleSeconds: number; readonly absoluteSeconds: number; readonly renewalSeconds: number }
): Core.RequestState.AuthSettings => {
  const hash = (secret: string, password: string) => `${secret} hash of ${password}`
  const [secret, ...older] = secrets
  return {
    ...Core.settings({
      ...{ secretKey: secret, backends: [model], codec: () => plainCodec },
      ...{ sessionCookie: { secure: true }, deviceBound: { mode: "enforce" } },
      ...(lifetime === undefined ? {} : { lifetime })
    }),
    authHashes: (password) => [hash(secret, password), ...older.map((one) => hash(one, password))]
  }
}

export const dataOf = (text: string): Core.JsonObject => {
  const decoded = plainCodec.decode(text)
  return decoded._tag === "Decoded" ? Core.SessionData.values(decoded.data) : new Map()
}

export const keyOf = (text: string): Core.SessionKey.SessionKey => {
  const key = Core.SessionKey.parse(text.padEnd(32, "."))
  if (key === undefined) throw new Error(`no session key: ${text}`)
  return key
}

/** A key that the request draws as its nth. */
export const drawnKey = (letter: string, nth: number): Core.SessionKey.SessionKey => keyOf(`${letter}${nth}`)

// ---- one request -------------------------------------------------------------------------------------------------

/** Begins a request: runs the page up to its first query. */
export const begin = (
  core: CoreFunctions,
  settings: Core.RequestState.AuthSettings,
  letter: string,
  cookie: string | undefined,
  now: number,
  page: Page,
  isProven?: boolean
): Running => {
  const { fresh } = momentOf(letter, 0, now)
  const presence = isProven === undefined ? [] : [presenceOf(settings, isProven, now)]
  return page(
    {
      core,
      letter,
      settings,
      now,
      moments: 1,
      request: Core.RequestState.opened(settings, { session: cookie, csrf: undefined }, fresh),
      session: core.Session.fromCookie(Core.SessionKey.parse(cookie), ...presence),
      announced: [],
      foundNone: false,
      stored: undefined
    },
    (at, status = 200, told = undefined) => respond(at, status, told)
  )
}

/** The id of the binding of the bound session, and of that of the offered one. */
export const bindingId = "b".repeat(22)

/** What a request of a browser shows about its device. */
const presenceOf = (
  { session: { deviceBound } }: Core.RequestState.AuthSettings,
  isProven: boolean,
  now: number
): Core.DevicePresence => ({
  shortCookie:
    isProven && deviceBound !== undefined ? Core.ShortCookie.mint(deviceBound, bindingId, now).value : undefined,
  arrivedAt: now,
  isSecure: true,
  isJudged: true,
  answer: "Other",
  basePath: ""
})

const momentOf = (letter: string, nth: number, now: number): Core.Moment => ({
  now,
  fresh: {
    sessionKey: drawnKey(letter, nth),
    csrfSecret: `${letter}${nth}`.padEnd(32, "S"),
    csrfMask: `${letter}${nth}`.padEnd(32, "M"),
    bindingId: `${letter}${nth}`.padEnd(22, "B")
  }
})

/** The moment of the next call of the core, and the request after it. */
const draw = (at: At): { readonly moment: Core.Moment; readonly after: At } => ({
  moment: momentOf(at.letter, at.moments, at.now),
  after: { ...at, moments: at.moments + 1 }
})

/** Pauses at a query of the application itself. */
const ask = (at: At, query: Asked, next: (at: At, answer: Answer) => Running): Running => ({
  _tag: "Waiting",
  query,
  answered: (answer, now) => {
    const isNone = answer._tag === "SessionAbsent" || answer._tag === "SessionExpired" || hasEnded(at, answer, now)
    const foundNone = at.foundNone || (isNone && !Core.Session.isLoaded(at.session))
    return next({ ...at, now, foundNone }, answer)
  }
})

/** Whether the lifetime of the session is over. */
const hasEnded = ({ settings }: At, answer: Answer, now: number): boolean => {
  if (settings.session.lifetime === undefined || answer._tag !== "SessionFound") return false
  const decoded = plainCodec.decode(answer.text)
  return decoded._tag === "Decoded" && Core.Lifetime.ended(settings.session.lifetime, decoded.data, now) !== undefined
}

const isSessionLoaded = (answer: Answer): answer is Core.LoadSessionAnswer<User> =>
  answer._tag === "SessionFound" || answer._tag === "SessionAbsent" || answer._tag === "SessionExpired"

const isUserLoaded = (answer: Answer): answer is Core.LoadUserAnswer<User> =>
  answer._tag === "UserFound" || answer._tag === "UserAbsent"

const isCommitted = (answer: Answer): answer is Core.CommitAnswer =>
  !isSessionLoaded(answer) && !isUserLoaded(answer) && answer._tag !== "PasswordSet"

const unexpected = (answer: Answer): never => {
  throw new Error(`an answer to another query: ${answer._tag}`)
}

export const getUser = (at: At, then: Then<User | undefined>): Running => {
  const { after, moment } = draw(at)
  const goOn = (at: At, step: Core.GetUser.GetUser<User>): Running => {
    const adopted = { ...at, request: step.request, session: step.session }
    if (step._tag === "Done") return then(adopted, step.value)
    return ask(adopted, step.query, (at, answer) => {
      if (!isSessionLoaded(answer) && !isUserLoaded(answer)) return unexpected(answer)
      const { after, moment } = draw(at)
      return goOn(after, Core.GetUser.resume(at.settings, at.request, at.session, step.state, answer, moment))
    })
  }
  return goOn(after, Core.GetUser.getUser(at.settings, at.request, at.session, moment))
}

/** Loads the session. */
export const open = (at: At, then: Then<Core.Session.LoadedSession>): Running => {
  const goOn = (at: At, step: ReturnType<typeof Core.OpenSession.openSession<User>>): Running => {
    const adopted = { ...at, request: step.request, session: step.session }
    if (step._tag === "Done") return then(adopted, step.value)
    return ask(adopted, step.query, (at, answer) => {
      if (!isSessionLoaded(answer)) return unexpected(answer)
      const { after, moment } = draw(at)
      return goOn(after, Core.OpenSession.resume(at.settings, at.request, at.session, step.state, answer, moment))
    })
  }
  return goOn(at, Core.OpenSession.openSession(at.request, at.session))
}

/** The answer to a load that another part of the handler asked for at the same time, and that comes late. */
export const loadAgain = (at: At, then: (at: At) => Running): Running => {
  const { storedKey } = at.session
  if (storedKey === undefined) return then(at)
  return ask(at, { _tag: "LoadSession", key: storedKey }, (at, answer) => {
    if (!isSessionLoaded(answer)) return unexpected(answer)
    const { after, moment } = draw(at)
    const state = { _tag: "LoadingSession" } as const
    const step = Core.OpenSession.resume(at.settings, at.request, at.session, state, answer, moment)
    return then({ ...after, request: step.request, session: step.session })
  })
}

/**
 * Asks the backends in order, and logs in. The model backend compares the password; `declining` does not know the user,
 * and `denying` refuses every user.
 */
export const login = (
  at: At,
  username: string,
  password: string,
  then: Then<boolean>,
  backends: ReadonlyArray<string> = [model]
): Running => {
  const resumed = (at: At, state: Core.Authenticate.Asking, answer: Core.AskBackendAnswer<User>): Running => {
    const { after, moment } = draw(at)
    return goOn(after, at.core.Authenticate.resume(at.settings, at.request, at.session, state, answer, moment))
  }
  const goOn = (at: At, step: Core.Authenticate.Authenticate<User>): Running => {
    if (step._tag === "Done")
      return step.value === undefined ? then(heard(at, step.effects), false) : loggedIn(at, step.value, then)
    if (step.query.backend === "declining") return resumed(at, step.state, { _tag: "Declined" })
    if (step.query.backend === "denying") return resumed(at, step.state, { _tag: "Denied" })
    return ask(at, { _tag: "FindUser", username }, (at, answer) => {
      const known = answer._tag === "UserFound" && answer.known.password === password ? answer.known : undefined
      return resumed(at, step.state, known === undefined ? { _tag: "Declined" } : { _tag: "Accepted", known })
    })
  }
  return goOn(at, Core.Authenticate.authenticate<User>(at.request, at.session, backends, { username }))
}

const loggedIn = (at: At, who: Core.RequestState.Authenticated<User>, then: Then<boolean>): Running =>
  open(at, (at, session) => {
    const { after, moment } = draw(at)
    const { effects, request, session: own } = at.core.login(at.settings, at.request, session, who, moment)
    return then(heard({ ...after, request, session: own }, effects), true)
  })

const heard = (at: At, effects: ReadonlyArray<Core.Command<User>>): At => ({
  ...at,
  announced: [...at.announced, ...effects.flatMap((one) => (one._tag === "AnnounceSignal" ? [one.signal] : []))]
})

export const logout = (at: At): At => {
  const { request, session } = at.core.logout(at.request, at.session)
  return { ...at, request, session }
}

/**
 * Sets another password for the logged-in user and keeps this session.
 *
 * @param ofUser the id of another user, for a page with which an administrator changes other users' passwords
 */
export const changePassword = (at: At, password: string, then: Then<boolean>, ofUser?: string): Running =>
  getUser(at, (at, user) => {
    const known = at.request.user
    if (user === undefined || known?._tag !== "Authenticated") return then(at, false)
    const principal = { ...known.principal, id: ofUser ?? known.principal.id }
    return ask(at, { _tag: "SetPassword", id: principal.id, password }, (at) =>
      open(at, (at, session) => {
        const { after, moment } = draw(at)
        const who = { user, principal: { ...principal, authHash: at.settings.authHashes(password)[0] } }
        const changed = at.core.updateSessionAuthHash(at.request, session, who, moment)
        return then({ ...after, request: changed.request, session: changed.session }, true)
      })
    )
  })

/** Changes the session by one of the session's own operations. */
export const change = (
  at: At,
  operation: (session: Core.Session.LoadedSession, freshKey: Core.SessionKey.SessionKey) => Core.Session.LoadedSession,
  then: (at: At) => Running
): Running =>
  open(at, (at, session) => {
    // As every adapter does, a change of a closed session is refused.
    if (Core.Session.isClosed(session)) return respond(at, 401, undefined)
    const { after, moment } = draw(at)
    return then({ ...after, session: operation(session, moment.fresh.sessionKey) })
  })

export const respond = (at: At, status: number, told: string | undefined): Running => {
  const { after, moment } = draw(at)
  const goOn = (at: At, effects: ReadonlyArray<Core.Command>, step: Ending): Running => {
    const all = [...effects, ...step.effects]
    if (step._tag === "Done") return { _tag: "Answered", response: responseOf(at, status, told, all, step.value._tag) }
    const { query } = step
    return ask({ ...at, request: step.request, session: step.session }, query, (at, answer) => {
      if (!isSessionLoaded(answer) && !isCommitted(answer)) return unexpected(answer)
      const { after: drawn, moment } = draw(at)
      const isStored = answer._tag === "Committed" && query._tag === "CommitSession" && query.change._tag !== "Delete"
      const after = isStored ? { ...drawn, stored: query.change } : drawn
      return goOn(after, all, at.core.Respond.resume(at.settings, at.request, at.session, step.state, answer, moment))
    })
  }
  return goOn(after, [], at.core.Respond.respond(at.settings, at.request, at.session, status, moment))
}

const responseOf = (
  { announced, foundNone, stored }: At,
  status: number,
  told: string | undefined,
  effects: ReadonlyArray<Core.Command>,
  outcome: "Responded" | "Interrupted" | "KeysExhausted"
): Response => ({
  outcome,
  status,
  told,
  announced,
  foundNone,
  stored,
  cookieEndsAt: effects.flatMap((one) =>
    one._tag === "SetCookie" && one.name === "sessionid" ? [one.lifetime?.expiresAt] : []
  )[0],
  issued: effects.flatMap((one) => (one._tag === "SetCookie" && one.name === "sessionid" ? [one.value] : []))[0],
  removed: effects.some((one) => one._tag === "DeleteCookie" && one.name === "sessionid"),
  varies: effects.some((one) => one._tag === "VaryOn"),
  ...offerIn(effects)
})

const offerIn = (effects: ReadonlyArray<Core.Command>): Pick<Response, "offer"> => {
  const value = effects.flatMap((one) => (one._tag === "OfferRegistration" ? [one.value] : []))[0]
  const id = value === undefined ? undefined : /challenge="register\.([^.]*)\./.exec(value)?.[1]
  return id === undefined ? {} : { offer: id }
}
