/** The mutants, by folder. `mutants.test.ts` checks each against the source; `run.ts` runs the tests on them. */
import type { Mutant } from "./mutant.ts"

export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "an absent session keeps its key",
    was: "isLoaded(session) ? session : { ...session, key: undefined, storedKey: undefined, base: absentBase(session.storedKey) }",
    becomes: "isLoaded(session) ? session : { ...session, base: absentBase(session.storedKey) }"
  },
  {
    name: "a late answer overwrites a session that was loaded before",
    was: "isLoaded(session) ? session : { ...session, base: readBase(text, record), data }",
    becomes: "({ ...session, base: readBase(text, record), data })",
    beyondLaws:
      "every caller checks first whether the session is loaded; test/core/session has the rule of the session itself"
  },
  {
    name: "an expired session keeps its key",
    was: 'isLoaded(session) ? session : { ...modified(session), key, base: { _tag: "Expired", text }, ifGone: "Insert" }',
    becomes: 'isLoaded(session) ? session : { ...modified(session), base: { _tag: "Expired", text }, ifGone: "Insert" }'
  },
  {
    name: "a session with data but no key is empty",
    was: "session.key === undefined && session.data.size === 0",
    becomes: "session.key === undefined"
  },
  {
    name: "a session with a key and no data is empty",
    was: "session.key === undefined && session.data.size === 0",
    becomes: "session.data.size === 0"
  },
  {
    name: "removing an absent key writes the session",
    was: 'session.data.has(key) ? write(session, { _tag: "Delete", key }) : accessed(session)',
    becomes: 'write(session, { _tag: "Delete", key })'
  },
  {
    name: "setDefault overwrites an existing value",
    was: "session.data.has(key) ? accessed(session) : set(session, key, value)",
    becomes: "set(session, key, value)"
  },
  {
    name: "update without values does not mark the session as modified",
    was: "return { ...modified(session), data, operations: [...session.operations, ...sets] }",
    becomes:
      "return sets.length === 0 ? accessed(session) : { ...modified(session), data, operations: [...session.operations, ...sets] }"
  },
  {
    name: "update records no operations",
    was: "return { ...modified(session), data, operations: [...session.operations, ...sets] }",
    becomes: "return { ...modified(session), data }"
  },
  {
    name: "clear without loading does not mark the session as modified",
    was: '{ ...session, base: { _tag: "Cleared" }, accessed: true, modified: true }',
    becomes: '{ ...session, base: { _tag: "Cleared" }, accessed: true, modified: false }'
  },
  {
    name: "the second of two renewals decides what happens if the row is gone",
    was: "ifGone: isRenewed(session) ? combined(session, ifGone) : ifGone",
    becomes: "ifGone"
  },
  {
    name: "cycleKey of a logged-in session inserts a row if the old one is gone",
    was: 'renew(session, key, session.data.has("_auth_user_id") ? "Interrupt" : "Insert")',
    becomes: 'renew(session, key, "Insert")'
  },
  {
    name: "a flush keeps the data",
    was: 'data: Data.empty, operations: noOperations, ifGone: "Insert", accessed: true, modified: true',
    becomes: 'operations: noOperations, ifGone: "Insert", accessed: true, modified: true'
  },
  {
    name: "a flush keeps earlier operations",
    was: 'data: Data.empty, operations: noOperations, ifGone: "Insert", accessed: true, modified: true',
    becomes: 'data: Data.empty, ifGone: "Insert", accessed: true, modified: true',
    beyondLaws:
      "operations are applied again only to a row that was read, which a flushed session has not; tested in test/core/session"
  },
  {
    name: "a stored session still counts as modified",
    was: 'operations: noOperations, ifGone: "Interrupt", modified: false',
    becomes: 'operations: noOperations, ifGone: "Interrupt"',
    beyondLaws: "a request is answered once; tested in test/core/session"
  },
  {
    name: "rebase accepts a hash for another user",
    was: 'if (operation._tag === "Identify" && operation.over === "SameUser" && !namesSameUser(after, operation)) return undefined',
    becomes: ""
  },
  {
    name: "rebase loses the changes of the other request",
    was: "const after = applied(session.operations, data)",
    becomes: "const after = applied(session.operations, session.data)"
  },
  {
    name: "rebase keeps the data of another user at a login",
    was: "const after = new Map(operations.some((operation) => isOtherUsersLogin(data, operation)) ? [] : data)",
    becomes: "const after = new Map(data)"
  },
  {
    name: "rebase does not apply clear",
    was: 'case "Clear": for (const key of data.keys()) if (key !== Binding.dataKey) data.delete(key) return',
    becomes: 'case "Clear":\n      return'
  },
  {
    name: "rebase does not apply deletes",
    was: 'case "Delete": data.delete(operation.key) return',
    becomes: 'case "Delete":\n      return'
  },
  {
    name: "stored JSON: a key that is set loses its spelling",
    was: "member === undefined ? makeMember(key, value) : withValue(member, value)",
    becomes: "makeMember(key, value)"
  },
  {
    name: "stored JSON: a new value keeps characters that are not ASCII",
    was: "const text = before + inAscii(value)",
    becomes: "const text = before + value",
    beyondLaws:
      "session.set writes ASCII before that, and only session.raw can give other JSON; tested in test/core/json"
  },
  {
    name: "stored JSON: Latin-1 is read as UTF-8",
    was: "!isAscii(text) && isUtf8(text)",
    becomes: "!isAscii(text)"
  },
  {
    name: "stored JSON: UTF-8 is read as Latin-1",
    was: "!isAscii(text) && isUtf8(text)",
    becomes: "false"
  },
  {
    name: "stored JSON: the first of repeated members is lost",
    was: "if (others === undefined) earlier.set(name, [repeated.text])",
    becomes: "if (others === undefined) continue"
  },
  {
    name: "stored JSON: white space after a value is lost when the value is set",
    was: "text: text.slice(0, start) + ascii + text.slice(end)",
    becomes: "text: text.slice(0, start) + ascii"
  },
  {
    name: "a login stores no backend",
    was: 'Data.put(data, "_auth_user_backend", operation.backend)',
    becomes: ""
  },
  {
    name: "two users are the same if only their ids are equal",
    was: 'textOf(Data.get(data, "_auth_user_backend")) === textOf(backend)',
    becomes: "true",
    beyondLaws: "no request changes the backend of a row and keeps its key; tested in test/core/session"
  },
  {
    name: "the cookie of an empty session is not deleted",
    was: 'if (empty && request.sessionCookiePresented) return retire(settings, request, session, "Delete")',
    becomes: 'if (empty && request.sessionCookiePresented) return retire(settings, request, session, "Leave")'
  },
  {
    name: "an empty session deletes a cookie that was not sent",
    was: "if (empty && request.sessionCookiePresented) return",
    becomes: "if (empty) return"
  },
  {
    name: "an unmodified session is written",
    was: "!empty && (session.modified || settings.saveEveryRequest)",
    becomes: "!empty"
  },
  {
    name: "saveEveryRequest is ignored",
    was: "!empty && (session.modified || settings.saveEveryRequest)",
    becomes: "!empty && session.modified"
  },
  {
    name: "a session is stored with status 500",
    was: "savesServerErrors ? status === 500 : status >= 500",
    becomes: "savesServerErrors ? status === 500 : status > 500"
  },
  {
    name: "a flushed row is not deleted if the request fails",
    was: 'session.storedKey !== undefined && session.base._tag === "Flushed" ?',
    becomes: 'session.storedKey !== undefined && session.base._tag === "Flushed" && cookie === "Delete" ?'
  },
  {
    name: "a response that read the session does not vary on Cookie",
    was: 'done(request, session, session.accessed ? accessEffects : noEffects, { _tag: "Responded" })',
    becomes: 'done(request, session, [], { _tag: "Responded" })'
  },
  {
    name: "a write does not compare the stored text",
    was: 'const was = session.base._tag === "Read" || session.base._tag === "Expired" ? session.base.text : undefined',
    becomes: "const was = undefined"
  },
  {
    name: "a renewal inserts a row that is gone, although it must not",
    was: 'ifGone: session.ifGone === "Insert" ? "Insert" : "Refuse"',
    becomes: 'ifGone: "Insert"'
  },
  {
    name: "a fourth new key is tried",
    was: "const maximumKeys = 3",
    becomes: "const maximumKeys = 4",
    beyondLaws: "the number of attempts is a detail: a law allows either outcome; tested in test/core/session"
  },
  {
    name: "a key that is in use is tried again",
    was: "session.key === undefined ? session : { ...session, key: moment.fresh.sessionKey }",
    becomes: "session"
  },
  {
    name: "a write of the handler is dropped if the row is gone",
    was: 'session.ifGone === "Drop" && session.operations.every((operation) => operation._tag === "Identify")',
    becomes: 'session.ifGone === "Drop"'
  },
  {
    name: "a lost hash renewal interrupts the request",
    was: 'session.ifGone === "Drop" && session.operations.every((operation) => operation._tag === "Identify")',
    becomes: "false"
  },
  {
    name: "a row that was written after it expired is merged with the new session",
    was: 'if (session.base._tag === "Expired") return SessionValue.detached(session)',
    becomes: ""
  },
  {
    name: "the cookie's age is that of the settings, and the session's own expiry is ignored",
    was: "Math.min(Expiry.ageSeconds(session.data, settings, now), rowAgeSeconds(settings, session, now))",
    becomes: "settings.cookieAgeSeconds"
  },
  {
    name: "the cookie's age ignores the expiry that a parallel request has set",
    was: "? gone(settings, request, session) : commit(settings, request, after, moment, keysTaken(state))",
    becomes:
      "? gone(settings, request, session) : { ...commit(settings, request, after, moment, keysTaken(state)), session }"
  },
  {
    name: "a cookie that ends with the browser has a Max-Age",
    was: "Expiry.isAtBrowserClose(session.data, settings) ? undefined :",
    becomes: "false ? undefined :"
  },
  {
    name: "corrupt data is not reported",
    was: 'effects: badSignature ? [{ _tag: "Warn", event: "SessionCorrupted" }] : []',
    becomes: "effects: []",
    beyondLaws: "a log entry for the operator, which no law asks for; tested in test/core/session"
  },
  {
    name: "a session ends a second late",
    was: "Math.floor((stored.at - now) / 1000)",
    becomes: "Math.ceil((stored.at - now) / 1000)"
  },
  {
    name: "an expiry of 0 seconds is treated as absent",
    was: 'return seconds === 0 ? { _tag: "BrowserClose" } : { _tag: "Seconds", seconds }',
    becomes: 'return seconds === 0 ? { _tag: "Policy" } : { _tag: "Seconds", seconds }'
  },
  {
    name: "a login keeps the key of an anonymous session",
    was: "return Session.cycleKey(session, moment.fresh.sessionKey)",
    becomes: "return session"
  },
  {
    name: "a login over another user's session keeps its data",
    was: "if (!isSame(settings, Identity.readPartial(session.data), principal)) return Session.discard(session)",
    becomes: ""
  },
  {
    name: "a login of the same user flushes",
    was: "if (!isSame(settings, Identity.readPartial(session.data), principal)) return",
    becomes: "if (true) return"
  },
  {
    name: "users with the same id in two directories count as one user",
    was: "(backend === undefined || realmOf(settings, backend) === realmOf(settings, principal.backend)) &&",
    becomes: ""
  },
  {
    name: "a login keeps the session of a user whose password changed",
    was: "&& constantTimeEqual(authHash, principal.authHash)",
    becomes: ""
  },
  {
    name: "a login keeps the CSRF secret",
    was: "csrf: Csrf.rotated(moment.fresh) },",
    becomes: "},"
  },
  {
    name: "a login keeps the CSRF secret in the session",
    was: "session: settings.csrf.useSessions ? SessionCsrf.rotated(settings.csrf, own, moment.fresh) : own",
    becomes: "session: own"
  },
  {
    name: "a backend that is not configured authenticates a session",
    was: "if (identity === undefined || !settings.backends.includes(identity.backend)) return asAnonymous(request, session)",
    becomes: "if (identity === undefined) return asAnonymous(request, session)"
  },
  {
    name: "a prefetched user of another backend is accepted",
    was: "if (prefetched === undefined || prefetched.backend !== backend || prefetched.id !== id)",
    becomes: "if (prefetched === undefined || prefetched.id !== id)"
  },
  {
    name: "a prefetched user with another id is accepted",
    was: "if (prefetched === undefined || prefetched.backend !== backend || prefetched.id !== id)",
    becomes: "if (prefetched === undefined || prefetched.backend !== backend)"
  },
  {
    name: "a session with a wrong auth hash is kept",
    was: 'case "Wrong": return asAnonymous(request, SessionValue.',
    becomes: 'case "Wrong": return asAnonymous(request, session ?? SessionValue.'
  },
  {
    name: "an auth hash of an older secret is not renewed",
    was: 'return done(resolved, Identity.rewrite(SessionValue.renew(session, moment.fresh.sessionKey, "Drop"), principal))',
    becomes: "return done(resolved, session)"
  },
  {
    name: "a lost row interrupts a request that only renews an auth hash",
    was: 'SessionValue.renew(session, moment.fresh.sessionKey, "Drop")',
    becomes: 'SessionValue.renew(session, moment.fresh.sessionKey, "Interrupt")'
  },
  {
    name: "reading the user does not mark the session as accessed",
    was: "const touched = SessionValue.accessed(session)",
    becomes: "const touched = session"
  },
  {
    name: "a missing session auth hash counts as current",
    was: 'if (stored === "") return "Wrong"',
    becomes: 'if (stored === "") return "Current"'
  },
  {
    name: "an auth hash of an older secret counts as wrong",
    was: 'return older.some((hash) => constantTimeEqual(stored, hash)) ? "Older" : "Wrong"',
    becomes: 'return "Wrong"'
  },
  {
    name: "a number for an id finds no user",
    was: 'id: text(data, "_auth_user_id") ?? integer(data, "_auth_user_id")',
    becomes: 'id: text(data, "_auth_user_id")'
  },
  {
    name: "another backend is asked after a denial",
    was: "return authenticate(request, session, [], state.credentials)",
    becomes: "return authenticate(request, session, state.untried, state.credentials)"
  },
  {
    name: "the second backend is never asked",
    was: 'case "Declined": return authenticate(request, session, state.untried, state.credentials)',
    becomes: 'case "Declined": return authenticate(request, session, [], state.credentials)'
  },
  {
    name: "a failed login is not announced",
    was: 'done(request, session, undefined, [{ _tag: "AnnounceSignal", signal: "user_login_failed", credentials }])',
    becomes: "done(request, session, undefined, [])"
  },
  {
    name: "the signal of a failed login has the password",
    was: '[name, namesUser && typeof value === "string" ? value : masked]',
    becomes: "[name, value]"
  },
  {
    name: "no hash is computed for an unknown user",
    was: 'if (answer._tag === "UserAbsent") return paused({ _tag: "DummyHash" }, { _tag: "Discarding" })',
    becomes: 'if (answer._tag === "UserAbsent") return declined'
  },
  {
    name: "inactive users log in",
    was: "found.isActive || settings.allowInactive ?",
    becomes: "true ?"
  },
  {
    name: "a wrong password is accepted",
    was: 'if (answer._tag !== "Verified" || !answer.correct) return declined',
    becomes: 'if (answer._tag !== "Verified") return declined'
  },
  {
    name: "after an upgrade the session auth hash is made from the old password hash",
    was: "return admitted(settings, { ...found, known: { ...found.known, password: state.encoded } })",
    becomes: "return admitted(settings, found)"
  },
  {
    name: "a login succeeds although the password was changed during its upgrade",
    was: "return found.round < maximumRounds ? find(found.username, found.round + 1) : declined",
    becomes: "return admitted(settings, found)"
  },
  {
    name: "a login is refused without a second check if the password was changed during its upgrade",
    was: "const maximumRounds = 2",
    becomes: "const maximumRounds = 1"
  },
  {
    name: "updateSessionAuthHash creates a deleted session again",
    was: 'const renewed = Session.renew(session, moment.fresh.sessionKey, "Interrupt")',
    becomes: 'const renewed = Session.renew(session, moment.fresh.sessionKey, "Insert")'
  },
  {
    name: "updateSessionAuthHash writes another user's hash",
    was: "if (!isCurrent(request, who)) return { request, session: renewed }",
    becomes: ""
  },
  {
    name: "a logout leaves the user in the request",
    was: "request: { ...request, user: anonymous }, session: SessionValue.flush(session),",
    becomes: "request, session: SessionValue.flush(session),"
  },
  {
    name: "an unsafe method is safe after an override",
    was: "isSafe(method) && isSafe(rewrittenMethod)",
    becomes: "isSafe(method) || isSafe(rewrittenMethod)",
    beyondLaws: "a header that only Fetch frameworks read; tested in test/core/csrf"
  },
  {
    name: "an Origin header is not checked",
    was: "if (origin !== undefined) { return",
    becomes: 'if (origin === "") { return'
  },
  {
    name: "a Referer with another scheme is accepted",
    was: 'if (referer.scheme !== "https") return refusedReferer("Referer is insecure while host is secure")',
    becomes: "",
    beyondLaws: "browsers send Origin, which is checked first; vectors of Django"
  },
  {
    name: "https without Origin and Referer passes",
    was: 'if (sent === undefined) return refusedReferer("no Referer")',
    becomes: "if (sent === undefined) return passed",
    beyondLaws: "browsers send Origin, which is checked first; vectors of Django"
  },
  {
    name: "the form's token counts in a PUT",
    was: 'const fromField = head.method === "POST" && field !== "" ? field : undefined',
    becomes: 'const fromField = field !== "" ? field : undefined',
    beyondLaws: "Django's choice, not a rule of safety; vectors of Django"
  },
  {
    name: "the token in the header takes precedence over the one in the form",
    was: "const token = fromField ?? header(head, settings.headerName)",
    becomes: "const token = header(head, settings.headerName) ?? fromField"
  },
  {
    name: "a request without a CSRF secret passes",
    was: 'if (stored === undefined) return refused("CSRF cookie not set.")',
    becomes: "if (stored === undefined) return passed"
  },
  {
    name: "a malformed CSRF cookie is not replaced",
    was: "return parsed === undefined || settings.keepsMalformed === true ? { secret: undefined, dirty: false } : rotated(fresh)",
    becomes: "return { secret: undefined, dirty: false }",
    beyondLaws: "Django's choice, not a rule of safety; vectors of Django"
  },
  {
    name: "the cookie of a used CSRF secret is not sent again",
    was: "return { slot: { secret, dirty: true }, token:",
    becomes: "return { slot: { secret, dirty: slot.dirty }, token:",
    beyondLaws: "Django's choice, not a rule of safety; vectors of Django"
  },
  {
    name: "all tokens of a secret are equal",
    was: "maskText + shifted(secret, maskText, 1)",
    becomes: "secret + shifted(secret, secret, 1)"
  },
  {
    name: "a subdomain of any scheme is trusted",
    was: 'one._tag === "Subdomains" && one.scheme === parts.scheme && isSameDomain(parts.netloc, one.host)',
    becomes: 'one._tag === "Subdomains" && isSameDomain(parts.netloc, one.host)',
    beyondLaws: "a setting: the laws have one origin; vectors of Django"
  },
  {
    name: "a domain without a dot allows its subdomains",
    was: '(wanted.startsWith(".") && (host.endsWith(wanted) || host === wanted.slice(1)))',
    becomes: "host.endsWith(wanted) || host === wanted.slice(1)",
    beyondLaws: "a setting: the laws have one host; vectors of Django"
  },
  {
    name: "X-Forwarded-Host is used without the setting",
    was: '(settings.useForwardedHost ? header(head, "x-forwarded-host") : undefined)',
    becomes: 'header(head, "x-forwarded-host")',
    beyondLaws: "headers of a proxy: the laws have no proxy; vectors of Django"
  },
  {
    name: "the second item of a proxy header counts",
    was: 'const [first = ""] = sent.split(",", 1)',
    becomes: 'const first = sent.split(",").at(-1) ?? ""',
    beyondLaws: "headers of a proxy: the laws have no proxy; vectors of Django"
  },
  {
    name: "a next URL is checked without replacing backslashes",
    was: 'isSafeAsWritten(url, allowedHosts, requireHttps) && isSafeAsWritten(url.replaceAll("\\\\", "/"), allowedHosts, requireHttps)',
    becomes: "isSafeAsWritten(url, allowedHosts, requireHttps)",
    beyondLaws: "Location is percent-encoded, so that no browser follows such a URL elsewhere; vectors of Django"
  },
  {
    name: "an https page may redirect to http",
    was: 'effective === "" || effective === "https" || (effective === "http" && !requireHttps)',
    becomes: 'effective === "" || effective === "https" || effective === "http"'
  },
  {
    name: "the returned next URL is not the one that was checked",
    was: "return hasClientRouter && !isSafeInParts(sent.location) ? undefined : sent.location",
    becomes: "return hasClientRouter && !isSafeInParts(sent.location) ? undefined : url",
    beyondLaws: "the URL differs only with a client router; tested in test/core/pages"
  },
  {
    name: "the first of two cookies counts",
    was: 'if (name !== "" || value !== "") cookies.set(name, unquoted(value))',
    becomes: 'if (!cookies.has(name) && (name !== "" || value !== "")) cookies.set(name, unquoted(value))',
    beyondLaws: "a wire format: vectors of Django"
  },
  {
    name: "a cookie value is not quoted",
    was: ': `"${value.replace(special, escaped)}"`',
    becomes: ": value.replace(special, escaped)",
    beyondLaws: "a wire format: vectors of Django"
  },
  {
    name: "any signature of the right length verifies",
    was: 'a.length === b.length && timingSafeEqual(Buffer.from(a, "utf16le"), Buffer.from(b, "utf16le"))',
    becomes: "a.length === b.length"
  },
  {
    name: "a text that was signed with a fallback key is not accepted",
    was: "const keyring = makeKeyring(`${salt}signer`, secrets)",
    becomes: "const keyring = makeKeyring(`${salt}signer`, { ...secrets, fallbacks: [] })"
  },
  {
    name: "a session over the size limit is written",
    was: "if (json.length > maximumBytes) throw new SessionTooLarge(maximumBytes)",
    becomes: "",
    beyondLaws: "a limit of the codec, which the explorer replaces; tested in test/core/session"
  },
  {
    name: "a body is deflated although that makes it longer",
    was: "return deflated.length < bytes.length - 1 ?",
    becomes: "return deflated.length < bytes.length + 100 ?",
    beyondLaws: "a wire format: vectors of Django"
  },
  {
    name: "a reset token never expires",
    was: "if (stamp === undefined || secondsOf(time) - stamp > timeoutSeconds) return false",
    becomes: "if (stamp === undefined) return false"
  },
  {
    name: "a reset token stays valid after a login",
    was: '=> id + password + lastLogin + stamp + (email ?? "")',
    becomes: '=> id + password + stamp + (email ?? "")'
  },
  {
    name: "a reset token stays valid after a change of the password",
    was: '=> id + password + lastLogin + stamp + (email ?? "")',
    becomes: '=> id + lastLogin + stamp + (email ?? "")'
  },
  {
    name: "an inactive superuser has every permission",
    was: "isHeld(grants) && grants.isSuperuser",
    becomes: 'grants !== undefined && grants !== "Denied" && grants.isSuperuser'
  },
  {
    name: "a denial is overruled by a later backend",
    was: 'if (verdict !== "Declined") return decided(verdict === "Granted")',
    becomes: 'if (verdict === "Granted") return decided(true)',
    beyondLaws: "a decision without a session; tested in test/core/permissions"
  },
  {
    name: "grants count for an object",
    was: "? !question.isAboutObject && sets.some((set) => set.has(question.permission))",
    becomes: "? sets.some((set) => set.has(question.permission))",
    beyondLaws: "a decision without a session; tested in test/core/permissions"
  },
  {
    name: "a user without the permission is redirected to the login page",
    was: '(refusal === "LoginOrForbid" && user._tag === "Authenticated")',
    becomes: '(refusal === "LoginOrForbid" && user._tag !== "Authenticated")',
    beyondLaws: "a decision without a session; tested in test/core/pages"
  },
  {
    name: "a page of another host counts as the login page",
    was: 'login.scheme !== "" || login.netloc !== "" || login.query !== ""',
    becomes: 'login.scheme !== "" || login.query !== ""',
    beyondLaws: "a decision without a session; tested in test/core/pages"
  },
  {
    name: "a remote user stays logged in without the header",
    was: 'return isRemote && !persistent ? { _tag: "Logout" } : { _tag: "Keep" }',
    becomes: 'return { _tag: "Keep" }',
    beyondLaws: "a decision on a header that a proxy sets; tested in test/core/auth"
  },
  {
    name: "a remote user gets another user's session without a logout",
    was: 'return { _tag: "Authenticate", remoteUser, logoutFirst: isRemote }',
    becomes: 'return { _tag: "Authenticate", remoteUser, logoutFirst: false }',
    beyondLaws: "a decision on a header that a proxy sets; tested in test/core/auth"
  },
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
    was: "const copy = new RequestScope(this.head, this.request, this.session, this)",
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
    name: "a method override switches the CSRF check off",
    was: "isSafe(method) && isSafe(rewrittenMethod)",
    becomes: "isSafe(rewrittenMethod)",
    beyondLaws: "a header that only Fetch frameworks read; tested in test/core/csrf"
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
    was: "headersOfAll(afterGuards(scope, status, () => decide(services, scope, status)))",
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
    was: "return Effect.map(performAll(services, copy, effects), () => copy.adopt(Logout.logout(copy.request, copy.session)) )",
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
    name: "scripts of a page can read the session cookie unless a setting forbids it",
    was: 'cookieSettings("sessionid", true, options.sessionCookie)',
    becomes: 'cookieSettings("sessionid", false, options.sessionCookie)'
  },
  {
    name: "the core signs with an empty secret key",
    was: 'if (secret === undefined || secret === "") throw',
    becomes: "if (secret === undefined) throw",
    beyondLaws: "a setting that is refused when the site is made; tested in test/core/auth"
  },
  {
    name: "the core accepts what an empty fallback key signed",
    was: 'if (fallbacks.includes("")) throw',
    becomes: "if (false) throw",
    beyondLaws: "a setting that is refused when the site is made; tested in test/core/auth"
  },
  {
    name: "a session that cannot be read is a defect",
    was: 'cause instanceof SessionUnreadable ? Effect.fail(new StoreUnavailable({ operation: "read a session", cause })) : Effect.die(cause)',
    becomes: "Effect.die(cause)"
  },
  {
    name: "the warnings and announcements of an operation are not performed",
    was: "if (commands !== undefined) yield* commands",
    becomes: ""
  },
  {
    name: "a retry compares with an older text than the last one",
    was: "return { ...answer, text: taken.stored ?? answer.text }",
    becomes: "return answer"
  },
  {
    name: "a renewal does not forward a logout",
    was: "...(keepsUser(settings, session) ? { forwards: true } : {})",
    becomes: ""
  },
  {
    name: "a renewal forwards a logout to the session of another user",
    was: "...(keepsUser(settings, session) ? { forwards: true } : {})",
    becomes: "forwards: true"
  },
  {
    name: "a logout does not follow a renewal",
    was: 'if (session.base._tag === "Flushed" && session.base.endsRenewals) return { ...session, storedKey: to }',
    becomes: ""
  },
  {
    name: "a logout that finds no row does not look for a renewal",
    was: 'const ended = storedKey ?? (base._tag === "Absent" ? base.presented : undefined)',
    becomes: "const ended = storedKey"
  },
  {
    name: "a wrong session auth hash ends a session that another request has renewed",
    was: "return asAnonymous(request, SessionValue.discard(session))",
    becomes: "return asAnonymous(request, SessionValue.flush(session))"
  },
  {
    name: "a login ends a session that another request has renewed",
    was: "principal)) return Session.discard(session)\n",
    becomes: "principal)) return Session.flush(session)\n"
  },
  {
    name: "a login after a logout does not end renewed sessions",
    was: 'session.base._tag === "Flushed" ? session.base : { _tag: "Flushed" }',
    becomes: '{ _tag: "Flushed" }'
  },
  {
    name: "a session that must not be stored without its row is stored beside the renewed one",
    was: 'return session.ifGone === "Insert" ? detached(session) : undefined',
    becomes: "return detached(session)",
    beyondLaws: "such a session was proven by a login, so no law forbids it; tested in test/core/session"
  },
  {
    name: "a session that cannot be read is kept although the store says that it must be replaced",
    was: "settings.codec.replacesUnreadable ? SessionValue.modified(corrupt) : corrupt",
    becomes: "corrupt",
    beyondLaws: "only of sessions in cookies, which have no rows; tested in test/core/session"
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
    name: "an address that differs only for a database finds a user",
    was: "row.email !== null && isSameAddress(row.email, email)",
    becomes: "row.email !== null"
  },
  {
    name: "a change of unknown names counts as made",
    was: "if (answer.unknown.length > 0) return yield* unknown(of, answer.unknown, yield* existing(store, of))",
    becomes: ""
  },
  {
    name: "a session with a new key is not ended",
    was: 'return answer._tag === "Moved" ? end(services, answer.to) : Effect.void',
    becomes: "return Effect.void"
  },
  {
    name: "ending the other sessions ends this one, if it has a new key",
    was: "key === current.key || record.id === current.record.id",
    becomes: "key === current.key"
  },
  {
    name: "the link of a new account is accepted with every password",
    was: "if (!(yield* isRight(attempt, password, chosen.password))) return",
    becomes: "yield* isRight(attempt, password, chosen.password); if (false) return"
  },
  {
    name: "a taken user name does not keep a visitor from signing up",
    was: 'if (named !== undefined && !rows.some(({ id }) => id === named.id)) return { _tag: "UsernameTaken" } as const',
    becomes: ""
  },
  {
    name: "an account that was never used does not keep a visitor from signing up with its name",
    was: "rows.filter((row) => isConfirmed(row) || row.id === named?.id)",
    becomes: "rows.filter((row) => isConfirmed(row))"
  },
  {
    name: "the link of a new account is accepted although its address was confirmed by another account",
    was: "if ((yield* withAddress(chosen.email, options)).some(isConfirmed)) return invalid",
    becomes: ""
  },
  {
    name: "the page of a link shows its form although an account has the user name",
    was: "(yield* store.findByUsername(chosen.username)) === undefined ? chosen.email : undefined",
    becomes: "chosen.email"
  },
  {
    name: "the link of a new account does not expire",
    was: "return seconds(now) - madeAt > timeoutSeconds ? undefined : { username, email, password }",
    becomes: "return { username, email, password }"
  },
  {
    name: "the address changes to one that another account has",
    was: "if (others.length > 0 || (isUsername && username === undefined)) return invalid",
    becomes: "if (isUsername && username === undefined) return invalid"
  },
  {
    name: "an idle session ends a moment late",
    was: 'return now >= ends.idleAt ? "Idle" : undefined',
    becomes: 'return now > ends.idleAt ? "Idle" : undefined',
    beyondLaws:
      "the row of the session ends at the same instant; test/adapters/request/lifetime.test.ts has a row that a Django site has extended"
  },
  {
    name: "the absolute lifetime counts from the last use",
    was: "absoluteAt: after(record?.at ?? now, absoluteSeconds)",
    becomes: "absoluteAt: after(seenAt(data) ?? now, absoluteSeconds)"
  },
  {
    name: "a request that only reads does not renew the idle lifetime",
    was: "return seen === undefined || (hasIdle(settings) && Math.abs(now - seen) >= settings.renewalSeconds * 1000)",
    becomes: "return seen === undefined"
  },
  {
    name: "the record of a login counts for another user",
    was: "if (!isSameId(String(Json.read(id)), user)) return undefined",
    becomes: ""
  },
  {
    name: "a login is recent for a moment longer",
    was: "record?.proof !== undefined && Math.abs(now - record.at) < seconds * 1000",
    becomes: "record?.proof !== undefined && Math.abs(now - record.at) <= seconds * 1000"
  },
  {
    name: "a login in the far future is recent",
    was: "record?.proof !== undefined && Math.abs(now - record.at) < seconds * 1000",
    becomes: "record?.proof !== undefined && now - record.at < seconds * 1000"
  },
  {
    name: "a login that was not seen is a proof",
    was: "record?.proof !== undefined && Math.abs(now - record.at) < seconds * 1000",
    becomes: "record !== undefined && Math.abs(now - record.at) < seconds * 1000"
  },
  {
    name: "a page that needs a recent login opens for every user",
    was: "return isRecent ? allowed : toLogin({ ...settings, loginUrl: reauthenticationUrl }, head)",
    becomes: "return allowed"
  },
  {
    name: "a user whose login is not recent is sent to the login page",
    was: "return isRecent ? allowed : toLogin({ ...settings, loginUrl: reauthenticationUrl }, head)",
    becomes: "return isRecent ? allowed : toLogin(settings, head)",
    beyondLaws: "a law asks only whether the page opens; tested in test/core/pages"
  },
  {
    name: "an anonymous visitor is sent to the page that asks for the password again",
    was: 'if (user._tag === "Anonymous") return toLogin(settings, head)\n  return isRecent ? allowed : toLogin({ ...settings, loginUrl: reauthenticationUrl }, head)',
    becomes: "return isRecent ? allowed : toLogin({ ...settings, loginUrl: reauthenticationUrl }, head)",
    beyondLaws: "a law asks only whether the page opens; tested in test/core/pages"
  },
  {
    name: "a session with a device is open without a proof",
    was: 'return isWithinGrace(device.since) ? "Settling" : "Unproven"',
    becomes: 'return "Settling"'
  },
  {
    name: "the page beside a registration is closed",
    was: 'return isWithinGrace(device.since) ? "Settling" : "Unproven"',
    becomes: 'return "Unproven"'
  },
  {
    name: "a site that only observes closes sessions",
    was: 'if (mode === "observe") return false',
    becomes: ""
  },
  {
    name: "a link on a page of another site is not requested again",
    was: 'return shortCookie !== undefined || (site !== undefined && site !== "same-origin" && site !== "none")',
    becomes: "return shortCookie !== undefined"
  },
  {
    name: "a short cookie is a proof for another session",
    was: "return isId(named) && named === id && /^\\d{1,12}$/.test(expiry) && now <= Number(expiry) * 1000",
    becomes: "return isId(named) && /^\\d{1,12}$/.test(expiry) && now <= Number(expiry) * 1000"
  },
  {
    name: "a short cookie does not end",
    was: "return isId(named) && named === id && /^\\d{1,12}$/.test(expiry) && now <= Number(expiry) * 1000",
    becomes: "return isId(named) && named === id && /^\\d{1,12}$/.test(expiry)"
  },
  {
    name: "a challenge for a registration is good for a refresh",
    was: "made === purpose && named === id",
    becomes: "named === id"
  },
  {
    name: "a challenge is good for another session",
    was: "made === purpose && named === id",
    becomes: "made === purpose"
  },
  {
    name: "an old challenge is good",
    was: "&& Math.abs(now - Number.parseInt(at, 36)) <= challengeSeconds * 1000",
    becomes: ""
  },
  {
    name: "a refresh beside a new key ends the bound session",
    was: 'if (session._tag === "Gone") return answering(unavailable)\n  const device',
    becomes: "const device"
  },
  {
    name: "a second registration replaces the device",
    was: 'if (session._tag !== "OfUser" || session.binding === undefined || session.binding.device !== undefined)',
    becomes: 'if (session._tag !== "OfUser" || session.binding === undefined)'
  },
  {
    name: "a wrong proof gives a short cookie",
    was: "ifWrong: refused(401)",
    becomes: "ifWrong: renewed(settings, basePath, id, now)"
  },
  {
    name: "a registration that a new key has overtaken is not offered again",
    was: "if (hasNewKey && setsCookie) return isInTime",
    becomes: ""
  },
  {
    name: "a device registers long after the login",
    was: 'if (!isInTime || !Challenge.isValid(settings, "register", binding.id, proof.challenge, now))',
    becomes: 'if (!Challenge.isValid(settings, "register", binding.id, proof.challenge, now))'
  },
  {
    name: "a page of another subdomain passes without a token",
    was: 'if (site === "same-site" || site === "cross-site") return foreign(site, origin)',
    becomes: 'if (site === "cross-site") return foreign(site, origin)'
  },
  {
    name: "a page on a host that is not allowed passes without a token",
    was: 'return hasAllowedHost(settings.http, head) ? passed : { _tag: "Refused", reason: "Fetch metadata checking failed - the host is not allowed." }',
    becomes: "return passed",
    beyondLaws: "the laws send requests only to the site's own host; tested in test/core/csrf"
  },
  {
    name: "an Origin of null passes without a page of this site",
    was: 'if (origin !== undefined && !(site === "same-origin" && origin === "null")) return foreign(site, origin)',
    becomes: 'if (origin !== undefined && origin !== "null") return foreign(site, origin)'
  },
  {
    name: "a wait is over one millisecond late",
    was: "now < until && until - now <= longest(policy) * 1000",
    becomes: "now <= until && until - now <= longest(policy) * 1000"
  },
  {
    name: "attempts never wait",
    was: "now < until && until - now <= longest(policy) * 1000",
    becomes: "false"
  },
  {
    name: "an instant from before the clock was set back makes attempts wait",
    was: "now < until && until - now <= longest(policy) * 1000",
    becomes: "now < until"
  },
  {
    name: "an attempt that waits prolongs the wait",
    was: 'return { state: known, taken: { _tag: "Refused", until: known.until } }',
    becomes: 'return { state: { ...known, until: now + 2000 }, taken: { _tag: "Refused", until: known.until } }',
    beyondLaws: "the store in memory keeps no state of an attempt that it refuses; tested in test/core/throttle"
  },
  {
    name: "failures are not added up",
    was: "const failures = (known?.failures ?? 0) + 1",
    becomes: "const failures = 1"
  },
  {
    name: "failures are never forgotten",
    was: "state === undefined || isForgotten(state, now) ? undefined : state",
    becomes: "state"
  },
  {
    name: "waits do not grow",
    was: "delays[Math.min(failures, delays.length) - 1] ?? 0",
    becomes: "(failures < 3 ? 0 : 1) * (delays.at(-1) ?? 0)"
  },
  {
    name: "there is no wait after the last delay",
    was: "delays[Math.min(failures, delays.length) - 1] ?? 0",
    becomes: "delays[failures - 1] ?? 0"
  },
  {
    name: "one failure more is free",
    was: "Array<number>(Math.max(0, freeFailures - 1)).fill(0)",
    becomes: "Array<number>(freeFailures).fill(0)"
  },
  {
    name: "an attempt that is taken back stays counted",
    was: "return { ...state, failures: state.failures - 1, until: state.until === until ? 0 : state.until }",
    becomes: "return state",
    beyondLaws: "a network keeps one failure of each user; tested in test/core/throttle"
  },
  {
    name: "an attempt that is taken back ends the wait of a later one",
    was: "until: state.until === until ? 0 : state.until",
    becomes: "until: 0",
    beyondLaws: "no law takes an attempt back while a later one waits; tested in test/core/throttle"
  },
  {
    name: "all user names share one count",
    was: 'account: (username) => key("account", named(username))',
    becomes: 'account: () => key("account", "")'
  },
  {
    name: "all networks share one count",
    was: "{ kind: narrow, key: key(narrow, networkOf(address)) }",
    becomes: '{ kind: narrow, key: key(narrow, "") }'
  },
  {
    name: "an IPv6 address is counted only by its first 64 bits",
    was: "...(wideNetwork === undefined ? [] : [{ kind: wide, key: key(wide, wideNetwork) }])",
    becomes: "...[]"
  },
  {
    name: "the cookie of a known device is for every user",
    was: "const signed = (id: string, tag: string, account: string): string => `${id}.${tag}.${account}`",
    becomes: "const signed = (id: string, tag: string, _account: string): string => `${id}.${tag}`",
    beyondLaws: "the hash of the other user's password is refused too; tested in test/core/throttle"
  },
  {
    name: "the cookie of a known device does not expire",
    was: 'read._tag !== "Verified" || now >= read.signedAt + ageSeconds * 1000',
    becomes: 'read._tag !== "Verified"'
  },
  {
    name: "the cookie of a known device needs no signature",
    was: 'read._tag !== "Verified" || now >= read.signedAt + ageSeconds * 1000',
    becomes: 'read._tag === "Verified" && now >= read.signedAt + ageSeconds * 1000'
  },
  {
    name: "a known device outlives a change of the password",
    was: "passwords.some((hmac) => constantTimeEqual(passwordTag, hmac.base64url(encoded)))",
    becomes: "passwords.some(() => passwordTag !== encoded)"
  },
  {
    name: "a login resets the failures of its network",
    was: 'key === account ? { _tag: "Reset", key } : { _tag: "TakeBack", key, until }',
    becomes: '{ _tag: "Reset", key }'
  },
  {
    name: "a throttled attempt computes no hash",
    was: ": passwords.refuse(password, stored)",
    becomes: ": Effect.succeed({ correct: false, mustUpdate: false })"
  },
  {
    name: "an attempt is made while the throttle store is away",
    was: "fallbackStore === undefined ? by(store) : Effect.catch(by(store), () => by(fallbackStore))",
    becomes:
      'Effect.catch(by(store), () => Effect.succeed({ answers: asks.map(() => ({ _tag: "Taken", until: 0 })), store }))'
  },
  {
    name: "an attempt is allowed if one of its keys allows it",
    was: 'answers.length === asks.length && answers.every(({ _tag }) => _tag === "Taken")',
    becomes: 'answers.some(({ _tag }) => _tag === "Taken")'
  },
  {
    name: "a user who is logged in waits as logins do",
    was: '...(isLoggedIn || subject._tag === "Link" ? { proof: proofOf(services, subject) } : {}),',
    becomes: ""
  },
  {
    name: "a throttled proof of another kind than a password is accepted",
    was: "attempt.isRefused ? undefined : found",
    becomes: "found"
  },
  {
    name: "a request for a mail is always allowed",
    was: "({ answers }) => isAccepted(asks, answers) )",
    becomes: "() => true )"
  }
]
