import type * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import type { Subject } from "../../core/auth/permissions.ts"
import type { Authenticated, RequestState } from "../../core/auth/request-state.ts"
import type { AnnounceSignal, LoadSessionAnswer, LoadUserAnswer } from "../../core/effect.ts"
import type { RequestHead } from "../../core/http/request-head.ts"
import type { LoadedSession, Session } from "../../core/session/session.ts"
import type { BackendFailure } from "../backend/backend.ts"
import { type ChangeRefused, CsrfFailed, HeadersAlreadySent, type StoreUnavailable } from "./errors.ts"
import { GuardRecord } from "./guard-record.ts"
import type { RespondFailure, ResponseHeaders } from "./respond.ts"
import { SessionDraft } from "./session-draft.ts"

/** Questions under way, by name, so that operations which wait for the same thing share one. */
export type InFlight<A, E> = Map<string, Asked<A, E>>

/** A question under way. */
export interface Asked<A, E> {
  /** Made for the first who waits for somebody else's question; `undefined` as answer: it was asked in vain. */
  waiting: Deferred.Deferred<A | undefined, E> | undefined
}

/**
 * Where one request keeps its state: the only thing in latchkey that changes in place. Operations of the same request
 * may run at once; each takes the state as it is when its answer comes.
 */
export class Cell<User> {
  readonly head: RequestHead
  request: RequestState<User>
  session: Session
  /** What was announced and waits for the commit. */
  announced: ReadonlyArray<AnnounceSignal<User>> = []
  /** What the CSRF check has found so far. */
  csrf: CsrfState = { _tag: "Unchecked" }
  /** A router in the browser goes where the response sends it. */
  followedInParts = false
  /** The response is on its way: the session can no longer change. */
  sealed = false
  /** The request failed in a way that leaves everything as it was. */
  forsaken = false
  /** Why the session or its user could not be loaded. */
  outage: BackendFailure | undefined
  /** What came of writing the session ahead of the response. */
  committed: Deferred.Deferred<ResponseHeaders, RespondFailure> | undefined

  get sessionLoads(): InFlight<LoadSessionAnswer<User>, StoreUnavailable> {
    this.#sessionLoads ??= new Map()
    return this.#sessionLoads
  }
  get userLoads(): InFlight<LoadUserAnswer<User>, BackendFailure> {
    this.#userLoads ??= new Map()
    return this.#userLoads
  }
  get subjectLoads(): InFlight<Subject, BackendFailure> {
    this.#subjectLoads ??= new Map()
    return this.#subjectLoads
  }
  /** Whom a user object stands for, as this request's `authenticate` proved it. */
  get proved(): Map<User, Authenticated<User>> {
    return this.#learnt().proved
  }
  /** The same, for users whose password this request changed. */
  get changed(): Map<User, Authenticated<User>> {
    return this.#learnt().changed
  }
  /** What users may do, by backend and id, once it is known. */
  get subjects(): Map<string, Subject> {
    return this.#learnt().subjects
  }
  /** What the guards of this request have said. */
  get guards(): GuardRecord {
    this.#guards ??= new GuardRecord()
    return this.#guards
  }
  /** Whether no guard has been called, or all let the request go on. */
  get isUnguarded(): boolean {
    return this.#guards === undefined || this.#guards.isClear
  }
  #guards: GuardRecord | undefined
  #known: Known<User> | undefined
  #subjectLoads: InFlight<Subject, BackendFailure> | undefined
  #sessionLoads: InFlight<LoadSessionAnswer<User>, StoreUnavailable> | undefined
  #userLoads: InFlight<LoadUserAnswer<User>, BackendFailure> | undefined

  /** Owned by this cell as long as its value is the session of this cell. */
  #draft: SessionDraft | undefined
  #lock: Semaphore.Semaphore | undefined
  #changing = 0

  /** @param of the cell that this one is a copy of */
  constructor(head: RequestHead, request: RequestState<User>, session: Session, of?: Cell<User>) {
    this.head = head
    this.request = request
    this.session = session
    this.#known = of === undefined ? undefined : of.#learnt()
    if (of !== undefined) this.csrf = of.csrf
  }

  /** Whether a change is being made right now, or waits for its turn. */
  get isChanging(): boolean {
    return this.#changing > 0
  }

