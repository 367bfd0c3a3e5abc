/**
 * What a site has to do when its store fails, for each operation and each kind of fault, and the tests that show it. A
 * row that is missing does not compile. `fault-table.test.ts` fails if a named test does not exist.
 */

/** The faults that can strike an operation. */
interface Faults {
  readonly load:
    | "no answer"
    | "no connection"
    | "all connections in use"
    | "error in a statement"
    | "lost answer"
    | "slow answer"
    | "corrupt session"
    | "stale replica"
    | "failover"
    | "killed process"
  readonly create:
    | "no answer or no connection"
    | "error in a statement"
    | "lost answer"
    | "key in use"
    | "slow answer"
    | "no space, or read-only"
    | "failover"
    | "killed process"
  readonly save:
    | "no answer"
    | "deleted meanwhile"
    | "error in a statement"
    | "lost answer"
    | "sent twice by the driver"
    | "data that cannot be stored"
    | "slow answer"
    | "head already sent"
  readonly delete:
    | "no answer or no connection"
    | "lost answer"
    | "already deleted"
    | "cache in front"
    | "failover after the answer"
    | "killed process"
    | "failing handler"
  readonly endOthers:
    | "no answer or no connection"
    | "lost answer"
    | "slow answer"
    | "connections held by others"
    | "no space, or read-only"
    | "cache in front"
    | "fault between two sessions"
    | "failover"
  readonly renew:
    | "PostgreSQL"
    | "Redis"
    | "Redis Cluster"
    | "files"
    | "old key not deleted"
    | "password stored, session not"
    | "signed cookies"
  readonly servers:
    | "refused connections"
    | "silence"
    | "late execution"
    | "lost acknowledgement"
    | "ended connection"
    | "statement or lock timeout"
    | "connections closed while idle"
    | "no connection left"
    | "connections held by others"
    | "read-only"
    | "crash"
    | "restart"
    | "full disk"
    | "full memory"
    | "replica behind"
    | "failover that loses a commit"
    | "slow network"
    | "corrupt row"
    | "killed between two steps"
    | "node of a cluster killed"
    | "node of a cluster suspended"
    | "former primary that goes on"
}

export interface Shown {
  readonly file: string
  /** The title of the test, as its source has it; `*` is a value that the source puts in. */
  readonly name: string
}

export interface FaultRow {
  /** What the site does, in one or two sentences. */
  readonly must: string
  readonly tests: readonly [Shown, ...ReadonlyArray<Shown>]
  /** What is not done, or not shown by a test. */
  readonly gap?: string
}

export type FaultTable = {
  readonly [Operation in keyof Faults]: Readonly<Record<Faults[Operation], FaultRow>>
}

export const titles: Readonly<Record<keyof Faults, string>> = {
  load: "Reading a session",
  create: "A login, or the first write of a session",
  save: "Writing a session",
  delete: "A logout",
  endOthers: "Ending all other sessions of a user",
  renew: "A new key for a session: login, new password",
  servers: "What the servers and the network were made to do"
}

const inFile =
  (file: string) =>
  (name: string): Shown => ({ file, name })
const pg = inFile("test/faults/postgres.test.ts")
const redis = inFile("test/faults/redis.test.ts")
const cachedDb = inFile("test/faults/cached-db.test.ts")
const redisDisk = inFile("test/faults/redis-disk.test.ts")
const fullDisk = inFile("test/faults/full-disk.test.ts")
const standby = inFile("test/faults/postgres-failover.test.ts")
const cluster = inFile("test/faults/redis-cluster.test.ts")
const clusterFailover = inFile("test/faults/redis-failover.test.ts")
const files = inFile("test/faults/file-errors.test.ts")
const sent = inFile("test/faults/sent-response.test.ts")
const ended = inFile("test/faults/ended-statements.test.ts")
const kills = inFile("test/faults/kills/kills.test.ts")
const killedMove = inFile("test/faults/kills/killed-move.test.ts")
const planted = inFile("test/faults/planted.test.ts")
const client = inFile("test/adapters/store/postgres/connection/client.test.ts")
const address = inFile("test/adapters/store/postgres/connection/failover.test.ts")
const sqlstate = inFile("test/adapters/store/postgres/connection/sqlstate.test.ts")
const rows = inFile("test/adapters/store/postgres/sessions/sessions.test.ts")
const redisStore = inFile("test/adapters/store/redis/faults.test.ts")
const redisSessions = inFile("test/adapters/store/redis/sessions.test.ts")
const clusterStore = inFile("test/adapters/store/redis/cluster.test.ts")
const cached = inFile("test/adapters/store/cached-db/sessions.test.ts")
const contract = inFile("test/adapters/store/session-store-contract.ts")
const storeTime = inFile("test/adapters/request/scope/store-time.test.ts")
const failedLogouts = inFile("test/adapters/request/session/failed-logouts.test.ts")
const outages = inFile("test/adapters/http/contract/outages.ts")
const failures = inFile("test/adapters/http/contract/failures.ts")
const responses = inFile("test/adapters/http/contract/responses.ts")
const commit = inFile("test/core/session/writing/commit.test.ts")
const loading = inFile("test/core/session/writing/load-session.test.ts")
const hostileRows = inFile("test/full-stack/hostile-rows.ts")
const signed = inFile("test/adapters/store/signed-cookies/sessions.test.ts")

