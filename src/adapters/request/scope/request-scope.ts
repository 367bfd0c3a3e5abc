import type * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import type { Authenticated, RequestState } from "../../../core/auth/state/request-state.ts"
import type { AnnounceSignal, LoadSessionAnswer, LoadUserAnswer, SetCookie } from "../../../core/effect.ts"
import type { RequestHead } from "../../../core/http/request/request-head.ts"
import type { GrantsByBackend } from "../../../core/permissions/permissions.ts"
import { isClosed, type LoadedSession, type Session } from "../../../core/session/value/session.ts"
import { noEffects } from "../../../core/transition.ts"
import {
  type ChangeRefused,
  CsrfFailed,
  DeviceProofMissing,
  type DeviceResponse,
  HeadersAlreadySent,
  type SessionInterrupted,
  type StoreUnavailable
} from "../../errors/errors.ts"
import type { BackendFailure } from "../../ports/backend.ts"
import type { StoreTime } from "../../store-time/store-time.ts"
import type { ProvenDevice } from "../throttle/throttle-settings.ts"
import type { GuardFailure } from "./guard-record.ts"
import { GuardRecord } from "./guard-record.ts"
import { SessionDraft } from "./session-draft.ts"

/** The headers that latchkey adds to the response. */
export interface ResponseHeaders {
  /** The values of `Set-Cookie`, each for a separate header line. */
  readonly cookies: ReadonlyArray<string>
  /** Whether `Vary` must name `Cookie`. */
  readonly varyOnCookie: boolean
  /** `Cache-Control`, to be set if the handler did not set one. If absent, none is added. */
  readonly cacheControl?: "private" | "no-store"
  /** `Secure-Session-Registration`: asks the browser to bind the session to its device. If absent, none is added. */
  readonly registration?: string
  /** `Clear-Site-Data`: asks the browser to delete what it keeps of this site. If absent, none is added. */
  readonly clearSiteData?: string
}

/** Why the handler's response must not be sent. */
export type RespondFailure =
  | StoreUnavailable
  | SessionInterrupted
  | CsrfFailed
  | GuardFailure
  | DeviceResponse
  | DeviceProofMissing

/** Running queries by name. Operations of one request that need the same query share it. */
export type InFlight<A, E> = Map<string, PendingQuery<A, E>>

/** A running query. */
export interface PendingQuery<A, E> {
  /**
   * Created when a second operation waits for this query. It resolves to `undefined` if the query was interrupted: then
   * a waiting operation runs it again.
   */
  waiting: Deferred.Deferred<A | undefined, E> | undefined
}

/**
 * The state of one request. Nothing else in latchkey changes in place. Operations of the same request may run at the
 * same time: each continues with the state at the moment when its query is answered.
 */
export class RequestScope<User> {
  readonly head: RequestHead
  request: RequestState<User>
  session: Session
  /** How long the calls of stores may take together. Copies of the scope share it. */
  readonly storeTime: StoreTime
  /** Signals that were announced during the request. Receivers with `when: "committed"` get them after the commit. */
  announced: ReadonlyArray<AnnounceSignal<User>> = noEffects
  /** The state of the CSRF check. */
  csrf: CsrfState = { _tag: "Unchecked" }
  /** Whether a client-side router may follow a redirect of the response. */
  hasClientRouter = false
  /** Whether the session can no longer change: the response has been decided, or `commit` was called. */
  closed = false
  /** Whether the head of the response is being sent, or was sent. */
  isHeadDue = false
  /** The response, whose connection is ended if a guard refuses after the head was sent. */
  response: { readonly breakOff?: () => void } | undefined
  /** Whether the changes of the request were discarded after a failure. */
  changesDiscarded = false
  /** The cookie of a known device, after a login with the option `throttle`. */
  deviceCookie: SetCookie | undefined
  /** The error because of which the session or its user could not be loaded. */
  outage: BackendFailure | undefined
  /** The result of `commit`, if the handler called it. */
  committed: Deferred.Deferred<ResponseHeaders, RespondFailure> | undefined

