/** The interface by which operations that check a password have their attempts counted: the option `throttle`. */
import type * as Effect from "effect/Effect"
import type { StoreUnavailable } from "../errors/errors.ts"
import type { PasswordAttempt, Passwords } from "./passwords.ts"

/** One attempt to prove a password. It was counted as a failure before the password is checked. */
export interface CountedAttempt {
  /** Whether it comes too early: it is refused, also with the right password. */
  readonly isRefused: boolean
  /** Checks passwords for this attempt. A refused attempt does the work of a wrong password. */
  readonly passwords: Passwords
  /** Forgets the failures: the password was right. */
  readonly succeeded: Effect.Effect<void, StoreUnavailable>
  /** Takes the attempt back, because it was neither right nor wrong. Does nothing once it has succeeded. */
  readonly abandoned: Effect.Effect<void>
}

/** Whose password an attempt is for. */
export type AttemptSubject =
  | {
      readonly _tag: "User"
      readonly user: object
      readonly userId: string
      /** A backend with this user. May be absent if the application has one user store. */
      readonly backend: string | undefined
    }
  /** The password that was chosen at a sign-up, whose link confirms the address. */
  | { readonly _tag: "Link"; readonly link: string }

/** Counts an attempt before it is made. */
export type CountAttempt = (
  subject: AttemptSubject,
  operation: PasswordAttempt["operation"]
) => Effect.Effect<CountedAttempt, StoreUnavailable>
