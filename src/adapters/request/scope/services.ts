import type * as Effect from "effect/Effect"
import type { PasswordResetSettings } from "../../../core/accounts/link-token.ts"
import type { RemoteUserHeader } from "../../../core/auth/login/remote-user.ts"
import type { AuthSettings } from "../../../core/auth/state/request-state.ts"
import type { CheckSettings } from "../../../core/csrf/check-request.ts"
import type { AnnounceSignal, SignalName, Visitor } from "../../../core/effect.ts"
import type { HostSettings } from "../../../core/http/request/host.ts"
import type { RequestHead } from "../../../core/http/request/request-head.ts"
import type { LoginRedirectSettings } from "../../../core/pages/login-redirect.ts"
import type { NextSettings } from "../../../core/pages/next-url.ts"
import type { Validator } from "../../../core/password/validators.ts"
import type { ProcessSessions } from "../../account/process-sessions.ts"
import type { ClockAndRandom } from "../../clock-and-random/clock-and-random.ts"
import type { Backend } from "../../ports/backend.ts"
import type { LoginProof } from "../../ports/login-proof.ts"
import type { Passwords } from "../../ports/passwords.ts"
import type { VerifyProof } from "../../ports/proof-verifier.ts"
import type { SessionStore } from "../../ports/session-store.ts"
import type { Telemetry } from "../../ports/telemetry.ts"
import type { ThrottleSettings } from "../throttle/throttle-settings.ts"
import type { KeyedLock } from "./keyed-lock.ts"
import type { RequestScope } from "./request-scope.ts"

/** The settings and services that every request uses. Made once, when the application starts. */
export interface AuthServices<User extends object> extends ProcessSessions {
  readonly settings: AuthSettings
  readonly http: HostSettings
  readonly csrf: CheckSettings
  readonly login: LoginRedirectSettings
  readonly next: NextSettings
  /** The page that asks users to prove again who they are; `undefined`: `requireRecentLogin` is off. */
  readonly reauthenticationUrl: string | undefined
  /** The ways to prove it, by name. */
  readonly loginProofs: ReadonlyMap<string, LoginProof<User>>
  /** The header in which a proxy names the user; `undefined` if no proxy does. */
  readonly remoteUser: RemoteUserHeader | undefined
  readonly store: SessionStore
  readonly backends: ReadonlyMap<string, Backend<User>>
  readonly passwords: Passwords
  /** The IP address of a request's client; `undefined` if not known. */
  readonly clientAddress: (head: RequestHead) => string | undefined
  /** The client of a request, to be recorded; `undefined` if the sessions of users are not recorded. */
  readonly visitorOf: ((head: RequestHead) => Visitor) | undefined
  /** Slows down logins that fail; `undefined`: off. */
  readonly throttle: ThrottleSettings | undefined
  readonly passwordValidators: ReadonlyArray<Validator>
  readonly passwordReset: PasswordResetSettings
  readonly clockAndRandom: ClockAndRandom
  /** Verifies the signatures of devices. */
  readonly verifyProof: VerifyProof
  /**
   * `Cache-Control` of responses that set a cookie; with `no-store` also of those whose handler read the session.
   * `false`: none.
   */
  readonly cacheControl: "private" | "no-store" | false
  /** The value of `Clear-Site-Data` for responses that log out; `undefined`: it is not sent. */
  readonly clearSiteData: string | undefined
  /**
   * How long the calls of stores in one request may take together; also how long a request may try to write its
   * session, if other requests change it at the same time.
   */
  readonly deadlineSeconds: number
  /** The locks for requests whose session was changed by another request. */
  readonly commitLocks: KeyedLock
  /** Where spans and measurements go; `undefined` if nothing is measured. */
  readonly telemetry: Telemetry | undefined
  readonly isHeard: (signal: SignalName) => boolean
  /** Calls the signal's receivers with a context on this scope. Fails with the error of a receiver that throws. */
  readonly announce: (
    announcement: AnnounceSignal<User>,
    when: "during" | "committed",
    scope: RequestScope<User>
  ) => Effect.Effect<void>
}
