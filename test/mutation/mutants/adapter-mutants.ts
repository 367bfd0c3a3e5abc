/** Faults in what the adapters share: requests, responses, stores. */
import type { Mutant } from "../mutant.ts"

export const adapterMutants: ReadonlyArray<Mutant> = [
  {
    name: "changes of the session run in parallel",
    was: "this.#changes().withPermits(1)(change),",
    becomes: "change,"
  },
  {
    name: "the session changes after the response was decided",
    was: "if (this.closed) return Effect.fail(new HeadersAlreadySent({ operation }))",
    becomes: ""
  },
  {
    name: "the first half of a failed change is kept",
    was: "const copy = new RequestScope(this.head, this.request, this.session, this.storeTime, this)",
    becomes: "const copy: RequestScope<User> = this"
  },
  {
    name: "two operations load the session twice",
    was: "if (other !== undefined) { other.waiting ??= Deferred.makeUnsafe()",
    becomes: "if (other !== undefined && running.size > 99) {\n      other.waiting ??= Deferred.makeUnsafe()"
  },
  {
    name: "an interrupted load interrupts the operations that wait for it",
    was: "Exit.hasInterrupts(exit) ? Exit.succeed(undefined) : exit",
    becomes: "exit"
  },
  {
    name: "a user that another store's session loaded is accepted",
    was: "if (backend?.users === undefined || backend.users.store !== services.store.prefetch?.users) return undefined",
    becomes: "if (backend?.users === undefined) return undefined"
  },
  {
    name: "the last login is not recorded",
    was: 'if (command.signal === "user_logged_in") return Effect.andThen(recordLogin(services, scope), told)',
    becomes: 'if (command.signal === "user_logged_in") return told'
  },
  {
    name: "a session that keeps changing is tried without end",
    was: "if (performance.now() - startedAt > services.deadlineSeconds * 1000)",
    becomes: "if (false)"
  },
  {
    name: "a call of a store starts after the deadline of its request",
    was: "if (rest <= 0) return Effect.fail(tooLate(operation))",
    becomes: ""
  },
  {
    name: "the stores of a request have a deadline each",
    was: "if (this.#running === 0) this.#spent += now - this.#since",
    becomes: ""
  },
  {
    name: "a call gets all the time of its request, not the rest",
    was: "const rest = this.#limit - this.#spent - (this.#running === 0 ? 0 : now - this.#since) if (rest <= 0)",
    becomes: "const rest = this.#spent >= this.#limit ? 0 : this.#limit\n    if (rest <= 0)"
  },
  {
    name: "the write of the session does not count for the deadline of its request",
    was: "Effect.map(withStoreTime(scope.storeTime, committed(services, scope, change)), (answer) => {",
    becomes: "Effect.map(committed(services, change), (answer) => {"
  },
  {
    name: "operations of a request do not count for its deadline",
    was: "Effect.tapError(withStoreTime(scope.storeTime, asked), (error) =>",
    becomes: "Effect.tapError(asked, (error) =>"
  },
  {
    name: "a call that ends another session has no deadline",
    was: "return withTimePerCall( services.deadlineSeconds * 1000, endAll(",
    becomes: "return withTimePerCall( services.deadlineSeconds * 100_000, endAll("
  },
  {
    name: "a call is given up although its answer has arrived",
    was: "last = setImmediate(giveUp)",
    becomes: "giveUp()"
  },
  {
    name: "a list that ends all other sessions stops at the deadline of its request",
    was: "return withTimePerCall( services.deadlineSeconds * 1000, endAll(",
    becomes: "return (<A>(_: number, all: A): A => all)( services.deadlineSeconds * 1000, endAll("
  },
  {
    name: "a login is announced as stored although it was not",
    was: "const isLoggedIn = stored && Identity.hasUserId(scope.session.data)",
    becomes: "const isLoggedIn = Identity.hasUserId(scope.session.data)"
  },
  {
    name: "a receiver that fails after the commit fails the response",
    was: 'Effect.catchDefect(services.announce(announcement, "committed", scope), () => Effect.logError(`a receiver of ${announcement.signal} failed after the commit`) ),',
    becomes: 'services.announce(announcement, "committed", scope),'
  },
  {
    name: "an unverified form is answered",
    was: 'return csrf._tag === "Awaited" ? notVerified : undefined',
    becomes: "return undefined"
  },
  {
    name: "a form has its user before its token is checked",
    was: 'return csrf._tag === "Awaited" ? new CsrfFailed({ reason: notYetChecked(operation), isMissingVerifyCsrf: true }) : undefined',
    becomes: "return undefined"
  },
  {
    name: "a form has its user although its token was wrong",
    was: 'if (csrf._tag === "Refused") return new CsrfFailed({ reason: csrf.reason }) return csrf._tag === "Awaited" ? new',
    becomes: 'return csrf._tag === "Awaited" ? new'
  },
  {
    name: "the refusal of a guard is not recorded",
    was: "if (Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause)) this.#refusals.add(exit.cause)",
    becomes: ""
  },
  {
    name: "a response does not wait for a guard",
    was: "return this.#running === 0 && this.#refusals.size === 0",
    becomes: "return this.#refusals.size === 0"
  },
  {
    name: "a decision counts as read when it is made",
    was: "this.#refusals.add(refusal) const { _tag } = decision",
    becomes: "const { _tag } = decision"
  },
  {
    name: "a permission is required only for anonymous visitors",
    was: "passes ? Effect.succeed(user) : Effect.fail(new Forbidden())",
    becomes: "Effect.succeed(user)"
  },
  {
    name: "commit does not wait for the guards",
    was: "headersOfAll(afterGuards(services, scope, status, () => decide(services, scope, status)))",
    becomes: "headersOfAll(decide(services, scope, status))"
  },
  {
    name: "a token in the header passes, and the form's token is ignored",
    was: 'scope.csrf._tag === "PassedByHeader" ? asInHeader(services, scope, field) : verdict(services, scope, field)',
    becomes: 'scope.csrf._tag === "PassedByHeader" ? Effect.succeed(passed) : verdict(services, scope, field)'
  },
  {
    name: "a form from another site reaches its handler",
    was: "const settings = tokenless || isUnread ? { ...services.csrf, ignoresOrigin: false } : services.csrf",
    becomes: "const settings = services.csrf"
  },
  {
    name: "a user of one backend is logged in as another backend's",
    was: "(backend === undefined || backend === known.principal.backend)",
    becomes: '(backend === undefined || backend !== "")'
  },
  {
    name: "a login after a change of the password uses the old hash",
    was: "const known = scope.passwordChanged.get(user) ?? scope.authenticated.get(user)",
    becomes: "const known = scope.authenticated.get(user) ?? scope.passwordChanged.get(user)"
  },
  {
    name: "a receiver of user_logged_out gets no user",
    was: 'if (services.isHeard("user_logged_out")) yield* getUnverifiedUser(services, scope)',
    becomes: ""
  },
  {
    name: "a logout keeps what receivers of its signal wrote",
    was: "return Effect.map(performAll(services, copy, effects), () => copy.adopt(Logout.logout(copy.request, copy.session)))",
    becomes: "copy.adopt(Logout.logout(copy.request, copy.session)) \n return performAll(services, copy, effects)"
  },
  {
    name: "permissions of another realm count",
    was: "(realm === undefined || services.settings.realms.get(name) !== realm)",
    becomes: "realm === undefined"
  },
  {
    name: "hasPerms is true if the user has one of the permissions",
    was: "for (const permission of permissions) if (!(yield* holds(permission))) return false",
    becomes: "for (const permission of permissions) if (yield* holds(permission)) return true"
  },
  {
    name: "a session that cannot be read is a defect",
    was: 'cause instanceof SessionUnreadable ? Effect.fail(new StoreUnavailable({ operation: "read a session", cause })) : Effect.die(cause)',
    becomes: "Effect.die(cause)"
  },
  {
    name: "the warnings and announcements of an operation are not performed",
    was: "return commands === undefined ? goOn(step) : Effect.flatMap(commands, () => goOn(step))",
    becomes: "return goOn(step)"
  },
  {
    name: "a retry compares with an older text than the last one",
    was: "return { ...answer, text: taken.stored ?? answer.text }",
    becomes: "return answer"
  },
  {
    name: "a framework's own 500 hides an outage",
    was: 'return outage ?? (csrf._tag === "Refused" ?',
    becomes: 'return (csrf._tag === "Refused" ?'
  },
  {
    name: "a login drops the earlier announcements",
    was: "this.announced = [...this.announced, ...copy.announced]",
    becomes: "this.announced = copy.announced"
  },
  {
    name: "ending the other sessions ends this one, if it has a new key",
    was: "key === current.key || record.id === current.record.id",
    becomes: "key === current.key"
  },
  {
    name: "a throttled proof of another kind than a password is accepted",
    was: "attempt.isRefused ? undefined : found",
    becomes: "found"
  },
  {
    name: "a logout that failed is not remembered",
    was: "? Effect.onError(written, () => Effect.sync(() => rememberLogout(services, scope))) : written",
    becomes: "? written : written"
  },
  {
    name: "a logout that failed because its user could not be read is not remembered",
    was: "Effect.tapError(logOut(services, scope), () => Effect.sync(() => rememberLogout(services, scope)))",
    becomes: "logOut(services, scope)"
  },
  {
    name: "a logout in a handler that meets an outage afterwards is lost, as if it was no logout that failed",
    was: "scope.changesDiscarded = true if (isFlushed(scope.session)) rememberLogout(services, scope)",
    becomes: "scope.changesDiscarded = true"
  },
  {
    name: "a framework's 500 for an outage loses a logout, as if it was no logout that failed",
    was: 'if (isFlushed(scope.session)) rememberLogout(services, scope) return { _tag: "Later", headers: Effect.fail(failure) }',
    becomes: 'return { _tag: "Later", headers: Effect.fail(failure) }'
  },
  {
    name: "a session is accepted after a logout that failed",
    was: "services.failedLogouts.has(query.key) ?",
    becomes: "false ?"
  },
  {
    name: "a session is written back after a logout that failed",
    was: "failedLogouts.has(row) && !isFlushed(session)",
    becomes: "false"
  },
  {
    name: "a login that failed counts as a logout that failed",
    was: "yield* isFlushed(scope.session)",
    becomes: 'yield* scope.session.base._tag === "Flushed"'
  },
  {
    name: "a logout that failed is carried out twice",
    was: 'if (answer._tag !== "KeyTaken" && answer._tag !== "Changed") services.failedLogouts.remove(key)',
    becomes: ""
  },
  {
    name: "a logout that failed is forgotten when a parallel request could not write the session",
    was: 'if (answer._tag !== "KeyTaken" && answer._tag !== "Changed") services.failedLogouts.remove(key)',
    becomes: "services.failedLogouts.remove(key)"
  },
  {
    name: "a logout that failed is forgotten when the session gets another key at the same time",
    was: "const isEnded = this.has(from)",
    becomes: "const isEnded = false"
  },
  {
    name: "a logout that failed does not know the key that the session has got meanwhile",
    was: "this.#renewals.set(from, to)",
    becomes: ""
  },
  {
    name: "an open connection is not told of a logout that failed",
    was: "for (const added of failedLogouts.add(key)) watches.sessionChanged(added)",
    becomes: "failedLogouts.add(key)"
  },
  {
    name: "each copy of the application knows only its own logouts that failed",
    was: "ofStores.set(store, known)",
    becomes: ""
  },
  {
    name: "a session of a list is accepted after a logout that failed",
    was: "() => Effect.sync(() => rememberFailedLogout(services, key))",
    becomes: "() => Effect.void"
  },
  {
    name: "a session is explained as valid after a logout that failed",
    was: "const isEnded = key !== undefined && services.failedLogouts.has(key)",
    becomes: "const isEnded = false"
  },
  {
    name: "any number of keys is kept of each logout that failed",
    was: "dropOldest(this.#keys, mostKeys)",
    becomes: ""
  },
  {
    name: "keys of any length are kept of each logout that failed",
    was: "if (next.length > longestKey || this.#keys.has(next)) break",
    becomes: "if (this.#keys.has(next)) break"
  }
]
