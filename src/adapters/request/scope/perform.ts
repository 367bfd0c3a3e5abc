/** Performs the commands of the core. If the core gets a new command without a case here, this file does not compile. */
import * as Effect from "effect/Effect"
import type { AuthSettings, RequestState } from "../../../core/auth/state/request-state.ts"
import type { Command } from "../../../core/effect.ts"
import type { Session } from "../../../core/session/value/session.ts"
import type { Moment } from "../../../core/transition.ts"
import { momentOf } from "../../clock-and-random/clock-and-random.ts"
import type { StoreUnavailable } from "../../errors/errors.ts"
import { storeCall } from "../../store-time/store-time.ts"
import { counted, tracedCall } from "../../telemetry/traced.ts"
import type { RequestScope } from "./request-scope.ts"
import type { AuthServices } from "./services.ts"

/** For `drive`: the request takes over the state after each step of an operation, and performs the step's commands. */
export const adopting =
  <User extends object>(services: AuthServices<User>, scope: RequestScope<User>) =>
  (step: {
    readonly request: RequestState<User>
    readonly session: Session
    readonly effects: ReadonlyArray<Command<User>>
  }): Effect.Effect<void, StoreUnavailable> | undefined => {
    const verdict = scope.session.verdict === undefined ? step.session.verdict : undefined
    scope.adopt(step)
    const performed = step.effects.length === 0 ? undefined : performAll(services, scope, step.effects)
    if (verdict === undefined || services.telemetry === undefined) return performed
    return Effect.andThen(counted(services, "latchkey.device_verdict", { verdict }), performed ?? Effect.void)
  }

/**
 * For `drive`: continues an operation of the core with the state of the request at the moment when the query is
 * answered.
 */
export const resuming =
  <User extends object, State, Answer, Step>(
    services: AuthServices<User>,
    scope: RequestScope<User>,
    resume: (
      settings: AuthSettings,
      request: RequestState<User>,
      session: Session,
      state: State,
      answer: Answer,
      moment: Moment
    ) => Step
  ) =>
  (state: State, answer: Answer): Step =>
    resume(services.settings, scope.request, scope.session, state, answer, momentOf(services.clockAndRandom))

/** Performs commands, in order. Commands at the end of the request (cookies, headers, visits) are left to `respond`. */
export const performAll = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  commands: ReadonlyArray<Command<User>>
): Effect.Effect<void, StoreUnavailable> =>
  Effect.forEach(commands, (command) => perform(services, scope, command), { discard: true })

const warnings = {
  SessionCorrupted: Effect.logWarning(
    "latchkey: session data corrupted: no secret key of this application has signed it, so the session counts as empty. " +
      "To keep sessions with a new secretKey, put the old one into secretKeyFallbacks."
  )
} satisfies Readonly<Record<string, Effect.Effect<void>>>

const perform = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>,
  command: Command<User>
): Effect.Effect<void, StoreUnavailable> => {
  switch (command._tag) {
    case "AnnounceSignal": {
      scope.announced = [...scope.announced, command]
      const told = services.isHeard(command.signal) ? services.announce(command, "during", scope) : Effect.void
      if (command.signal === "user_logged_in") return Effect.andThen(recordLogin(services, scope), told)
      if (services.telemetry === undefined) return told
      const counter = command.signal === "user_logged_out" ? "latchkey.logouts" : "latchkey.login.failures"
      return Effect.andThen(counted(services, counter), told)
    }
    case "Warn":
      return warnings[command.event]
    case "SetCookie":
    case "DeleteCookie":
    case "VaryOn":
    case "RecordVisit":
    case "OfferRegistration":
      return Effect.void
    default:
      return command satisfies never
  }
}

/** Stores the time of the login before receivers of `user_logged_in` are called, as Django's first receiver does. */
const recordLogin = <User extends object>(
  services: AuthServices<User>,
  scope: RequestScope<User>
): Effect.Effect<void, StoreUnavailable> => {
  const { user } = scope.request
  const users = user?._tag === "Authenticated" ? services.backends.get(user.principal.backend)?.users : undefined
  return user?._tag === "Authenticated" && users !== undefined
    ? tracedCall(
        services,
        "recordLogin",
        storeCall(
          users.store,
          "record a login",
          users.store.recordLogin(user.principal.id, services.clockAndRandom.now())
        )
      )
    : Effect.void
}
