/** Faults in logins, accounts and permissions. */
import type { Mutant } from "../mutant.ts"

export const loginMutants: ReadonlyArray<Mutant> = [
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
    was: "(backend === undefined || isSameRealm(settings, backend, principal.backend)) &&",
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
    was: 'id: Data.stringIn(data, "_auth_user_id") ?? integer(data, "_auth_user_id")',
    becomes: 'id: Data.stringIn(data, "_auth_user_id")'
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
    was: "isActive || settings.allowInactive",
    becomes: "true"
  },
  {
    name: "the right password of an inactive user costs other work than a wrong one",
    was: "mayPass: mayLogIn(settings, answer)",
    becomes: "mayPass: true",
    beyondLaws:
      "only an outdated hash makes a difference, and the laws cannot store one; tested in test/core/auth/login and test/adapters/password"
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
    becomes: 'if (verdict === "Granted") return decided(true)'
  },
  {
    name: "grants count for an object",
    was: "? !question.isAboutObject && sets.some((set) => set.has(question.permission))",
    becomes: "? sets.some((set) => set.has(question.permission))"
  },
  {
    name: "a remote user stays logged in without the header",
    was: 'return isRemote && !persistent ? { _tag: "Logout" } : { _tag: "Keep" }',
    becomes: 'return { _tag: "Keep" }'
  },
  {
    name: "a remote user gets another user's session without a logout",
    was: 'return { _tag: "Authenticate", remoteUser, logoutFirst: isRemote }',
    becomes: 'return { _tag: "Authenticate", remoteUser, logoutFirst: false }'
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
    was: 'return answer._tag === "Moved" ? endSession(services, answer.to) : Effect.void',
    becomes: "return Effect.void"
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
  }
]