  get sessionLoads(): InFlight<LoadSessionAnswer<User>, StoreUnavailable> {
    this.#sessionLoads ??= new Map()
    return this.#sessionLoads
  }
  get userLoads(): InFlight<LoadUserAnswer<User>, BackendFailure> {
    this.#userLoads ??= new Map()
    return this.#userLoads
  }
  get grantLoads(): InFlight<GrantsByBackend, BackendFailure> {
    this.#grantLoads ??= new Map()
    return this.#grantLoads
  }
  /** The users that `authenticate` of this request returned, with their principals. */
  get authenticated(): Map<User, Authenticated<User>> {
    return this.#users().authenticated
  }
  /** The devices of the users that `authenticate` of this request returned, with the option `throttle`. */
  get provenDevices(): Map<User, ProvenDevice> {
    return this.#users().provenDevices
  }
  /** The users whose password this request changed, with their new principals. */
  get passwordChanged(): Map<User, Authenticated<User>> {
    return this.#users().passwordChanged
  }
  /** The users whose password this request has checked, to change it. */
  get passwordProved(): Set<User> {
    return this.#users().passwordProved
  }
  /** The permissions of users that were loaded, by backend and id. */
  get grantsByUser(): Map<string, GrantsByBackend> {
    return this.#users().grantsByUser
  }
  /** The decisions of the guards of this request. */
  get guards(): GuardRecord {
    this.#guards ??= new GuardRecord()
    return this.#guards
  }
  /** Whether no guard was called, or all guards allowed the request. */
  get isUnguarded(): boolean {
    return this.#guards === undefined || this.#guards.isClear
  }
  #guards: GuardRecord | undefined
  #sharedUsers: RequestUsers<User> | undefined
  #grantLoads: InFlight<GrantsByBackend, BackendFailure> | undefined
  #sessionLoads: InFlight<LoadSessionAnswer<User>, StoreUnavailable> | undefined
  #userLoads: InFlight<LoadUserAnswer<User>, BackendFailure> | undefined

  /** The working copy of the session. In use as long as its value is this scope's session. */
  #draft: SessionDraft | undefined
  #lock: Semaphore.Semaphore | undefined
  #changing = 0

  /** @param of the scope to copy, if this scope is a copy */
  constructor(
    head: RequestHead,
    request: RequestState<User>,
    session: Session,
    storeTime: StoreTime,
    of?: RequestScope<User>
  ) {
    this.head = head
    this.request = request
    this.session = session
    this.storeTime = storeTime
    this.#sharedUsers = of === undefined ? undefined : of.#users()
    if (of !== undefined) this.csrf = of.csrf
  }

  /** Whether a change of the session is running or waiting. */
  get isChanging(): boolean {
    return this.#changing > 0
  }

  adopt(after: { readonly request: RequestState<User>; readonly session: Session }): void {
    this.request = after.request
    this.session = after.session
  }

  /**
   * Changes the data of the session in place, so that many changes copy the data only once.
   *
   * @param session this scope's session, loaded
   */
  edit<A>(session: LoadedSession, change: (draft: SessionDraft) => A): A {
    const draft = this.#draft?.value === session ? this.#draft : new SessionDraft(session)
    const value = change(draft)
    this.#draft = draft
    this.session = draft.value
    return value
  }

  /**
   * Runs changes of the session one after the other. Fails once the response has been decided.
   *
   * @param operation named in the error
   */
  exclusively<A, E, R>(operation: string, change: Effect.Effect<A, E, R>): Effect.Effect<A, E | ChangeRefused, R> {
    return Effect.suspend((): Effect.Effect<A, E | ChangeRefused, R> => {
      if (this.closed) return Effect.fail(new HeadersAlreadySent({ operation }))
      const refused = unverified(this.csrf, operation)
      if (refused !== undefined) return Effect.fail(refused)
      this.#changing += 1
      return Effect.ensuring(
        this.#changes().withPermits(1)(change),
        Effect.sync(() => {
          this.#changing -= 1
        })
      )
    })
  }

