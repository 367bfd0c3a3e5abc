import * as Data from "effect/Data"
import { SessionUnreadable } from "../../core/session/stored-data.ts"
import { asJson, isOurs, markOurs, printed } from "./printed-error.ts"

/**
 * An error that is known by its tag, which every error of latchkey extends. Bundlers put this module into an application
 * more than once (Next into its pages and into its routes), which shares one `Auth`: `instanceof` holds for an error of
 * either. `console.error` prints it as Node prints errors: name, message, stack, fields and causes. `JSON.stringify` writes no
 * stack, and of causes name and message.
 */
export const Tagged = <Tag extends string>(tag: Tag) => {
  const Base = Data.TaggedError(tag)
  markOurs(Base.prototype)
  Object.defineProperty(Base.prototype, Symbol.for("nodejs.util.inspect.custom"), { value: printed })
  Object.defineProperty(Base.prototype, "toJSON", { value: asJson })
  Object.defineProperty(Base, Symbol.hasInstance, {
    value: (error: unknown) => isOurs(error) && "_tag" in error && error._tag === tag
  })
  return Base
}

/** On errors about what is stored. */
const stored = Symbol.for("latchkey.error.stored")

/** A setting is missing or makes no sense. Thrown when the application starts; `problems` name the settings. */
export class ConfigurationInvalid extends Tagged("ConfigurationInvalid")<{
  readonly problems: ReadonlyArray<string>
}> {
  override get message(): string {
    return this.problems.join("; ")
  }
}

/**
 * A store could not say what it holds, or could not do what was asked: 503. Never "no session", never "no user". Also a
 * stored session that holds more than `maximumSessionBytes`, which is not to be taken for an empty one.
 */
export class StoreUnavailable extends Tagged("StoreUnavailable")<{
  readonly operation: string
  readonly cause: unknown
}> {
  override get message(): string {
    return this.cause instanceof SessionUnreadable
      ? this.cause.message
      : `the store is out of reach (${this.operation})`
  }
}

/** An authentication backend could not be asked: 503. */
export class BackendUnavailable extends Tagged("BackendUnavailable")<{
  readonly backend: string
  readonly cause: unknown
}> {
  override get message(): string {
    return `the authentication backend ${this.backend} is out of reach`
  }
}

/** Too many passwords are being hashed already: 503, try again after `retryAfterSeconds`. */
export class Busy extends Tagged("Busy")<{ readonly retryAfterSeconds: number }> {
  override get message(): string {
    return "too many passwords are being hashed"
  }
}

/** The caller wants to change the session after the response left, or after `commit()`. */
export class HeadersAlreadySent extends Tagged("HeadersAlreadySent")<{ readonly operation: string }> {
  override get message(): string {
    return `${this.operation}: the response has been sent, the session can no longer change`
  }
}

/** The session was deleted while this request was changing it (a logout elsewhere): 400. */
export class SessionInterrupted extends Tagged("SessionInterrupted")<Record<never, never>> {
  override get message(): string {
    return "the session was deleted before the request completed; the user may have logged out in a concurrent request"
  }
}

/** The client sent something that cannot be answered: 400. */
export class BadRequest extends Tagged("BadRequest")<{
  readonly reason: string
  /** For the operator: which setting to look at. May name what the client sent; in production no answer holds it. */
  readonly advice?: string
}> {
  override get message(): string {
    return this.advice === undefined ? this.reason : `${this.reason}. ${this.advice}`
  }
}

/** The request was not sent by one of our own pages, as far as it can show: 403. */
export class CsrfFailed extends Tagged("CsrfFailed")<{
  /** Django's words. May quote the Origin or Referer of the request; no token. */
  readonly reason: string
  /** The handler of a form forgot to check its token: the application's mistake, not the client's. */
  readonly isOversight?: boolean
  /** For the operator: which setting to look at. May name what the client sent; in production no answer holds it. */
  readonly advice?: string
}> {
  override get message(): string {
    return this.advice === undefined ? this.reason : `${this.reason} ${this.advice}`
  }
}

/**
 * The visitor is anonymous, and the handler is for users only: 302 to the login page, or 401 for a client that asks for
 * JSON.
 */
export class LoginRequired extends Tagged("LoginRequired")<{
  /** The login page, with the address of this page in its query. */
  readonly location: string
  /** Whether the client asks for JSON and not for a page. */
  readonly asksForJson?: boolean
}> {
  /** For error handlers of an application's own. */
  get status(): number {
    return 401
  }
  override get message(): string {
    return "this is for users who are logged in"
  }
}

/** The user is logged in, but does not have the permission or does not pass the test: 403. */
export class Forbidden extends Tagged("Forbidden")<Record<never, never>> {
  /** For error handlers of an application's own. */
  get status(): number {
    return 403
  }
  override get message(): string {
    return "this user has no permission to do this"
  }
}

/**
 * A value in the session does not fit its schema, or one for it cannot be stored: 400 then, for it may be a client's.
 * Names the key, never the value.
 */
export class SessionDataInvalid extends Tagged("SessionDataInvalid")<{
  readonly key: string
  readonly reason: string
}> {
  /** Whether it stands in the session already, which is no client's mistake. */
  get isStored(): boolean {
    return stored in this
  }
  /** What is stored under this key does not fit its schema. */
  static stored(key: string): SessionDataInvalid {
    const error = new SessionDataInvalid({ key, reason: "what is stored does not fit its schema" })
    return Object.defineProperty(error, stored, { value: true })
  }
  override get message(): string {
    return `session key ${JSON.stringify(this.key)}: ${this.reason}`
  }
}

/**
 * Thrown by a backend of one's own: these credentials, or this permission, are refused, and no other backend is to be
 * asked.
 */
export class PermissionDenied extends Error {
  override readonly name = "PermissionDenied"
}

/** Why a change may not be made: it is too late, or the form that asked for it has not been verified. */
export type ChangeRefused = HeadersAlreadySent | CsrfFailed
