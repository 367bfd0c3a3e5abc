/** Faults in stores, in what needs a free address or counts failures, and in the keys that a session keeps. */
import type { Mutant } from "../mutant.ts"

export const storeMutants: ReadonlyArray<Mutant> = [
  {
    name: "memory: an account that was not confirmed holds its address",
    was: "(user.isActive || user.lastLoginAt !== undefined)",
    becomes: "true"
  },
  {
    name: "memory: the address of a user is taken for the user",
    was: "String(user.id) !== except && isSameAddress(user.email, email)",
    becomes: "isSameAddress(user.email, email)"
  },
  {
    name: "memory: a new user does not need a free address",
    was: "if (requiresFreeAddress === true && isTaken(fields.email)) return undefined",
    becomes: ""
  },
  {
    name: "memory: a new address does not need to be free",
    was: "if (requiresFreeAddress === true && isTaken(email, id)) return false",
    becomes: ""
  },
  {
    name: "PostgreSQL: changes of one address do not wait for each other",
    was: "await lock(address)(transaction)",
    becomes: "",
    tests: ["test/adapters/store/postgres/stores.test.ts"]
  },
  {
    name: "PostgreSQL: an address that a user has counts as free",
    was: "return count > 0 ? noRows : change(transaction)",
    becomes: "return change(transaction)",
    tests: ["test/adapters/store/postgres/stores.test.ts"]
  },
  {
    name: "PostgreSQL: only a user who is active and has logged in holds an address",
    was: 'confirmed.join(" OR ")',
    becomes: 'confirmed.join(" AND ")',
    tests: ["test/adapters/store/postgres/stores.test.ts"]
  },
  {
    name: "PostgreSQL: an address in another case counts as free",
    was: "UPPER(u.${email}::text) = UPPER(?::text) AND LOWER(u.${email}::text) = LOWER(?::text)",
    becomes: "u.${email}::text = ?::text AND u.${email}::text = ?::text",
    tests: ["test/adapters/store/postgres/stores.test.ts"]
  },
  {
    name: "PostgreSQL: the address of a user is taken for the user",
    was: "except === undefined ? all(address, address) : others(address, address, except)",
    becomes: "all(address, address)",
    tests: ["test/adapters/store/postgres/stores.test.ts"]
  },
  {
    name: "session.set writes the keys that only latchkey writes",
    was: 'typeof key === "string" && key.startsWith("_latchkey_")',
    becomes: "false"
  },
  {
    name: "session.set writes the keys of a login",
    was: 'isOwnKey(key) || key.startsWith("_auth_user_") || key === Expiry.sessionDataKey',
    becomes: "isOwnKey(key) || key === Expiry.sessionDataKey"
  },
  {
    name: "session.set writes the expiry of a session",
    was: 'isOwnKey(key) || key.startsWith("_auth_user_") || key === Expiry.sessionDataKey',
    becomes: 'isOwnKey(key) || key.startsWith("_auth_user_")'
  },
  {
    name: "session.update looks only at the first key",
    was: "for (const key of keys) if (isKept(key)) return Effect.fail(invalid(key, keptBy(key)))",
    becomes: "for (const key of [...keys].slice(0, 1)) if (isKept(key)) return Effect.fail(invalid(key, keptBy(key)))"
  },
  {
    name: "memory: an attempt that one key refuses is counted for the next one",
    was: 'if (taken._tag === "Refused") break',
    becomes: 'if (taken._tag === "Refused") continue'
  },
  {
    name: "memory: a key that makes attempts wait is forgotten first",
    was: "free.size > 0 ? free.keys() : delaying.keys()",
    becomes: "delaying.size > 0 ? delaying.keys() : free.keys()"
  },
  {
    name: "memory: a success keeps the failures",
    was: 'change._tag === "Reset" ? undefined : takeBack(stateOf(change.key), change.until)',
    becomes: "takeBack(stateOf(change.key), change.until)"
  },
  {
    name: "PostgreSQL: a connection that became silent says nothing about the others",
    was: "if (why === silent) suspectAllUnheardSince(quietSince)",
    becomes: "",
    tests: ["test/adapters/store/postgres/connection/client.test.ts"]
  },
  {
    name: "PostgreSQL: other statements may hold all connections",
    was: "held < settings.max - 1",
    becomes: "held < settings.max",
    tests: ["test/adapters/store/postgres/connection/client.test.ts"]
  },
  {
    name: "PostgreSQL: a logout may not use the connection that is kept",
    was: 'client.run(remove, "urgent")',
    becomes: 'client.run(remove, "repeatable")',
    tests: ["test/adapters/store/postgres/connection/client.test.ts"]
  },
  {
    name: "PostgreSQL: a connection that became silent ends those that have answered since",
    was: "if (other.heardAt() > instant) continue",
    becomes: "",
    tests: ["test/adapters/store/postgres/connection/client.test.ts"]
  },
  {
    name: "PostgreSQL: a connection that became silent ends the statements of the others",
    was: "if (other.waiting() > 0) { retire(other) continue }",
    becomes: "",
    tests: ["test/adapters/store/postgres/connection/client.test.ts"]
  },
  {
    name: "PostgreSQL: a connection with a waiting statement gets others, after another one became silent",
    was: "if (other.waiting() > 0) { retire(other) continue }",
    becomes: "if (other.waiting() > 0) continue",
    tests: ["test/adapters/store/postgres/connection/client.test.ts"]
  },
  {
    name: "PostgreSQL: behind a pooler, a statement is sent before the last one is answered",
    was: "last.then(() => (wanted.isWanted ? ask(statement, wanted) : Promise.reject(tooLate)))",
    becomes: "ask(statement, wanted)",
    tests: ["test/adapters/store/postgres/connection/client.test.ts"]
  },
  {
    name: "PostgreSQL: behind a pooler, the driver asks for the types of the parameters first",
    was: "return await inOneRoundTrip(statement(sql))",
    becomes: "return await statement(sql)",
    tests: ["test/adapters/store/postgres/connection/client.test.ts"]
  },
  {
    name: "PostgreSQL: a session write replaces what another request has written",
    was: "WHERE session_key = ? AND session_data = ? RETURNING session_key",
    becomes: "WHERE session_key = ? AND ?::text IS NOT NULL RETURNING session_key",
    tests: ["test/adapters/store/postgres/stores.test.ts"]
  },
  {
    name: "PostgreSQL: a session write that waited answers with the text from before",
    was: "WHERE session_key = ? FOR UPDATE) END AS session_data",
    becomes: "WHERE session_key = ?) END AS session_data",
    tests: ["test/adapters/store/postgres/sessions/sessions.test.ts"]
  },
  {
    name: "PostgreSQL: an attempt that waited for a row does not look again whether it has to wait",
    was: "LATERAL (SELECT ${waits} AS waits) w",
    becomes: "LATERAL (SELECT false AS waits) w",
    tests: ["test/adapters/store/postgres/throttle/throttle.test.ts"]
  },
  {
    name: "PostgreSQL: an attempt that one key refuses is counted for the next one",
    was: 'at === 0 ? "" : `AND EXISTS (SELECT FROM took${at - 1} WHERE taken)`',
    becomes: '""',
    tests: ["test/adapters/store/postgres/throttle/throttle.test.ts"]
  },
  {
    name: "PostgreSQL: an attempt that is taken back keeps its wait",
    was: "CASE WHEN t.waits_until = old.until THEN 'epoch' ELSE t.waits_until END",
    becomes: "t.waits_until",
    tests: ["test/adapters/store/postgres/throttle/throttle.test.ts"]
  },
  {
    name: "PostgreSQL: forgotten failures count on",
    was: "CASE WHEN t.forgotten_at > n.at THEN t.failures + 1 ELSE 1 END",
    becomes: "t.failures + 1",
    tests: ["test/adapters/store/postgres/throttle/throttle.test.ts"]
  },
  {
    name: "PostgreSQL: an instant from before the clock was set back makes attempts wait",
    was: "AND t.waits_until - n.at <= make_interval(secs => coalesce(a.delays[cardinality(a.delays)], 0)))",
    becomes: ")",
    tests: ["test/adapters/store/postgres/throttle/throttle.test.ts"]
  },
  {
    name: "Redis: an instant from before the clock was set back makes attempts wait",
    was: "if ends > now and ends - now <= (delays[#delays] or 0) then",
    becomes: "if ends > now then",
    tests: ["test/adapters/store/redis/throttle.test.ts"]
  },
  {
    name: "Redis: an attempt that one key refuses is counted for the next one",
    was: "answers[i] = {0, ends} return answers",
    becomes: "answers[i] = {0, ends}",
    tests: ["test/adapters/store/redis/throttle.test.ts"]
  },
  {
    name: "Redis: an attempt that is taken back keeps its wait",
    was: "if ends == tonumber(ARGV[i]) then ends = 0 end",
    becomes: "",
    tests: ["test/adapters/store/redis/throttle.test.ts"]
  },
  {
    name: "Redis: a success keeps the failures",
    was: "if ARGV[i] == '' or not failures or failures <= 1",
    becomes: "if not failures or failures <= 1",
    tests: ["test/adapters/store/redis/throttle.test.ts"]
  },
  {
    name: "PostgreSQL: a statement takes as long as it may alone, not the rest of its request",
    was: "const since = now - Math.max(0, settings.operationDeadlineSeconds * 1000 - rest)",
    becomes: "const since = now",
    tests: ["test/adapters/store/request-deadline.test.ts"]
  },
  {
    name: "PostgreSQL: a statement starts after the deadline of its request",
    was: "if (rest <= 0) throw tooLate // With less time left",
    becomes: "// With less time left",
    tests: ["test/adapters/store/request-deadline.test.ts"]
  },
  {
    name: "a read that is answered with others takes as long as they do, not the rest of its request",
    was: "rest < milliseconds ? giveUpAfter(rest, giveUp) : undefined",
    becomes: "rest < 0 ? giveUpAfter(rest, giveUp) : undefined"
  },
  {
    name: "PostgreSQL: behind a pooler, a write is sent after its caller was told that it is too late",
    was: "wanted.isWanted ? ask(statement, wanted) : Promise.reject(tooLate)",
    becomes: "(wanted.isWanted, ask(statement, wanted))",
    tests: ["test/adapters/store/postgres/connection/client.test.ts"]
  },
  {
    name: "Redis: a command takes as long as it may alone, not the rest of its request",
    was: "return rest >= patience ? answer : notAfter(rest, answer)",
    becomes: "return answer",
    tests: ["test/adapters/store/request-deadline.test.ts"]
  },
  {
    name: "Redis: a command is sent after the deadline of its request, when the connection is made",
    was: "await notAfter(until - performance.now(), ready).catch((cause) => { throw neverSent(fromCause(cause)) }) if (performance.now() >= until) throw tooLate",
    becomes: "await ready.catch((cause) => { throw neverSent(fromCause(cause)) })",
    tests: ["test/adapters/store/request-deadline.test.ts"]
  },
  {
    name: "Redis: a call of the store starts after the deadline of its request",
    was: "if (rest <= 0) throw tooLate return run(new LimitedServers(servers, now + rest))",
    becomes: "return run(new LimitedServers(servers, now + Math.max(rest, 60_000)))",
    tests: ["test/adapters/store/request-deadline.test.ts"]
  }
]
