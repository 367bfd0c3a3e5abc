import * as Data from "effect/Data"
import { SessionUnreadable } from "../../core/session/text/stored-data.ts"
import { asJson, isOurs, markOurs, printed } from "./printed-error.ts"

/**
 * The base class of latchkey's errors. `instanceof` compares the tag. A bundler may put this module into an application
 * more than once (Next: once for pages and once for routes), while one `Auth` is shared: so `instanceof` works for
 * errors of each copy. `console.error` prints these errors as Node prints errors: name, message, stack, fields and
 * causes. `JSON.stringify` writes no stack, and only name and message of causes.
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

/** Marks a {@link SessionDataInvalid} about a value that is already stored. */
const stored = Symbol.for("latchkey.error.stored")

/** A setting is missing or invalid. Thrown when the application starts. `problems` name the settings. */
export class ConfigurationInvalid extends Tagged("ConfigurationInvalid")<{
  /** One text per problem: the name of the setting, what is wrong, and what to write instead. */
  readonly problems: ReadonlyArray<string>
}> {
  override get message(): string {
    return this.problems.join("; ")
  }
}

/**
 * A store could not read or write: 503. It never means that a session or user does not exist. Also used for a stored
 * session that is larger than `maximumSessionBytes`, because it must not count as empty.
 */
export class StoreUnavailable extends Tagged("StoreUnavailable")<{
  /** The operation that failed, such as `create tables`. */
  readonly operation: string
  /** The error of the driver or the system. It may contain stored data: do not send it to clients. */
  readonly cause: unknown
}> {
  override get message(): string {
    return this.cause instanceof SessionUnreadable
      ? this.cause.message
      : `the store is out of reach (${this.operation})`
  }
}

/** The cause of an outage that a test has asked for. Adapters do not print such an outage. */
export class InjectedFault extends Tagged("InjectedFault")<{ readonly fault: string }> {
  override get message(): string {
    return `a test has asked for this fault (${this.fault})`
  }
}

/** A function of an authentication backend failed: 503. */
export class BackendUnavailable extends Tagged("BackendUnavailable")<{
  /** The name of the backend. */
  readonly backend: string
  /** What the function threw. */
  readonly cause: unknown
}> {
  override get message(): string {
    return `the authentication backend ${this.backend} is out of reach`
  }
}

/** A user or a group was not deleted, because rows of another table refer to it. */
export class StillReferenced extends Tagged("StillReferenced")<{
  /** What was not deleted. */
  readonly what: "user" | "group"
  /** The table with these rows. */
  readonly table: string
}> {
  override get message(): string {
    return `the ${this.what} was not deleted: rows of the table ${this.table} refer to it; delete or change those first`
  }
}

/** A name that does not exist. */
export interface UnknownName {
  /** The name. */
  readonly name: string
  /** Existing names that are similar, the most similar one first. */
  readonly near: ReadonlyArray<string>
}

/** There are no permissions, groups or users with these names. Nothing was changed. */
export class NameUnknown extends Tagged("NameUnknown")<{
  /** What the names are names of. */
  readonly of: "permission" | "group" | "user"
  /** The unknown names, each with existing names that are similar. */
  readonly names: ReadonlyArray<UnknownName>
}> {
  override get message(): string {
    const names = this.names.map(({ name, near }) =>
      near.length === 0 ? JSON.stringify(name) : `${JSON.stringify(name)} (did you mean ${near.join(", or ")}?)`
    )
    return `there is no ${this.of} ${names.join(", ")}; nothing was changed`
  }
}

/** Too many passwords are being hashed: 503. Try again after `retryAfterSeconds`. */
export class Busy extends Tagged("Busy")<{
  /** The value of the header `Retry-After`. */
  readonly retryAfterSeconds: number
}> {
  override get message(): string {
    return "too many passwords are being hashed"
  }
}

/** The caller tried to change the session after the response was decided, or after `commit()`. */
export class HeadersAlreadySent extends Tagged("HeadersAlreadySent")<{
  /** The operation that came too late, such as `session.set`. */
  readonly operation: string
}> {
  override get message(): string {
    return `${this.operation}: the response has been sent, the session can no longer change. Await the change before the response begins.`
  }
}

/** Another request deleted the session (for example a logout) while this request was changing it: 400. */
export class SessionInterrupted extends Tagged("SessionInterrupted")<Record<never, never>> {
  override get message(): string {
    return "the session was deleted before the request completed; the user may have logged out in a concurrent request"
  }
}

/** The client sent an invalid request: 400. */
export class BadRequest extends Tagged("BadRequest")<{
  /** What is wrong with the request. */
  readonly reason: string
  /** For the operator: which setting to change. May quote the request, so production responses do not contain it. */
  readonly advice?: string
}> {
  override get message(): string {
    return this.advice === undefined ? this.reason : `${this.reason}. ${this.advice}`
  }
}

