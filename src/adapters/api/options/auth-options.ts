/** The options of `createAuth`, and the check of their names and types. */
import type * as Schema from "effect/Schema"
import type { RequestHead } from "../../../core/http/request/request-head.ts"
import {
  commonPassword,
  minimumLength,
  notEntirelyNumeric,
  userAttributeSimilarity,
  type Validator
} from "../../../core/password/validators.ts"
import { type ClockAndRandom, clockAndRandomKinds } from "../../clock-and-random/clock-and-random.ts"
import { ConfigurationInvalid } from "../../errors/errors.ts"
import {
  array,
  callable,
  having,
  type Kind,
  missingProblems,
  number,
  object,
  optionProblems
} from "../../options/option-kinds.ts"
import type { PasswordOptions } from "../../password/make-passwords.ts"
import type { Backend } from "../../ports/backend.ts"
import type { LoginProof } from "../../ports/login-proof.ts"
import type { SessionStore } from "../../ports/session-store.ts"
import type { Telemetry } from "../../ports/telemetry.ts"
import type { SessionFields } from "../../request/session/session-access.ts"
import { nestedSettings, settingKindProblems, settingKinds } from "./setting-kinds.ts"
import type { SettingsOptions } from "./settings-options.ts"
import { type ThrottleOptions, throttleProblems } from "./throttle-options.ts"
import { type UserSessionOptions, userSessionProblems } from "./user-session-options.ts"

/** The options of `createAuth`. */
export interface AuthOptions<User extends object, Fields extends SessionFields>
  extends SettingsOptions,
    Partial<PasswordOptions> {
  /** Where sessions are stored: `postgres({ url }).sessions`, `redisSessions({ url })` and others. */
  readonly sessions: SessionStore
  /** AUTHENTICATION_BACKENDS, by name: `authenticate` tries them in this order. Sessions store the name. */
  readonly backends: Readonly<Record<string, Backend<User>>>
  /**
   * How users prove again who they are, by name, in order: the first proof that takes the credentials decides. Only
   * with the option `reauthentication`. Default `{ password: passwordProof() }`.
   */
  readonly loginProofs?: Readonly<Record<string, LoginProof<User>>>
  /** Schemas of the session's values, by key. Without it every key may hold any JSON value. */
  readonly sessionData?: Schema.Struct<Fields>
  /**
   * AUTH_PASSWORD_VALIDATORS: the validators that `validatePassword` runs, in order. Default none, as in Django. A
   * project that `startproject` made has four: `[userAttributeSimilarity(), minimumLength(),
   * commonPassword(commonPasswords()), notEntirelyNumeric()]`, where `commonPasswords` is from
   * `latchkey/common-passwords`.
   */
  readonly passwordValidators?: ReadonlyArray<Validator>
  /**
   * Returns the IP address of a request's client; `undefined` if not known. The default is the address of the socket.
   * Behind a proxy that is the proxy's address: then write `forwardedFor({ proxies: 1 })`, or read the header that your
   * proxy sets, and never a value that a client may send. latchkey uses the address to order waiting password checks,
   * and to count failed logins with the option `throttle`.
   */
  readonly clientAddress?: (head: RequestHead) => string | undefined
  /**
   * What is recorded of the sessions of users. Only for a session store that records them: see its option
   * `userSessions`.
   */
  readonly userSessions?: UserSessionOptions
  /**
   * Slows down logins that fail, by user name, network and device:
   * `{ store: postgresThrottle({ client: pg.client }) }`. Default off. A throttled login gets the answer of a wrong
   * password, also for the right one.
   */
  readonly throttle?: ThrottleOptions
  /**
   * Where spans and metrics go: `openTelemetry()` of `latchkey/opentelemetry`, or `effectTelemetry()` of
   * `latchkey/effect`. Default: nothing is measured.
   */
  readonly telemetry?: Telemetry
  /**
   * Time and randomness for tests: any of `now` (epoch milliseconds), `sessionKey` and `csrfSecret`. The default is the
   * system's clock and random numbers. All of latchkey uses this clock, also `clearSessions`.
   */
  readonly clockAndRandom?: Partial<ClockAndRandom>
}

/**
 * Checks the names and types of the options. What they mean together is checked later, by `checkSettings`.
 *
 * @throws {ConfigurationInvalid} naming every option that does not exist, is missing or has the wrong type
 */
export const checkAuthOptions = <User extends object, Fields extends SessionFields>(
  options: AuthOptions<User, Fields>
): void => {
  if (!object.accepts(options)) throw new ConfigurationInvalid({ problems: ["options: write an object"] })
  const unreadable = [
    ...optionProblems(options, authKinds, "", nestedSettings),
    ...settingKindProblems(options),
    ...optionProblems(options.clockAndRandom ?? {}, clockAndRandomKinds, "clockAndRandom."),
    ...missingProblems(options, authKinds, ["sessions", "backends"])
  ]
  if (unreadable.length > 0) throw new ConfigurationInvalid({ problems: [...new Set(unreadable)] })
  const userSessions = userSessionProblems(options.userSessions, options.sessions)
  if (userSessions.length > 0) throw new ConfigurationInvalid({ problems: userSessions })
  const throttle = throttleProblems(options.throttle, options)
  if (throttle.length > 0) throw new ConfigurationInvalid({ problems: throttle })
  const proofs = Object.entries(options.loginProofs ?? {}).filter(([, one]) => !loginProof.accepts(one))
  if (proofs.length > 0)
    throw new ConfigurationInvalid({
      problems: proofs.map(([name]) => `loginProofs: ${name}: write ${loginProof.written}`)
    })
  if (options.loginProofs !== undefined && options.reauthentication === undefined)
    throw new ConfigurationInvalid({
      problems: ["loginProofs has no effect without reauthentication: write reauthentication: {}"]
    })
  const unfit = Object.entries(options.backends).filter(([, one]) => !backend.accepts(one))
  if (unfit.length > 0)
    throw new ConfigurationInvalid({ problems: unfit.map(([name]) => `backends: ${name}: write ${backend.written}`) })
}

const schemaStruct: Kind = {
  written: "a Schema.Struct with the session's keys",
  accepts: (value) => (typeof value === "function" || typeof value === "object") && value !== null && "fields" in value
}

const backend = having("authenticate", "a backend, as modelBackend(pg.users)")

const loginProof = having("verify", "a proof, as passwordProof()")

/**
 * Functions that make validators. If such a function itself is in the list, uncalled, it would accept every password.
 */
const makers: ReadonlyArray<unknown> = [userAttributeSimilarity, minimumLength, commonPassword, notEntirelyNumeric]

const validators: Kind = {
  written: "an array of validators, as in [minimumLength()]",
  accepts: (value) =>
    Array.isArray(value) && value.every((item) => typeof item === "function" && !makers.includes(item))
}

const authKinds = {
  ...settingKinds,
  sessions: having("load", "a session store, as postgres(…).sessions or memory().sessions"),
  backends: {
    written: 'an object of backends, as in { "django.contrib.auth.backends.ModelBackend": modelBackend(pg.users) }',
    accepts: object.accepts
  },
  loginProofs: object,
  sessionData: schemaStruct,
  userSessions: object,
  throttle: object,
  passwordValidators: validators,
  telemetry: having("count", "openTelemetry() or effectTelemetry()"),
  clockAndRandom: object,
  hashers: array,
  wrongPasswordHashers: array,
  concurrency: number,
  queue: number,
  queueDeadlineSeconds: number,
  turnKeys: callable,
  beforeAttempt: callable,
  clientAddress: callable
}