  /**
   * Runs an operation on behalf of the session's user. Fails until the CSRF token of the request has been checked,
   * because a page of another site can send a form with this browser's cookies.
   *
   * @param operation named in the error
   */
  verified<A, E>(operation: string, effect: Effect.Effect<A, E>): Effect.Effect<A, E | CsrfFailed> {
    return Effect.suspend((): Effect.Effect<A, E | CsrfFailed> => {
      const refused = unverified(this.csrf, operation)
      return refused === undefined ? effect : Effect.fail(refused)
    })
  }

  /**
   * The session, for a change. Fails if it is closed to this request.
   *
   * @param operation named in the error
   */
  changeable(operation: string, session: LoadedSession): Effect.Effect<LoadedSession, DeviceProofMissing> {
    return isClosed(session) ? Effect.fail(new DeviceProofMissing({ operation })) : Effect.succeed(session)
  }

  /** Waits until no change is running. */
  get idle(): Effect.Effect<void> {
    return Effect.suspend(() => (this.isChanging ? this.#changes().withPermits(1)(Effect.void) : Effect.void))
  }

  /**
   * Makes a change on a copy of the scope, and adopts the copy's state only if the whole change succeeds. So if a
   * receiver of a signal fails, request and session stay unchanged.
   */
  transact<A, E, R>(change: (copy: RequestScope<User>) => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.suspend(() => {
      // The scope and its copy now hold the same session: neither may change its data in place.
      this.#draft = undefined
      const copy = new RequestScope(this.head, this.request, this.session, this.storeTime, this)
      return Effect.map(change(copy), (value) => {
        copy.#draft = undefined
        this.adopt(copy)
        this.announced = [...this.announced, ...copy.announced]
        return value
      })
    })
  }

  /** Created on first use: most requests do not need the three maps, and they are most of a scope's memory. */
  #users(): RequestUsers<User> {
    this.#sharedUsers ??= {
      authenticated: new Map(),
      provenDevices: new Map(),
      passwordChanged: new Map(),
      passwordProved: new Set(),
      grantsByUser: new Map()
    }
    return this.#sharedUsers
  }

  #changes(): Semaphore.Semaphore {
    this.#lock ??= Semaphore.makeUnsafe(1)
    return this.#lock
  }
}

/** What a request knows about users. Copies of its scope share it. */
interface RequestUsers<User> {
  readonly authenticated: Map<User, Authenticated<User>>
  readonly provenDevices: Map<User, ProvenDevice>
  readonly passwordChanged: Map<User, Authenticated<User>>
  readonly passwordProved: Set<User>
  readonly grantsByUser: Map<string, GrantsByBackend>
}

/**
 * The state of the CSRF check of a request. `NotNeeded`: the method is safe, or the handler is exempt. A second
 * middleware then checks again. `Awaited`: the content type of the request is that of a form, and the token
 * in the body has not been checked. `Refused`: the check failed for this reason.
 */
export type CsrfState =
  | { readonly _tag: "Unchecked" | "NotNeeded" | "Awaited" | "Passed" | "PassedByHeader" }
  | { readonly _tag: "Refused"; readonly reason: string }

/** The error if an operation may not act for the session's user; `undefined` if it may. */
const unverified = (csrf: CsrfState, operation: string): CsrfFailed | undefined => {
  if (csrf._tag === "Refused") return new CsrfFailed({ reason: csrf.reason })
  return csrf._tag === "Awaited"
    ? new CsrfFailed({ reason: notYetChecked(operation), isMissingVerifyCsrf: true })
    : undefined
}

const notYetChecked = (operation: string): string =>
  `${operation}: the CSRF token of this form has not been checked yet. Until then getUser, guards and the session fail. ` +
  `Where the handler parses the form itself, call verifyCsrf(form) before ${operation}. ` +
  "Where code that runs before the handler needs the user, put the body parser before latchkey (express.urlencoded(), multer().none()). " +
  "Where a script sends the form, send the token in the header X-CSRFToken too. " +
  "A log that names the user calls userForLog() after the response."