/** The request does not prove that it was sent by a page of this site: 403. */
export class CsrfFailed extends Tagged("CsrfFailed")<{
  /** Django's message. May quote the Origin or Referer of the request, never a token. */
  readonly reason: string
  /** Whether the handler did not check the form's token: a mistake of the application, not of the client. */
  readonly isMissingVerifyCsrf?: boolean
  /** For the operator: which setting to change. May quote the request, so production responses do not contain it. */
  readonly advice?: string
}> {
  override get message(): string {
    return this.advice === undefined ? this.reason : `${this.reason} ${this.advice}`
  }
}

/**
 * The handler requires a login and the visitor is anonymous, or it requires a recent login and the user's is too long
 * ago: 302 to the login page or to the page that asks for a proof. If the client asks for JSON: 401 for an anonymous
 * visitor, 403 with the URL of the page that asks for a proof for a user who is logged in.
 */
export class LoginRequired extends Tagged("LoginRequired")<{
  /** The URL of the login page, or of the page that asks for a proof, with the URL of this page in its query. */
  readonly location: string
  /** Whether the request's `Accept` names JSON and not HTML. */
  readonly asksForJson?: boolean
  /** Whether the user is logged in, and only has to prove again who they are. */
  readonly isReauthentication?: boolean
}> {
  /** The HTTP status, for the application's own error handlers. */
  get status(): number {
    return this.isReauthentication === true ? 403 : 401
  }
  override get message(): string {
    return this.isReauthentication === true
      ? "this is for users who have logged in recently"
      : "this is for users who are logged in"
  }
}

/**
 * The handler requires a login, and the session is bound to a device that the request does not prove: 302 to the login
 * page, or 401 if a script sent the request or the client asks for JSON. Not the same as {@link LoginRequired}: the user
 * may be logged in, and the next request may prove it.
 */
export class ProofRequired extends Tagged("ProofRequired")<{
  /** The URL of the login page, with the URL of this page in its query. */
  readonly location: string
  /** Whether a script sent the request, or its `Accept` names JSON and not HTML. */
  readonly asksForJson?: boolean
}> {
  /** The HTTP status, for the application's own error handlers. */
  get status(): number {
    return 401
  }
  override get message(): string {
    return "the session is bound to a device, and the request does not prove it"
  }
}

/** A change of a session that is bound to a device, without the proof of the device: 401. Nothing was changed. */
export class DeviceProofMissing extends Tagged("DeviceProofMissing")<{
  /** The operation that was refused, such as `session.set`. */
  readonly operation: string
}> {
  /** The HTTP status, for the application's own error handlers. */
  get status(): number {
    return 401
  }
  override get message(): string {
    return `${this.operation}: the session is bound to a device, and the request does not prove it`
  }
}

/** latchkey answers the request itself: an endpoint of device-bound sessions, or a page that makes the browser come again. */
export class DeviceResponse extends Tagged("DeviceResponse")<{
  /** The HTTP status. */
  readonly status: number
  /** The headers by name, in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The body, or empty. */
  readonly body: string
  /** The outage because of which the answer is a 503. */
  readonly cause?: unknown
}> {
  override get message(): string {
    return "latchkey answers this request itself"
  }
}

/** The user is logged in, but does not have the permission or does not pass the test: 403. */
export class Forbidden extends Tagged("Forbidden")<Record<never, never>> {
  /** The HTTP status, for the application's own error handlers. */
  get status(): number {
    return 403
  }
  override get message(): string {
    return "this user has no permission to do this"
  }
}

/**
 * A stored value of the session does not match its schema, or a new value cannot be stored. In the second case 400,
 * because the value may come from the client. The message names the key, never the value.
 */
export class SessionDataInvalid extends Tagged("SessionDataInvalid")<{
  /** The key of the value. */
  readonly key: string
  /** What is wrong with the value. Never the value itself. */
  readonly reason: string
}> {
  /** Whether the value is already stored in the session: then it is not the client's mistake. */
  get isStored(): boolean {
    return stored in this
  }
  /** The error for a stored value that does not match its schema. */
  static stored(key: string): SessionDataInvalid {
    const error = new SessionDataInvalid({ key, reason: "what is stored does not fit its schema" })
    return Object.defineProperty(error, stored, { value: true })
  }
  override get message(): string {
    return `session key ${JSON.stringify(this.key)}: ${this.reason}`
  }
}

/**
 * Thrown by an application-defined backend to refuse credentials or a permission, so that no other backend is asked.
 */
export class PermissionDenied extends Error {
  override readonly name = "PermissionDenied"
}

/**
 * Why the session cannot be changed: the response was decided, the CSRF token of a form has not been checked, or the
 * session is bound to a device that the request does not prove.
 */
export type ChangeRefused = HeadersAlreadySent | CsrfFailed | DeviceProofMissing
