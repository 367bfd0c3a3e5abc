import type * as Effect from "effect/Effect"
import type { LoginRedirectSettings } from "../../core/auth/login-redirect.ts"
import type { NextSettings } from "../../core/auth/next-url.ts"
import type { AuthSettings } from "../../core/auth/request-state.ts"
import type { CheckSettings } from "../../core/csrf/check.ts"
import type { AnnounceSignal } from "../../core/effect.ts"
import type { HostSettings } from "../../core/http/host.ts"
import type { RequestHead } from "../../core/http/request-head.ts"
import type { Validator } from "../../core/password/validators.ts"
import type { Backend } from "../backend/backend.ts"
import type { Passwords } from "../hasher/passwords.ts"
import type { Cell } from "./cell.ts"
import type { World } from "./chance.ts"
import type { PasswordResetSettings } from "./password-reset.ts"
import type { SessionStore } from "./ports.ts"
import type { RemoteUserHeader } from "./remote-user.ts"
import type { SignalName } from "./signals.ts"
import type { Turns } from "./turns.ts"

/** The settings and services that the interpreter uses. Made once, when the application starts. */
export interface App<User extends object> {
  readonly settings: AuthSettings
  readonly http: HostSettings
  readonly csrf: CheckSettings
  readonly login: LoginRedirectSettings
  readonly next: NextSettings
  /** The header in which a proxy names the user; `undefined` if no proxy does. */
  readonly remoteUser: RemoteUserHeader | undefined
  readonly store: SessionStore
  readonly backends: ReadonlyMap<string, Backend<User>>
  readonly passwords: Passwords
  /** The IP address of a request's client; `undefined` if not known. */
  readonly clientAddress: (head: RequestHead) => string | undefined
  readonly passwordValidators: ReadonlyArray<Validator>
  readonly passwordReset: PasswordResetSettings
  readonly world: World
  /**
   * `Cache-Control` of responses that set a cookie; with `no-store` also of those whose handler read the session.
   * `false`: none.
   */
  readonly cacheControl: "private" | "no-store" | false
  /** How long a request may try to write its session, if other requests change it at the same time. */
  readonly deadlineSeconds: number
  /** The locks for requests whose session was changed by another request. */
  readonly retries: Turns
  readonly isHeard: (signal: SignalName) => boolean
  /** Calls the signal's receivers with a context on this cell. Fails with the error of a receiver that throws. */
  readonly announce: (
    announcement: AnnounceSignal<User>,
    when: "during" | "committed",
    cell: Cell<User>
  ) => Effect.Effect<void>
}