  adopt(after: { readonly request: RequestState<User>; readonly session: Session }): void {
    this.request = after.request
    this.session = after.session
  }

  /**
   * Changes the data of the session in place: many changes copy it once.
   *
   * @param session the session of this cell, loaded
   */
  edit<A>(session: LoadedSession, change: (draft: SessionDraft) => A): A {
    const draft = this.#draft?.value === session ? this.#draft : new SessionDraft(session)
    const value = change(draft)
    this.#draft = draft
    this.session = draft.value
    return value
  }

  /**
   * Runs changes of the session one after the other, and none once the response is on its way.
   *
   * @param operation named in the error
   */
  exclusively<A, E, R>(operation: string, change: Effect.Effect<A, E, R>): Effect.Effect<A, E | ChangeRefused, R> {
    return Effect.suspend((): Effect.Effect<A, E | ChangeRefused, R> => {
      if (this.sealed) return Effect.fail(new HeadersAlreadySent({ operation }))
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
   * Runs an operation that reads or changes something in the name of the session's user. Fails until the CSRF token of
   * the request has been checked: a page of another site can send a form with this browser's cookies.
   *
   * @param operation named in the error
   */
  verified<A, E>(operation: string, effect: Effect.Effect<A, E>): Effect.Effect<A, E | CsrfFailed> {
    return Effect.suspend((): Effect.Effect<A, E | CsrfFailed> => {
      const refused = unverified(this.csrf, operation)
      return refused === undefined ? effect : Effect.fail(refused)
    })
  }

  /** Waits until no change is being made. */
  get quiet(): Effect.Effect<void> {
    return Effect.suspend(() => (this.isChanging ? this.#changes().withPermits(1)(Effect.void) : Effect.void))
  }

  /**
   * Makes a change on a copy and takes it on only when all of it succeeded: a failing receiver of a signal leaves
   * request and session as they were.
   */
  transact<A, E, R>(change: (copy: Cell<User>) => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.suspend(() => {
      // Neither cell may go on changing a session that the other one holds.
      this.#draft = undefined
      const copy = new Cell(this.head, this.request, this.session, this)
      return Effect.map(change(copy), (value) => {
        copy.#draft = undefined
        this.adopt(copy)
        this.announced = [...this.announced, ...copy.announced]
        return value
      })
    })
  }

  /** Made when somebody asks: most requests learn nothing of users, and three maps are most of what a cell costs. */
  #learnt(): Known<User> {
    this.#known ??= { proved: new Map(), changed: new Map(), subjects: new Map() }
    return this.#known
  }

  #changes(): Semaphore.Semaphore {
    this.#lock ??= Semaphore.makeUnsafe(1)
    return this.#lock
  }
}

/** What a request has learnt of users. Copies of its cell share it. */
interface Known<User> {
  readonly proved: Map<User, Authenticated<User>>
  readonly changed: Map<User, Authenticated<User>>
  readonly subjects: Map<string, Subject>
}

/**
 * What the CSRF check of a request has found so far. `Awaited`: the request says that its body is a form, and the
 * token in it has not been checked; `Refused`: `verifyCsrf` was called and failed for this reason.
 */
export type CsrfState =
  | { readonly _tag: "Unchecked" | "Awaited" | "Passed" | "PassedByHeader" }
  | { readonly _tag: "Refused"; readonly reason: string }

/** Why an operation may not act for the session's user; `undefined`: it may. */
const unverified = (csrf: CsrfState, operation: string): CsrfFailed | undefined => {
  if (csrf._tag === "Refused") return new CsrfFailed({ reason: csrf.reason })
  return csrf._tag === "Awaited" ? new CsrfFailed({ reason: notYetChecked(operation), isOversight: true }) : undefined
}

const notYetChecked = (operation: string): string =>
  `${operation}: the CSRF token of this form has not been checked yet. Until then the request has no user and no session. ` +
  `Where the handler parses the form itself, call verifyCsrf(form) before ${operation}. ` +
  "Where code that runs before the handler needs the user, put the body parser before latchkey (express.urlencoded(), multer().none()). " +
  "Where a script sends the form, send the token in the header X-CSRFToken too. " +
  "A log that names the user calls userForLog() after the response."