const silence = "delivers requests, and no answers"
const refused = "refuses connections"
const cut = "loses the next answer of each connection"
const slow = "is slow, but not too slow"
const lostCommit = "loses the acknowledgement"

export const faultTable: FaultTable = {
  load: {
    "no answer": {
      must: "The answer is 503 at the deadline. The connection is closed, and no cookie changes.",
      tests: [pg(silence), redis(silence), pg("is suspended (SIGSTOP)"), redis("is suspended (SIGSTOP)")]
    },
    "no connection": {
      must: "The answer is 503 before the deadline. A page that reads no session is served as ever.",
      tests: [
        pg(refused),
        redis(refused),
        client("fails before the deadline while connections are refused, and works again afterwards"),
        client("opens few connections to a server that closes each of them"),
        outages("an outage does not affect a handler that reads nothing")
      ]
    },
    "all connections in use": {
      must: "If the server accepts no more connections, a request waits for one until the deadline, and then it is answered with 503. If other statements of the site hold its connections, one is kept for short reads, logouts and health checks that read: they are answered. Not if the option max is 1, as for an embedded PGlite.",
      tests: [
        pg("has no connection left"),
        pg("has all connections of the site but one held by other statements"),
        client("keeps a connection for reads and logouts while other statements hold the rest")
      ]
    },
    "error in a statement": {
      must: "A read whose connection ends is sent again on a new one; otherwise the answer is 503.",
      tests: [
        pg("ends the connection of each statement that runs"),
        ended("a read is sent again, and finds the user"),
        redis("has ended all connections")
      ]
    },
    "lost answer": {
      must: "The read is sent once more on a new connection. No request gets the answer to the query of another one.",
      tests: [
        pg(cut),
        redis(cut),
        client("never answers with another session while connections break again and again"),
        redisStore("gives each caller the answer to its own query after other callers have timed out")
      ]
    },
    "slow answer": {
      must: "The answer is used if it comes before the deadline.",
      tests: [
        pg(slow),
        redis(slow),
        client("waits for a slow network within the deadline"),
        redisStore("waits for a slow answer within the deadline")
      ]
    },
    "corrupt session": {
      must: "The visitor is anonymous, the event is logged, and the text is never used. The row stays as it is until a request writes, and the visitor keeps the key, as in Django.",
      tests: [
        inFile("test/core/auth/request/get-user.test.ts")(
          "keeps the key of a session whose text is corrupt, and logs a warning"
        ),
        loading("treats a text signed with another secret as an empty session, and reports it"),
        redisSessions("cannot be read from a Redis list, which can be overwritten, moved and deleted"),
        inFile("test/core/session/text/codec.test.ts")("never throws, for any text")
      ]
    },
    "stale replica": {
      must: "Sessions are read from the primary. After a standby has refused a write, reads too get new connections.",
      tests: [
        address("gets new connections for reads, too, after the standby refused a write, because its data may be stale")
      ],
      gap: "There is no option to read sessions from a replica: [Scaling](scaling.md#read-replicas) says why."
    },
    failover: {
      must: "The answer is 503 while the address leads to no server. A standby of PostgreSQL or a replica of Redis answers reads before it is promoted. A cluster of Redis answers them once it has elected the replica; until then the answer is 503. The first request after the failover succeeds.",
      tests: [
        standby("loses nothing and revives nothing, there and back, if the standby is synchronous"),
        redis("was killed (kill -9), and its replica takes its place, and back"),
        cluster("no request is answered as anonymous while a replica is elected, and no session is lost"),
        clusterFailover("a process that sent nothing meanwhile succeeds with its first command")
      ]
    },
    "killed process": {
      must: "The request ends without an answer, and a read has changed nothing.",
      tests: [kills("with sessions in the engine %s: %i kills")]
    }
  },
  create: {
    "no answer or no connection": {
      must: "The answer is 503 without a cookie, and no login is announced as stored.",
      tests: [
        outages("a login during an outage is answered with 503, and no session is stored"),
        pg(refused),
        redis(refused),
        pg(silence),
        redis(silence)
      ]
    },
    "error in a statement": {
      must: "Nothing is stored, and the session from before is as it was.",
      tests: [pg("ends the connection in each statement"), ended("a write that may have been done is not sent again")]
    },
    "lost answer": {
      must: "The answer is 503. The session may have been stored, under a key that no client knows.",
      tests: [
        pg(lostCommit),
        redis(lostCommit),
        client("repeats a read whose connection was reset, and never a write")
      ],
      gap: "latchkey does not look whether the session was stored: the visitor logs in again."
    },
    "key in use": {
      must: "Another key is tried, at most three in all. The row that has the key is not changed.",
      tests: [
        commit("tries another key if one is taken, up to three keys, then ends without a cookie"),
        contract("does not change a row that already has the key"),
        contract("gives a key to exactly one of many parallel inserts")
      ]
    },
    "slow answer": { must: "As for reading.", tests: [pg(slow), redis(slow), pg("delivers after the deadline")] },
    "no space, or read-only": {
      must: "The answer is 503 without a cookie. What was stored before is read, and logouts succeed where they need no space.",
      tests: [
        fullDisk("reads succeed, and nothing is stored"),
        redisDisk("on its disk, with the sessions in it"),
        redisDisk("in its memory, with the sessions in it"),
        pg("is a standby"),
        redis("is a replica"),
        redis("lacks the replicas that it must write to"),
        files("%s fails or succeeds completely")
      ]
    },
    failover: {
      must: "The answer is 503. A command of a cluster that was never sent is sent to the new node.",
      tests: [
        pg("has become a standby"),
        address("accepts the first write when only old connections lead to the standby"),
        clusterFailover("a process that sent nothing meanwhile succeeds with its first command")
      ]
    },
    "killed process": {
      must: "No key that was known before acts as the user, and at most one new key does.",
      tests: [
        kills("with sessions in the engine %s: %i kills"),
        killedMove("before %s: there are %j, and %j after a logout")
      ]
    }
  },
  save: {
    "no answer": {
      must: "The answer is 503 instead of the handler's. The session is as before or as after the write.",
      tests: [
        pg(silence),
        redis(silence),
        outages("when the session cannot be stored, the answer is 503 instead of *"),
        rows("are unavailable when the lock is not released before the deadline, and are not changed")
      ]
    },
    "deleted meanwhile": {
      must: "The answer is 400, and the session stays deleted.",
      tests: [
        failures("when the session was deleted during the request, the answer is 400 instead of the handler's"),
        contract("inserts no row"),
        contract("is not undone by requests that had loaded the row before"),
        rows("are gone for a write that waited for their deletion")
      ]
    },
    "error in a statement": {
      must: "The answer is 503, never that the session was deleted.",
      tests: [
        sqlstate("of a conflict makes the client try again until the deadline, and no longer"),
        pg("ends the connection in each statement"),
        redisDisk("in its memory, with the sessions in it")
      ]
    },
    "lost answer": {
      must: "The answer is 503, and the write is not sent again. The session is as before or as after it.",
      tests: [
        pg(lostCommit),
        redis(lostCommit),
        pg("cuts off the acknowledgement"),
        redisStore("reports an outage when the answer to a write was lost, and never sends the write again")
      ]
    },
    "sent twice by the driver": {
      must: "Drivers send nothing twice by themselves, and a write changes only a session that exists.",
      tests: [
        redisStore("does not write a session back that was deleted before a late write arrived (was %s)"),
        redisStore("reports an outage, and does not send a write twice, when its connection was silently dropped")
      ]
    },
    "data that cannot be stored": {
      must: "Nothing is written. A value that cannot be stored is a 400, which names its key; a session that grows beyond `maximumSessionBytes` is a 413, which names none.",
      tests: [
        failures("a value that the session cannot store is answered with 400, which names the key and not the value"),
        failures("a session that grows beyond its limit is answered with 413, and is neither stored nor reported")
      ]
    },
    "slow answer": {
      must: "Of two requests that write at the same time, both changes are kept; only logins and logouts change who is logged in.",
      tests: [
        commit("merges its changes with those of a parallel write"),
        inFile("test/full-stack/concurrency.test.ts")("lose none of 64 keys written to one session"),
        inFile("test/adapters/request/session/session-access.test.ts")(
          "keeps the keys that say who is logged in, since when and how long, also from an object of a client"
        )
      ]
    },
    "head already sent": {
      must: "The session is stored before the first byte is sent. A later change is refused, a later outage is reported, and the server goes on.",
      tests: [
        responses("no byte of a stream is sent before the session is stored"),
        responses("a write to the session while a stream is sent is refused with HeadersAlreadySent"),
        sent("a handler that fails because of it is reported, and the client sees that the body is not complete"),
        sent("a handler that catches it sends the rest"),
        sent("a change of the session is refused without a query, and not written later")
      ]
    }
  },
  delete: {
    "no answer or no connection": {
      must: "It is tried again within the deadline. Then the answer is 503, and the cookie stays, so that the user can try again. The process remembers the key: no later request to it acts as the user, unless another process has given the session a new key at the same time, and the next one that reads the session deletes it, or is answered with 503 as long as that fails. Other processes accept the key until then. A process remembers the last 10,000 such keys, so a client that sends 10,000 logouts with other keys during the outage makes it forget them.",
      tests: [
        outages("a logout during an outage is answered with 503, and the cookie stays, so that the user can try again"),
        outages(
          "after a logout that was answered with 503, no request acts as the user, and the next one ends the session"
        ),
        failedLogouts("is carried out by the next request with the key: %s"),
        failedLogouts("is final for a request that has loaded the session before"),
        failedLogouts("ends it under the new key if the logout failed first"),
        failedLogouts("is known to every application of the process that has this session store"),
        failedLogouts("is remembered by this process, and ends the session for all others when it is carried out"),
        pg(silence),
        redis(silence),
        redisStore(
          "sends a read or a deletion once more, on a new connection, when its connection was silently dropped"
        )
      ]
    },
    "lost answer": {
      must: "It is sent again, and succeeds.",
      tests: [
        pg(lostCommit),
        redis(lostCommit),
        redisStore("answers reads and deletions without an error after a reset connection")
      ]
    },
    "already deleted": {
      must: "The logout succeeds.",
      tests: [contract("removes a row, and succeeds if there is none")]
    },
    "cache in front": {
      must: "The cache forgets the session first and remembers that it ended. If it cannot, the answer is 503 and the row stays.",
      tests: [
        cached("refuses to delete or move a session, because the cache could still return it"),
        cachedDb("the cache %s"),
        cachedDb("the database %s"),
        redisDisk("in its memory, as the cache of the sessions")
      ]
    },
    "failover after the answer": {
      must: "With a synchronous standby nothing is lost. With asynchronous replication the last logouts may be undone; a second one ends the session.",
      tests: [
        standby("acknowledges no logout that a synchronous standby does not have"),
        standby("may undo the last acknowledged logout if the standby is asynchronous"),
        cluster("may undo the last acknowledged logout if the replica does not have it")
      ]
    },
    "killed process": {
      must: "After an acknowledged logout the session is gone; after another one it is as before or gone.",
      tests: [kills("with sessions in the engine %s: %i kills")]
    },
    "failing handler": {
      must: "The user is logged out nevertheless. If the handler met an outage after the logout, no cookie changes, and the next request ends the session.",
      tests: [
        failures("a handler that logs out and throws * has logged out: the next request ends the session"),
        failures("a handler that logs out and answers 500 has logged out: its session and its cookie are deleted"),
        failures("a handler that logs out and throws has logged out: its session and its cookie are deleted")
      ]
    }
  },
  endOthers: {
    "no answer or no connection": {
      must: "The answer is 503, and no cookie changes. Each of the other sessions has ended or is as before; the session of the request stays. The first request after the fault ends the rest.",
      tests: [
        pg(refused),
        redis(refused),
        pg(silence),
        redis(silence),
        planted("finds none if it cannot list them"),
        planted("reports an outage, and afterwards does not end the rest")
      ]
    },
    "lost answer": {
      must: "The list and each deletion are sent again. If they succeed then, all have ended.",
      tests: [pg(lostCommit), redis(lostCommit), pg("cuts off the acknowledgement")]
    },
    "slow answer": {
      must: "Each call has a deadline of its own, so the answer may take longer than one deadline.",
      tests: [
        pg(slow),
        redis(slow),
        pg("delivers writes after their deadline"),
        storeTime("that list or delete sessions end, each at a deadline of its own, where all other sessions are ended")
      ]
    },
    "connections held by others": {
      must: "They are ended over the connection that is kept for reads and logouts.",
      tests: [pg("has all connections of the site but one held by other statements")]
    },
    "no space, or read-only": {
      must: "As for a logout: on a standby or a replica the answer is 503; where deletions need no space, all are ended.",
      tests: [
        pg("is a standby"),
        redis("is a replica"),
        redis("lacks the replicas that it must write to"),
        fullDisk("sessions are ended"),
        redisDisk("on its disk, with the sessions in it"),
        redisDisk("in its memory, with the sessions in it")
      ]
    },
    "cache in front": {
      must: "The answer is 503 as long as the cache cannot be written: it might still return a session.",
      tests: [
        cachedDb("the cache %s"),
        cachedDb("the database %s"),
        redisDisk("in its memory, as the cache of the sessions")
      ]
    },
    "fault between two sessions": {
      must: "It is reported as done only if all have ended. If one cannot be ended, the answer is 503, and those before it have ended. The process remembers the key of the one whose deletion failed, as after a logout.",
      tests: [
        redis("between the ends of two other sessions, %s"),
        planted("acknowledges it, although it has ended %i of two"),
        pg("ends the connection in each statement"),
        failedLogouts("is remembered if it is answered with 503: %s")
      ]
    },
    failover: {
      must: "The answer is 503 while the address leads to no server that can write, and the first request afterwards ends the rest.",
      tests: [
        standby("loses nothing and revives nothing, there and back, if the standby is synchronous"),
        redis("was killed (kill -9), and its replica takes its place, and back"),
        cluster("no request is answered as anonymous while a replica is elected, and no session is lost")
      ]
    }
  },
  renew: {
    PostgreSQL: {
      must: "The new row replaces the old one in one statement: both changes are done, or none.",
      tests: [
        contract("keeps both rows when the new key is in use"),
        rows("keep the old row when an uncommitted transaction has inserted the new key"),
        pg(lostCommit),
        kills("with sessions in the engine %s: %i kills")
      ]
    },
    Redis: {
      must: "A script replaces the old session by the new one in one step.",
      tests: [
        redis(lostCommit),
        redisSessions("can be written after the server has dropped its scripts"),
        kills("with sessions in the engine %s: %i kills")
      ]
    },
    "Redis Cluster": {
      must: "The new session is written before the old one is deleted. If the old one cannot be deleted, the new one is removed.",
      tests: [
        clusterStore("removes the new session if it cannot remove the old one"),
        clusterStore("never shows the new text under the old key"),
        clusterStore("changes nothing if the target node accepts no writes")
      ]
    },
    files: {
      must: "The new file is written completely before the old one is deleted. If a system call fails, one of the two keys has the session, never both and never none. If the process is killed in between, both may have it, and no client knows the new key. A lock that cannot be removed changes no answer; it counts for 5 seconds.",
      tests: [
        files("%s fails or succeeds completely"),
        files("does not change the answer to %s, and the next change waits until it is stale"),
        killedMove("before %s: there are %j, and %j after a logout")
      ]
    },
    "old key not deleted": {
      must: "The answer is 503 and the new session is removed: no success is reported while the old key works.",
      tests: [
        clusterStore("removes the new session if it cannot remove the old one"),
        cached("refuses to delete or move a session, because the cache could still return it")
      ]
    },
    "password stored, session not": {
      must: "The answer is 503. If the new password is stored, the session auth hash no longer matches, and all sessions of the user end. Exactly one of the two passwords is right.",
      tests: [
        redis("is a replica"),
        redisDisk("on its disk, with the sessions in it"),
        commit("is interrupted, and revives nothing, when the row of a session kept through a password change is gone")
      ]
    },
    "signed cookies": {
      must: "The new value replaces the cookie of this browser. A copy of the old value stays valid: see [Security](security.md#what-a-setting-cannot-promise).",
      tests: [
        signed("the session from before a renewal stays valid beside the new one"),
        signed("a copy of the cookie is logged out by a change of the password")
      ]
    }
  },
  servers: {
    "refused connections": {
      must: "503 until connections are accepted.",
      tests: [pg(refused), redis(refused), pg("closes every new connection")]
    },
    silence: {
      must: "503 at the deadline, with PostgreSQL, Redis and the processes of single connections suspended, and with a network that swallows data.",
      tests: [
        pg("is suspended (SIGSTOP)"),
        pg("has suspended the processes of open connections (SIGSTOP), and serves new ones"),
        pg("delivers nothing, on old and new connections"),
        redis("is suspended (SIGSTOP)"),
        redis("answers no writes for a while (CLIENT PAUSE)")
      ]
    },
    "late execution": {
      must: "A write that is executed after its deadline was answered with 503, and it brings no ended session back.",
      tests: [
        pg("delivers writes after their deadline"),
        pg("delivers writes after their deadline, and the sessions have ended meanwhile"),
        client("behind a pooler, does not send a write whose deadline passed while another statement was awaited"),
        redis("delivers writes after their deadline"),
        redis("delivers writes after their deadline, and the sessions have ended meanwhile"),
        redisStore("does not write a session back that was deleted before a late write arrived (was %s)")
      ]
    },
    "lost acknowledgement": {
      must: "A write is answered with 503 and not sent again; a logout is sent again and succeeds.",
      tests: [
        pg(lostCommit),
        pg("cuts off the acknowledgement"),
        redis(lostCommit),
        redis("cuts off the acknowledgement")
      ]
    },
    "ended connection": {
      must: "Reads are sent again; a write that had begun is answered with 503.",
      tests: [
        pg("ends the connection of each statement that runs"),
        pg("has ended all connections"),
        redis("has ended all connections"),
        ended("a write that may have been done is not sent again")
      ]
    },
    "statement or lock timeout": {
      must: "503, and the connection is used again.",
      tests: [
        client("reports the server's own timeout and keeps the connection"),
        rows("are unavailable when the lock is not released before the deadline, and are not changed")
      ]
    },
    "connections closed while idle": {
      must: "The visitors notice nothing.",
      tests: [
        pg("has reset its connections, and serves new ones"),
        pg("has forgotten its connections, and serves new ones"),
        client("opens another connection when the administrator ended one")
      ]
    },
    "no connection left": {
      must: "503 until there is one.",
      tests: [pg("has no connection left"), redis("has no connection left")]
    },
    "connections held by others": {
      must: "Requests wait until their deadline at most.",
      tests: [pg("has all connections of the site but one held by other statements")]
    },
    "read-only": {
      must: "On a standby or a replica, reads succeed, writes are answered with 503, and the client connects again, because the address may lead to a new primary. A PostgreSQL that is read-only only by its setting `default_transaction_read_only` also serves writes: the connections of latchkey turn that setting off.",
      tests: [
        pg("is a standby"),
        pg("is read-only by its configuration, which a statement may overrule"),
        redis("is a replica"),
        redisStore(
          "that became a replica refuses writes, and the store resolves its name again, because it may lead to another server"
        )
      ]
    },
    crash: {
      must: "503 while the server is away. The first request afterwards succeeds. What was acknowledged is there: in PostgreSQL unless `synchronous_commit` is off, in Redis with `appendonly yes` and `appendfsync always`.",
      tests: [
        pg("was killed (kill -9), and is not started again"),
        pg("was killed (kill -9), and started again"),
        pg("restarts itself, because one of its processes was killed (kill -9)"),
        redis("was killed (kill -9), and is not started again"),
        redis("was killed (kill -9), and started again"),
        cachedDb("was killed (kill -9), and started again without its entries")
      ]
    },
    restart: {
      must: "503 while the server is away. Afterwards the visitors notice nothing: latchkey opens new connections.",
      tests: [
        pg("is shut down, and started again afterwards"),
        pg("was restarted"),
        redis("is shut down, and started again afterwards"),
        redis("was restarted")
      ]
    },
    "full disk": {
      must: "Reads and logouts succeed where they need no space; all other writes are answered with 503.",
      tests: [
        fullDisk("reads succeed, and nothing is stored"),
        fullDisk("sessions are ended"),
        redisDisk("on its disk, with the sessions in it"),
        redisDisk("on its disk, as the cache of the sessions"),
        files("%s fails or succeeds completely"),
        files("an ended session whose file cannot be removed is an error, and the next logout ends it")
      ]
    },
    "full memory": {
      must: "Reads and logouts succeed; all other writes are answered with 503. If Redis is the cache in front of a database, logins, logouts and new keys are answered with 503, and reads and other writes succeed.",
      tests: [
        redis("has no memory left"),
        redisDisk("in its memory, with the sessions in it"),
        redisDisk("in its memory, as the cache of the sessions")
      ]
    },
    "replica behind": {
      must: "latchkey connects only to the address in its settings, and looks for no replica. If the address leads to a standby, sessions are read from it, also one that has ended since. After it has refused a write, latchkey connects to the address again.",
      tests: [
        standby("answers with an ended session at a standby that is behind, until a write has led back to the primary"),
        address("gets new connections for reads, too, after the standby refused a write, because its data may be stale")
      ]
    },
    "failover that loses a commit": {
      must: "It may bring the last ended session back, until a second logout: [Security](security.md#what-a-setting-cannot-promise) says with which settings.",
      tests: [
        standby("may undo the last acknowledged logout if the standby is asynchronous"),
        cluster("may undo the last acknowledged logout if the replica does not have it")
      ]
    },
    "slow network": { must: "The visitors wait, and get their answers.", tests: [pg(slow), redis(slow)] },
    "corrupt row": {
      must: "The session is empty. The row can be overwritten, moved and deleted.",
      tests: [
        loading("treats a text signed with another secret as an empty session, and reports it"),
        hostileRows("is read in time, as an empty session, and overwritten: %s"),
        hostileRows("does not prevent a login, which moves it"),
        hostileRows("is deleted by a logout"),
        redisSessions("cannot be read from a Redis list, which can be overwritten, moved and deleted")
      ]
    },
    "killed between two steps": {
      must: "Every row is as before or as after a request that was acknowledged or running.",
      tests: [
        kills("with sessions in the engine %s: %i kills"),
        killedMove("before %s: there are %j, and %j after a logout")
      ]
    },
    "node of a cluster killed": {
      must: "503 for its sessions until its replica is elected. A process that sent nothing meanwhile succeeds with its first request.",
      tests: [
        cluster("no request is answered as anonymous while a replica is elected, and no session is lost"),
        clusterFailover("a process that sent nothing meanwhile succeeds with its first command")
      ]
    },
    "node of a cluster suspended": {
      must: "503 for its sessions at the deadline. Once its replica serves, reads and logouts succeed; a write that waited for it is answered with 503.",
      tests: [
        clusterStore("is unavailable for the sessions of a node that hangs, and serves those of other nodes"),
        cluster("a suspended node (SIGSTOP) is replaced, and what it does when it goes on changes no session"),
        clusterFailover(
          "a suspended node (SIGSTOP) changes nothing any more when it goes on, and at most answers what waited for it"
        )
      ]
    },
    "former primary that goes on": {
      must: "What it still executes is lost. It may answer a read that waited for it with a session that has ended since, and no later one.",
      tests: [
        cluster("a suspended node (SIGSTOP) is replaced, and what it does when it goes on changes no session"),
        clusterFailover(
          "a suspended node (SIGSTOP) changes nothing any more when it goes on, and at most answers what waited for it"
        )
      ]
    }
  }
}
