/** What is known about an application and its stores: the facts that `latchkey doctor` judges. They hold no secret. */
import type * as Effect from "effect/Effect"

/** A store did not answer. */
export interface StoreFailure {
  /** The kind of store. */
  readonly store: "postgres" | "redis"
  /** SQLSTATE, or the code of the system or the server. */
  readonly code: string
  /** The error, without values. */
  readonly reason: string
  /** Whether `postgres` was given `pooler: true`. */
  readonly pooler?: boolean
  /** The node of a cluster, `host:port`. */
  readonly node?: string
}

/** A table that latchkey uses. */
export interface TableFacts {
  /** The quoted name in statements. */
  readonly name: string
  /** What it is for. */
  readonly of: "sessions" | "users" | "permissions" | "userSessions" | "throttle"
  /** Whether an application may do without it: the permissions of users in a table of your own. */
  readonly isOptional: boolean
  /** The schema in which statements find it; `undefined` if they do not find it. */
  readonly schema: string | undefined
  /** Other schemas that have a table of this name. */
  readonly otherSchemas: ReadonlyArray<string>
  /** Columns that latchkey uses and that the table does not have. */
  readonly missingColumns: ReadonlyArray<string>
  /** Columns that need an index, or a unique index, and have none. */
  readonly missingIndexes: ReadonlyArray<{
    /** The column. */
    readonly column: string
    /** Whether its values must be unique. */
    readonly isUnique: boolean
    /** Whether it is the index for LIKE that Django makes: its operator class is `varchar_pattern_ops`. */
    readonly isForLike: boolean
  }>
}

/** How many stored passwords have an algorithm and a cost. */
export interface PasswordCount {
  /** The algorithm; `unusable` for users without a password, `unknown` for a text that no hasher of Django makes. */
  readonly algorithm: string
  /**
   * Iterations of PBKDF2, rounds of bcrypt, `N=…,r=…,p=…` of scrypt, `m=…,t=…,p=…` of Argon2; `""` if it is not known.
   */
  readonly cost: string
  /** The number of users, of the first 10,000. */
  readonly users: number
}

/** A PostgreSQL database. */
export interface PostgresFacts {
  /** The kind of store. */
  readonly store: "postgres"
  /** The version of the server. */
  readonly version: string
  /** How much the server's clock is ahead of the application's, in milliseconds. */
  readonly clockAheadMs: number
  /** Whether the server refuses writes: a standby, or a database that is read-only by default. */
  readonly isReadOnly: boolean
  /** Whether `postgres` was given `pooler: true`. */
  readonly pooler: boolean
  /**
   * Whether the statements run in another process of the server than the one that accepted the connection, so that
   * there is a pooler in between; `undefined` if the server does not say.
   */
  readonly isBehindPooler: boolean | undefined
  /** The isolation level of transactions in this session. */
  readonly isolation: string
  /** The server's limit for a statement in this session, in milliseconds; 0: none. */
  readonly statementTimeoutMs: number
  /** Settings that ALTER DATABASE or ALTER ROLE has set for this login, each `name=value`. */
  readonly defaults: ReadonlyArray<string>
  /** The tables. */
  readonly tables: ReadonlyArray<TableFacts>
  /** The number of expired sessions. Counting stops at 100,001. */
  readonly expiredSessions: number
  /** Sessions that have not expired, at most 100,001 are counted. */
  readonly liveSessions: number
  /** The passwords of the first 10,000 users. */
  readonly passwords: ReadonlyArray<PasswordCount>
}

/** A Redis server, or one primary node of a cluster. */
export interface RedisFacts {
  /** The kind of store. */
  readonly store: "redis"
  /** The node of a cluster, `host:port`; `undefined` for a single server. */
  readonly node: string | undefined
  /** Whether it is only a cache: another store has the sessions too. */
  readonly isCache: boolean
  /** The version of the server. */
  readonly version: string
  /** How much the server's clock is ahead of the application's, in milliseconds. */
  readonly clockAheadMs: number
  /** `maxmemory`, in bytes; 0: no limit. */
  readonly maxMemoryBytes: number
  /** `maxmemory-policy`. */
  readonly evictionPolicy: string
  /** How many keys the server has deleted for lack of memory since its start. */
  readonly evictedKeys: number
  /** Whether the server keeps data after a restart; `undefined` if the login may not read its configuration. */
  readonly isPersistent: boolean | undefined
  /** Whether it is a replica, which refuses writes. */
  readonly isReplica: boolean
}

