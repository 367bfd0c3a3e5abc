/**
 * Performs the queries and commands of the core. Each query is one call of a service. If the core gets a new effect
 * without a case here, this file does not compile.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type {
  Command,
  CommitAnswer,
  LoadSession,
  LoadSessionAnswer,
  LoadUser,
  LoadUserAnswer,
  SessionChange,
  UserHint
} from "../../core/effect.ts"
import type { Session } from "../../core/session/session.ts"
import { SessionUnreadable } from "../../core/session/stored-data.ts"
import { type Backend, type BackendFailure, toolsOf } from "../ports/backend.ts"
import { StoreUnavailable } from "../ports/errors.ts"
import type { Asked, Cell, InFlight } from "./request-scope.ts"
import type { App } from "./services.ts"

// ---- commands ----------------------------------------------------------------------------------------------------

/** Performs commands, in order. Commands for the response (cookies, `Vary`) are left to `respond`. */
export const performAll = <User extends object>(
  app: App<User>,
  cell: Cell<User>,
  commands: ReadonlyArray<Command<User>>
): Effect.Effect<void, StoreUnavailable> =>
  Effect.forEach(commands, (command) => perform(app, cell, command), { discard: true })

const perform = <User extends object>(
  app: App<User>,
  cell: Cell<User>,
  command: Command<User>
): Effect.Effect<void, StoreUnavailable> => {
  switch (command._tag) {
    case "AnnounceSignal": {
      cell.announced = [...cell.announced, command]
      const told = app.isHeard(command.signal) ? app.announce(command, "during", cell) : Effect.void
      return command.signal === "user_logged_in" ? Effect.andThen(recordLogin(app, cell), told) : told
    }
    case "Warn":
      return Effect.logWarning(`session data corrupted (${command.event})`)
    case "SetCookie":
    case "DeleteCookie":
    case "VaryOn":
      return Effect.void
    default:
      return command satisfies never
  }
}

/** Stores the time of the login before receivers of `user_logged_in` are called, as Django's first receiver does. */
const recordLogin = <User extends object>(app: App<User>, cell: Cell<User>): Effect.Effect<void, StoreUnavailable> => {
  const { user } = cell.request
  const users = user?._tag === "Authenticated" ? app.backends.get(user.principal.backend)?.users : undefined
  return user?._tag === "Authenticated" && users !== undefined
    ? users.store.recordLogin(user.principal.id, app.world.now())
    : Effect.void
}

// ---- queries -----------------------------------------------------------------------------------------------------

/**
 * Passes an answer to the core. If the stored session cannot be read, that is an error of the store: the session does
 * not count as empty.
 */
export const accepted = <Step>(resume: () => Step): Effect.Effect<Step, StoreUnavailable> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(resume())
    } catch (cause) {
      if (cause instanceof SessionUnreadable)
        return Effect.fail(new StoreUnavailable({ operation: "read a session", cause }))
      throw cause
    }
  })

export const loadSession = <User extends object>(
  app: App<User>,
  cell: Cell<User>,
  query: LoadSession
): Effect.Effect<LoadSessionAnswer<User>, StoreUnavailable> =>
  once(cell.sessionLoads, query.key, () =>
    Effect.map(remembering(cell, app.store.load(query.key, app.world.now())), (answer) =>
      answer._tag === "SessionFound" ? { ...answer, hint: hintOf(app, answer.hint) } : answer
    )
  )

/** Stores an outage in the cell, because a framework may turn the error into a plain 500. See `failureBehind`. */
const remembering = <User, A, E extends BackendFailure>(
  cell: Cell<User>,
  asked: Effect.Effect<A, E>
): Effect.Effect<A, E> =>
  Effect.tapError(asked, (error) =>
    Effect.sync(() => {
      cell.outage = error
    })
  )

export const loadUser = <User extends object>(
  app: App<User>,
  cell: Cell<User>,
  { backend: name, id }: LoadUser
): Effect.Effect<LoadUserAnswer<User>, BackendFailure> =>
  once(cell.userLoads, `${name}\n${id}`, (): Effect.Effect<LoadUserAnswer<User>, BackendFailure> => {
    const backend = app.backends.get(name)
    if (backend === undefined) return Effect.succeed({ _tag: "UserAbsent" })
    return Effect.map(remembering(cell, backend.getUser(id, toolsOf(app, name))), (known): LoadUserAnswer<User> => {
      if (known === undefined) return { _tag: "UserAbsent" }
      if (cell.session.storedKey !== undefined) remember(app, backend, cell.session.storedKey, name, id)
      return { _tag: "UserFound", known }
    })
  })

export const commitSession = <User extends object>(
  app: App<User>,
  cell: Cell<User>,
  change: SessionChange
): Effect.Effect<CommitAnswer, StoreUnavailable> =>
  Effect.map(app.store.commit(change, app.world.now()), (answer) => {
    const { user } = cell.request
    if (answer._tag === "Committed" && user?._tag === "Authenticated") {
      const backend = app.backends.get(user.principal.backend)
      if (backend !== undefined) remember(app, backend, answer.key, user.principal.backend, user.principal.id)
    }
    return answer
  })

/**
 * Accepts a user that was loaded with the session only if the row is from the same store that the backend would query.
 */
const hintOf = <User extends object>(app: App<User>, hint: UserHint | undefined): UserHint<User> | undefined => {
  if (hint === undefined) return undefined
  const backend = app.backends.get(hint.backend)
  if (backend?.users === undefined || backend.users.store !== app.store.prefetch?.users) return undefined
  return { ...hint, known: backend.users.admit(hint.known) }
}

const remember = <User extends object>(
  app: App<User>,
  backend: Backend<User>,
  key: NonNullable<Session["key"]>,
  name: string,
  id: string
): void => {
  const { prefetch } = app.store
  if (prefetch !== undefined && prefetch.users === backend.users?.store) prefetch.remember(key, name, id)
}

/** Runs a query. Operations of one request that need the same query at the same time share it. */
export const once = <A, E>(
  running: InFlight<A, E>,
  name: string,
  ask: () => Effect.Effect<A, E>
): Effect.Effect<A, E> =>
  Effect.suspend(() => {
    const other = running.get(name)
    if (other !== undefined) {
      other.waiting ??= Deferred.makeUnsafe()
      return Effect.flatMap(Deferred.await(other.waiting), (answer) =>
        answer === undefined ? once(running, name, ask) : Effect.succeed(answer)
      )
    }
    const own: Asked<A, E> = { waiting: undefined }
    running.set(name, own)
    return Effect.onExit(ask(), (exit) => {
      running.delete(name)
      if (own.waiting === undefined) return Effect.void
      // The operation that ran this query was interrupted: one of the waiting operations runs it again.
      return Effect.asVoid(Deferred.done(own.waiting, Exit.hasInterrupts(exit) ? Exit.succeed(undefined) : exit))
    })
  })
