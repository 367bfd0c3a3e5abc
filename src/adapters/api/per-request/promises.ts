/** The operations of a request as Promises, derived from those that return Effects. */
import type * as Effect from "effect/Effect"
import type { RequestGuards } from "../../request/guards/request-guards.ts"
import type { SessionAccess, SessionFields } from "../../request/session/session-access.ts"
import type { AuthEffects } from "./auth-effects.ts"

/** Members that are Effects, or return Effects, as functions that return Promises. */
export type Promised<Members, Names extends keyof Members> = {
  readonly [Name in Names]: Members[Name] extends Effect.Effect<infer A, infer _E, infer _R>
    ? () => Promise<A>
    : Members[Name] extends (...args: infer Args) => Effect.Effect<infer A, infer _E, infer _R>
      ? (...args: Args) => Promise<A>
      : never
}

/** Members that are Effects which never wait, as functions that return the value, or throw the error. */
export type Returned<Members, Names extends keyof Members> = {
  readonly [Name in Names]: Members[Name] extends Effect.Effect<infer A, infer _E, infer _R>
    ? () => A
    : Members[Name] extends (...args: infer Args) => Effect.Effect<infer A, infer _E, infer _R>
      ? (...args: Args) => A
      : never
}

/** The operations that only read the head of the request. */
type OfTheHead = "nextUrl" | "redirectToNext" | "host" | "isSecure"

/** Authentication within one request, as Promises. This is what a handler uses. */
export interface AuthContext<User extends object, Fields extends SessionFields>
  extends Promised<
      AuthEffects<User, Fields>,
      Exclude<keyof AuthEffects<User, Fields>, OfTheHead | "session" | "commit">
    >,
    Returned<AuthEffects<User, Fields>, OfTheHead> {
  /** The session of this request: loaded when it is first read, written before the response is sent. */
  readonly session: PromisedSession<Fields>
  /**
   * Writes the session now, before the response is sent, and rejects if that fails. After that every change of the
   * session rejects with `HeadersAlreadySent`.
   */
  readonly commit: () => Promise<void>
}

/** The guards of a request, or of a page of an `AuthReader`. */
export interface PageGuards<User extends object> extends Promised<RequestGuards<User>, keyof RequestGuards<User>> {}

/** The operations whose types depend on the key. A mapped type would lose that, so they are written out. */
type ByKey = "get" | "set" | "pop" | "setDefault"

/** The operations of a session that do not load it. */
type NotLoading = "key" | "isEmpty"

/** {@link SessionAccess}, as Promises. */
export interface PromisedSession<Fields extends SessionFields>
  extends Promised<SessionAccess<Fields>, Exclude<keyof SessionAccess<Fields>, ByKey | NotLoading | "raw">>,
    Returned<SessionAccess<Fields>, NotLoading> {
  /**
   * The value under `key`; `undefined` if there is none. It is a copy: to store a change inside it, set the whole value
   * again.
   */
  readonly get: <Key extends keyof Fields & string>(key: Key) => Promise<Fields[Key]["Type"] | undefined>
  /**
   * Stores a value under `key`. Rejects with `SessionDataInvalid` if the value does not match its schema or is no JSON.
   */
  readonly set: <Key extends keyof Fields & string>(key: Key, value: Fields[Key]["Type"]) => Promise<void>
  /** Removes `key` and returns its value. */
  readonly pop: <Key extends keyof Fields & string>(key: Key) => Promise<Fields[Key]["Type"] | undefined>
  /** Returns the value under `key`. If there is none, stores `value` first. */
  readonly setDefault: <Key extends keyof Fields & string>(
    key: Key,
    value: Fields[Key]["Type"]
  ) => Promise<Fields[Key]["Type"] | undefined>
  /** The session's values as JSON text: numbers exactly as stored, and also keys without a schema. */
  readonly raw: Promised<SessionAccess<Fields>["raw"], keyof SessionAccess<Fields>["raw"]>
}
