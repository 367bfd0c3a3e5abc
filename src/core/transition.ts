import type { Command, Query } from "./effect.ts"
import type { SessionKey } from "./session/key.ts"

/**
 * What an operation comes to: the request and the session afterwards, what is to be done, and the result; or, when an
 * answer is needed first, the same with a question. A paused state says only where we are. It holds neither the
 * session nor a secret: `resume` takes both as they are by then, since other operations of the same request may have
 * run while we waited.
 */
export type Transition<Request, Session, State, Value, Asked extends Query, User = never> =
  | {
      readonly _tag: "Done"
      readonly request: Request
      readonly session: Session
      readonly effects: ReadonlyArray<Command<User>>
      readonly value: Value
    }
  | {
      readonly _tag: "Paused"
      readonly request: Request
      readonly session: Session
      readonly effects: ReadonlyArray<Command<User>>
      readonly query: Asked
      readonly state: State
    }

/** Time and chance, which the core takes as arguments. */
export interface Moment {
  /** Epoch milliseconds. */
  readonly now: number
  readonly fresh: Fresh
}

/** Values that nobody has seen before. Drawn anew for every call. */
export interface Fresh {
  readonly sessionKey: SessionKey
  /** 32 characters of a-z, A-Z, 0-9. */
  readonly csrfSecret: string
  /** Likewise: what the secret is hidden under in one CSRF token. */
  readonly csrfMask: string
}
