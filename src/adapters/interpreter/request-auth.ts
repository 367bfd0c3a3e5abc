import type * as Effect from "effect/Effect"
import type { Credentials } from "../../core/auth/credentials.ts"
import * as RequestState from "../../core/auth/request-state.ts"
import { cookieValue } from "../../core/http/cookie.ts"
import type { RequestHead } from "../../core/http/request-head.ts"
import { header as headerOf } from "../../core/http/request-head.ts"
import * as SessionKey from "../../core/session/key.ts"
import * as Session from "../../core/session/session.ts"
import type { AccountFailure } from "./accounts.ts"
import type { App } from "./app.ts"
import type { BackendFailure } from "./backend.ts"
import { Cell } from "./cell.ts"
import { momentOf } from "./chance.ts"
import type { CsrfEntry } from "./csrf.ts"
import * as Csrf from "./csrf.ts"
import type { ChangeRefused, CsrfFailed, StoreUnavailable } from "./errors.ts"
import { type RequestGuards, requestGuards } from "./guards.ts"
import * as Operations from "./operations.ts"
import { type RequestPermissions, requestPermissions } from "./permissions.ts"
import { type Responded, respond } from "./respond.ts"
import { type SessionAccess, type SessionFields, sessionAccess } from "./session-access.ts"

/** Authentication within one request, as Effects. */
export interface RequestAuth<User extends object, Fields extends SessionFields> {
  /** Whom the session acts as; `undefined` for nobody. Asks the database once per request, an outage is a failure. */
  readonly getUser: Effect.Effect<User | undefined, BackendFailure>
  /** The user whom the credentials belong to; `undefined` when no backend knows them. Logs nobody in. */
  readonly authenticate: (credentials: Credentials) => Effect.Effect<User | undefined, BackendFailure>
  /** Makes the session act as this user. */
  readonly login: (
    user: User,
    options?: { readonly backend?: string }
  ) => Effect.Effect<void, BackendFailure | ChangeRefused>
  /** Ends the session. */
  readonly logout: Effect.Effect<void, BackendFailure | ChangeRefused>
  /** After the user's password was changed: this session lives on, the user's others end. */
  readonly updateSessionAuthHash: (user: User) => Effect.Effect<void, BackendFailure | ChangeRefused>
  /** Changes a user's password; `login` and `updateSessionAuthHash` of this request go by the new one. */
  readonly setPassword: (user: User, password: string) => Effect.Effect<boolean, AccountFailure | CsrfFailed>
  readonly permissions: RequestPermissions
  readonly guards: RequestGuards<User>
  /** A fresh CSRF token for a page or a script. Asking for it sends the CSRF cookie. */
  readonly getCsrfToken: Effect.Effect<string, StoreUnavailable | ChangeRefused>
  /** Checks the token of a form that the handler has parsed: the value of its field `csrfmiddlewaretoken`. */
  readonly verifyCsrf: (field: string | undefined) => Effect.Effect<void, CsrfFailed | StoreUnavailable>
  /** For adapters: lets the request in, or fails. `undefined`: it is in. */
  readonly admit: (entry: CsrfEntry) => Effect.Effect<void, CsrfFailed | StoreUnavailable> | undefined
  readonly session: SessionAccess<Fields>
  /** For adapters: decides what becomes of the session. Once per request, with the status of the response. */
  readonly respond: (status: number) => Responded
}

/** Opens a request: reads its cookies, touches nothing else. */
export const openRequest = <User extends object>(app: App<User>, head: RequestHead): Cell<User> => {
  const header = headerOf(head, "cookie")
  const cookie = (name: string): string | undefined => {
    const value = header === undefined ? undefined : cookieValue(header, name)
    // A part of a text keeps all of it in memory: what is remembered by this value must not hold on to the header.
    return value === undefined ? undefined : Buffer.from(value).toString()
  }
  const { csrf, session } = app.settings
  const cookies = { session: cookie(session.cookie.name), csrf: cookie(csrf.cookie.name) }
  const request = RequestState.opened<User>(cookies, momentOf(app.world).fresh)
  return new Cell(head, request, Session.presented(SessionKey.parse(cookies.session)))
}

/** {@link RequestAuth} on a cell. Made for every request, so it makes nothing before it is asked for. */
export class OpenedRequest<User extends object, Fields extends SessionFields> implements RequestAuth<User, Fields> {
  readonly #app: App<User>
  readonly #cell: Cell<User>
  readonly #fields: Fields | undefined

  /** @param fields schemas of the session's keys; `undefined`: every key may hold any JSON */
  constructor(app: App<User>, cell: Cell<User>, fields: Fields | undefined) {
    this.#app = app
    this.#cell = cell
    this.#fields = fields
  }
  get getUser() {
    return Operations.getUser(this.#app, this.#cell)
  }
  authenticate(credentials: Credentials) {
    return Operations.authenticate(this.#app, this.#cell, credentials)
  }
  login(user: User, options?: { readonly backend?: string }) {
    return Operations.login(this.#app, this.#cell, user, options?.backend)
  }
  get logout() {
    return Operations.logout(this.#app, this.#cell)
  }
  updateSessionAuthHash(user: User) {
    return Operations.updateSessionAuthHash(this.#app, this.#cell, user)
  }
  setPassword(user: User, password: string) {
    return Operations.setPassword(this.#app, this.#cell, user, password)
  }
  get getCsrfToken() {
    return Csrf.getToken(this.#app, this.#cell)
  }
  verifyCsrf(field: string | undefined) {
    return Csrf.verify(this.#app, this.#cell, field)
  }
  admit(entry: CsrfEntry) {
    return Csrf.admit(this.#app, this.#cell, entry)
  }
  get guards() {
    return requestGuards(this.#app, this.#cell)
  }
  get permissions() {
    return requestPermissions(this.#app, this.#cell)
  }
  get session() {
    return sessionAccess(this.#app, this.#cell, this.#fields)
  }
  respond(status: number): Responded {
    return respond(this.#app, this.#cell, status)
  }
}
