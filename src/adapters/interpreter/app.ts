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

/** Everything that the interpreter calls upon. Made once, when the application starts. */
export interface App<User extends object> {
  readonly settings: AuthSettings
  readonly http: HostSettings
  readonly csrf: CheckSettings
  readonly login: LoginRedirectSettings
  readonly next: NextSettings
  /** Who the user is, is said by a proxy; `undefined`: it is not. */
  readonly remoteUser: RemoteUserHeader | undefined
  readonly store: SessionStore
  readonly backends: ReadonlyMap<string, Backend<User>>
  readonly passwords: Passwords
  /** The address of the client of a request; `undefined` where it is not known. */
  readonly clientAddress: (head: RequestHead) => string | undefined
  readonly passwordValidators: ReadonlyArray<Validator>
  readonly passwordReset: PasswordResetSettings
  readonly world: World
  /** Of responses that set a cookie, and with `no-store` of all whose handler read the session; `false`: none. */
  readonly cacheControl: "private" | "no-store" | false
  /** How long a request may take over writing its session, however often it changes under its hands. */
  readonly deadlineSeconds: number
  /** Of requests that found their session changed by another one. */
  readonly retries: Turns
  readonly isHeard: (signal: SignalName) => boolean
  /** Calls the receivers with a context on that cell. What one throws is thrown here. */
  readonly announce: (
    announcement: AnnounceSignal<User>,
    when: "during" | "committed",
    cell: Cell<User>
  ) => Effect.Effect<void>
}
