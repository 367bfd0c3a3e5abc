/** Faults in sessions and their data. */
import type { Mutant } from "../mutant.ts"

export const sessionMutants: ReadonlyArray<Mutant> = [
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
    was: "const after = Data.copyOf(operations.some((operation) => isOtherUsersLogin(data, operation)) ? Data.empty : data)",
    becomes: "const after = Data.copyOf(data)"
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
    was: "putAscii(data, key, writtenInAscii(inAscii(value)))",
    becomes: "putAscii(data, key, writtenInAscii(value))",
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
    becomes: "if (others === undefined) return"
  },
  {
    name: "stored JSON: white space after a value is lost when the value is set",
    was: "text: text.slice(0, start) + value + text.slice(end)",
    becomes: "text: text.slice(0, start) + value"
  },
  {
    name: "a login stores no backend",
    was: 'Data.putAscii(data, "_auth_user_backend", operation.backend)',
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
    name: "a session over the size limit is written",
    was: "if (json.length > maximumBytes) throw new SessionTooLarge(maximumBytes)",
    becomes: ""
  },
  {
    name: "a body is deflated although that makes it longer",
    was: "return deflated.length < bytes.length - 1 ?",
    becomes: "return deflated.length < bytes.length + 100 ?",
    beyondLaws: "a wire format: vectors of Django"
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
    was: "if (isFlushed(session)) return { ...session, storedKey: to }",
    becomes: ""
  },
  {
    name: "a logout that finds no row does not look for a renewal",
    was: 'const ended = storedKey ?? (base._tag === "Absent" ? base.presented : undefined)',
    becomes: "const ended = storedKey"
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
    name: "an idle session ends a moment late",
    was: 'return now >= ends.idleAt ? "Idle" : undefined',
    becomes: 'return now > ends.idleAt ? "Idle" : undefined',
    beyondLaws:
      "the row of the session ends at the same instant; test/adapters/request/session/lifetime.test.ts has a row that a Django site has extended"
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
  }
]