/** What is known about one server of a store. */
export type StoreFacts = PostgresFacts | RedisFacts | StoreFailure

/** A store and some of its sessions. */
export interface StoreExamination {
  /** What is known about its servers: several for a cluster. */
  readonly facts: ReadonlyArray<StoreFacts>
  /** The texts of a few sessions, to see whether they can be read. Secret. */
  readonly texts: ReadonlyArray<string>
}

/** Examines a store, and never fails. @param now the application's clock, epoch milliseconds */
export type Examine = (now: () => number) => Effect.Effect<StoreExamination>

/** A throttle store on a server. */
export interface ThrottleStoreFacts {
  /** Its table; `undefined` if it needs none. */
  readonly table: TableFacts | undefined
  /** Keys whose failures are forgotten, and that are still stored. Counting stops at 100,001. */
  readonly forgottenKeys: number
  /** Keys that have failures. Counting stops at 100,001. */
  readonly liveKeys: number
  /** Whether the server deletes keys when its memory is full. */
  readonly evicts: boolean
}

/** Examines a throttle store, and never fails. */
export type ThrottleExamine = () => Effect.Effect<ThrottleStoreFacts | StoreFailure>

/** How failed attempts are limited. */
export interface ThrottleFacts {
  /** Whether the option `throttle` is set. */
  readonly isOn: boolean
  /** Whether the application has its own limits, in `beforeAttempt`. */
  readonly hasOwnLimits: boolean
  /** Whether several processes count together; `undefined` if the store does not say. */
  readonly isShared: boolean | undefined
  /** Whether the sessions are where several processes can use them. */
  readonly sessionsAreShared: boolean
  /** Whether the option `clientAddress` is set. */
  readonly hasClientAddress: boolean
  /** Whether the settings read headers of a proxy: `secureProxyHeader`, `useForwardedHost`, `useForwardedPort`. */
  readonly isBehindProxy: boolean
  /** How many processes the environment variable WEB_CONCURRENCY asks for; `undefined` without it. */
  readonly processes: number | undefined
  /** What is known about the store; `undefined` if it does not say. */
  readonly store: ThrottleStoreFacts | StoreFailure | undefined
}

/** How many sample sessions could be read with the application's settings, and why others could not. */
export interface SessionSamples {
  /** Read. */
  readonly read: number
  /** The signature is wrong, but right with another salt of Django. */
  readonly otherSalt: number
  /** The signature is wrong: signed with another secret key, or with a salt of the project's own. */
  readonly otherSecret: number
  /** The signature is right, but the content is no JSON: another serializer. */
  readonly otherSerializer: number
}

/** The settings of device-bound sessions, as far as they depend on what is around the application. */
export interface DeviceBoundFacts {
  /** The mode. */
  readonly mode: "observe" | "enforce"
  /** Whether `secureProxyHeader` is set: without it, requests of a proxy that terminates https count as http. */
  readonly hasSecureProxyHeader: boolean
  /** Whether a Django site can read the sessions of the store. */
  readonly isSharedWithDjango: boolean
  /** The option `djangoChecks`. */
  readonly djangoChecks: boolean | undefined
}

/** What is wrong with secret keys in production. The texts name the setting, and quote no key. */
export interface SecretKeyFacts {
  /** Keys with which `createAuth` does not start in production, such as a key that can be guessed; one text each. */
  readonly problems: ReadonlyArray<string>
  /** Keys that cannot be guessed, and that others may know: those of Django's `startproject`; one text each. */
  readonly warnings: ReadonlyArray<string>
}

/** What is known about an application and its stores. */
export interface Diagnosis {
  /** Whether NODE_ENV is `production`. */
  readonly isProduction: boolean
  /** The options `secretKey` and `secretKeyFallbacks`. */
  readonly secretKeys: SecretKeyFacts
  /** What is unsafe in production about cookies and hosts, one text each. It begins with the name of the option. */
  readonly settings: ReadonlyArray<string>
  /** Device-bound sessions; `undefined` if they are off. */
  readonly deviceBound: DeviceBoundFacts | undefined
  /** How failed attempts are limited; `undefined` if that is not known. */
  readonly throttle: ThrottleFacts | undefined
  /** The algorithms of the hashers, in order. */
  readonly hashers: ReadonlyArray<string>
  /** The cost of new hashes, as in {@link PasswordCount.cost}. */
  readonly newHashCost: string
  /** The servers of the stores, each once. */
  readonly stores: ReadonlyArray<StoreFacts>
  /** A few stored sessions. */
  readonly samples: SessionSamples
}
