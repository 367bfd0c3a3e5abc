/**
 * A pool of connections with deadlines. A statement is given to a connection immediately: an idle one, otherwise a new one,
 * otherwise one that has only short reads to answer, with the fewest waiting statements. So no statement waits in a queue
 * without a deadline.
 *
 * Short reads share a connection: they go to the first one that has only a few reads to answer. Reads that arrive
 * together are sent in one packet and answered in one. That costs this process and the server about half as much as one
 * connection for each. Behind a pooler this is not possible, so they use all connections. A statement that may wait for a
 * lock gets a connection to itself.
 *
 * One connection is kept for short reads and logouts. So they are answered while other statements, such as those of the
 * application itself, take as long as they may.
 */
import { setTimeout as pause } from "node:timers/promises"
import * as Effect from "effect/Effect"
import { ConfigurationInvalid } from "../../../errors/errors.ts"
import { boolean, checkOptions, type Kinds, number } from "../../../options/option-kinds.ts"
import { CurrentWorkCount, type WorkCount } from "../../../ports/telemetry.ts"
import { CurrentStoreTime } from "../../../store-time/store-time.ts"
import { closed, type DatabaseFailure, ended, fromCause, silent, tooLate } from "./database-failure.ts"
import { type Connection, connect, type OnDeath, type Patience, type Use } from "./postgres-connection.ts"
import * as Server from "./postgres-server.ts"
import type { Statement } from "./statement.ts"

/** The connections of a client, and its deadlines. */
export interface ClientOptions extends Server.ServerOptions {
  /**
   * The maximum number of connections. Default: 10. An embedded PGlite needs 1. With more than 1, one of them is only
   * for short reads and logouts.
   */
  readonly max?: number
  /**
   * How long a server may be silent after a statement was sent, in seconds; then the connection is destroyed. Default:
   * 1.
   */
  readonly deadlineSeconds?: number
  /** The time limit for making a connection, in seconds. Default: 1. */
  readonly connectTimeoutSeconds?: number
  /** The time limit for a whole operation: waiting, connecting, and a second attempt, in seconds. Default: 3. */
  readonly operationDeadlineSeconds?: number
  /** The maximum age of a connection, in seconds. Default: 1800. */
  readonly lifetimeSeconds?: number
  /**
   * The server is behind PgBouncer in transaction mode, or a similar pooler. Then there are no prepared statements, and
   * only the start-up parameters that every pooler knows (so no `statement_timeout`). If the database's defaults
   * prevent a statement (read-only, another isolation level), it is sent again inside a transaction that sets what it
   * needs.
   */
  readonly pooler?: boolean
}

/**
 * How a statement uses its connection, and whether it may be sent again.
 *
 * - `read`: it is short and waits for no lock; other reads may be sent before and after it; it may be sent again like
 *   `repeatable`
 * - `urgent`: it may use the connection that is kept for reads, as a logout does; it may be sent again like `repeatable`
 * - `repeatable`: it may be sent again if it is not known whether it ran
 * - `once`: it is sent again only if it is known that it did not run
 */
export type Manner = "read" | "urgent" | "repeatable" | "once"

/** Connections to one database. Several stores may share a client. */
export interface Client {
  /** Whether it was told that the server is behind a pooler. */
  readonly pooler: boolean
  /** The time limit for a whole operation, in seconds: `operationDeadlineSeconds`. */
  readonly deadlineSeconds: number
  /**
   * Runs one statement, at most as long as its request may still wait for stores.
   * @param seconds replaces all deadlines of the client, and that of the request, for maintenance
   */
  readonly run: <A>(statement: Statement<A>, manner: Manner, seconds?: number) => Effect.Effect<A, DatabaseFailure>
  /** Waits for the statements that are running, then closes all connections. Later statements fail. */
  readonly close: () => Promise<void>
}

/** The kinds of {@link ClientOptions}. */
export const clientKinds: Kinds<ClientOptions> = {
  ...Server.serverKinds,
  max: number,
  deadlineSeconds: number,
  connectTimeoutSeconds: number,
  operationDeadlineSeconds: number,
  lifetimeSeconds: number,
  pooler: boolean
}

/** How many reads a connection is given before the next connection is used. They are sent in one packet. */
const READS = 16

/** The same behind a pooler: there the next read is not sent before the last one is answered. */
const READS_BEHIND_POOLER = 1

/** The longest pause, in milliseconds, before a statement is sent again after a conflict with another one. */
const LONGEST_PAUSE = 100

const mayBeSentAgain = ({ fate }: DatabaseFailure, manner: Manner, isOnNewConnection: boolean): boolean => {
  if (fate === "conflict") return true
  return !isOnNewConnection && (fate === "misplaced" || (fate === "lost" && manner !== "once"))
}

const howUsed = (manner: Manner): Use => (manner === "read" || manner === "urgent" ? manner : "other")

const made = new WeakSet<object>()

/** Whether a client was made by {@link createClient}. Statements of any other client may wait without a limit. */
export const isClient = (client: object): client is Client => made.has(client)

/**
 * Checks a client that an application has given to a store, and the options beside it.
 *
 * @throws ConfigurationInvalid
 */
export const checkGivenClient = (given: Client | undefined, options: ClientOptions): void => {
  if (given === undefined) return
  const problems = Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name} has no effect together with client; pass it to createClient`]
  )
  if (!isClient(given)) problems.push("client: write a client that createClient of latchkey/postgres has made")
  if (problems.length > 0) throw new ConfigurationInvalid({ problems })
}

/**
 * Connects when the first statement is run.
 *
 * @throws ConfigurationInvalid
 */
export const createClient = (options: ClientOptions): Client => {
  checkOptions(options, clientKinds)
  const settings = {
    max: options.max ?? 10,
    deadlineSeconds: options.deadlineSeconds ?? 1,
    connectTimeoutSeconds: options.connectTimeoutSeconds ?? 1,
    operationDeadlineSeconds: options.operationDeadlineSeconds ?? 3,
    lifetimeSeconds: options.lifetimeSeconds ?? 1800
  }
  const problems = Object.entries(settings).flatMap(([name, value]) => (value > 0 ? [] : [`${name}: must be positive`]))
  if (!Number.isInteger(settings.max)) problems.push("max: must be an integer")
  if (problems.length > 0) throw new ConfigurationInvalid({ problems })
  const connection = { ...settings, server: Server.parse(options), pooler: options.pooler ?? false }
  const reads = connection.pooler ? READS_BEHIND_POOLER : READS
  const connections = new Set<Connection>()
  const leaving = new Set<Promise<void>>()
  let closing = false

  const retire = (one: Connection) => {
    connections.delete(one)
    const gone = one.retire().finally(() => leaving.delete(gone))
    leaving.add(gone)
  }

  const onDeath: OnDeath = (dead, why, quietSince) => {
    connections.delete(dead)
    if (why === silent) suspectAllUnheardSince(quietSince)
  }

  /**
   * If a proxy has dropped one connection without notice, it has dropped the others too. They are closed without
   * waiting for a deadline each.
   */
  const suspectAllUnheardSince = (instant: number) => {
    for (const other of connections) {
      if (other.heardAt() > instant) continue
      if (other.waiting() > 0) {
        retire(other)
        continue
      }
      connections.delete(other)
      other.destroy(closed)
    }
  }

  /**
   * These connections may lead to a server that is read-only since a failover. It answers reads with old data, without
   * an error.
   */
  const retireAllOpenedBefore = (instant: number) => {
    for (const one of connections) if (one.openedAt < instant) retire(one)
  }

  /**
   * @param notBefore a value of `performance.now()`: connections from before may be broken. Idle ones are closed, so that
   * no statement is sent on a broken one; busy ones are the last choice.
   */
  const pick = (use: Use, notBefore: number): Connection => {
    const oldest = performance.now() - settings.lifetimeSeconds * 1000
    const isNew = (one: Connection) => one.openedAt >= notBefore
    const isBetter = (one: Connection, other: Connection) => {
      if (isNew(one) !== isNew(other)) return isNew(one)
      if (one.isHeld() !== other.isHeld()) return other.isHeld()
      if (one.isReading() !== other.isReading()) return one.isReading()
      return one.waiting() < other.waiting()
    }
    let held = 0
    for (const one of connections) if (isNew(one) && one.isHeld()) held += 1
    // The last connection is kept for reads and urgent statements.
    const mayHoldAnother = use !== "other" || settings.max === 1 || held < settings.max - 1
    let best: Connection | undefined
    for (const one of connections) {
      if (one.openedAt < oldest || (!isNew(one) && one.waiting() === 0)) {
        retire(one)
        continue
      }
      if (!mayHoldAnother && !one.isHeld()) continue
      const isFree = one.waiting() === 0 || (use === "read" && one.isReading() && one.waiting() < reads)
      if (isFree && isNew(one)) return one
      if (best === undefined || isBetter(one, best)) best = one
    }
    if (best !== undefined && (!mayHoldAnother || connections.size >= settings.max)) return best
    const fresh = connect(connection, onDeath)
    connections.add(fresh)
    return fresh
  }

  const send = <A>(statement: Statement<A>, use: Use, patience: Patience, notBefore = 0): Promise<A> =>
    closing ? Promise.reject(ended) : pick(use, notBefore).run(statement, use, patience)

  /** Sends a statement again if the kind of failure allows it: see the table in `sqlstate.ts`. */
  const sendAgain = async <A>(
    statement: Statement<A>,
    manner: Manner,
    patience: Patience,
    work: WorkCount | undefined
  ): Promise<A> => {
    const until = patience.since + (patience.seconds ?? settings.operationDeadlineSeconds) * 1000
    let notBefore = 0
    for (let tries = 1; ; tries++) {
      work?.addStatement()
      const answer = send(statement, howUsed(manner), patience, notBefore)
      const sentAt = performance.now()
      try {
        return await answer
      } catch (cause) {
        const why = fromCause(cause)
        const now = performance.now()
        // Connections that other statements have opened since then may already lead to the right server.
        if (why.fate === "misplaced") retireAllOpenedBefore(sentAt)
        if (!mayBeSentAgain(why, manner, notBefore > 0) || now >= until) throw why
        // On a new connection: the cause that ended this connection may have ended the others too.
        if (why.fate === "misplaced") notBefore = sentAt
        if (why.fate === "lost") notBefore = now
        // Waits for the next macrotask at least, so that the driver has seen the end of the old connection.
        await pause(why.fate === "conflict" ? Math.random() * Math.min(2 ** tries, LONGEST_PAUSE) : 0)
        if (performance.now() >= until) throw why
      }
    }
  }

  const client: Client = {
    pooler: connection.pooler,
    deadlineSeconds: settings.operationDeadlineSeconds,
    run: (statement, manner, seconds) =>
      Effect.withFiber((fiber) => {
        const work = fiber.getRef(CurrentWorkCount)
        const time = seconds === undefined ? fiber.getRef(CurrentStoreTime) : undefined
        return Effect.tryPromise({
          try: () => {
            const now = performance.now()
            if (time === undefined) return sendAgain(statement, manner, { since: now, seconds }, work)
            const rest = time.start(now)
            if (rest <= 0) throw tooLate
            // With less time left, the operation counts as begun earlier.
            const since = now - Math.max(0, settings.operationDeadlineSeconds * 1000 - rest)
            return sendAgain(statement, manner, { since, seconds }, work).finally(() => time.end(performance.now()))
          },
          catch: fromCause
        })
      }),
    close: async () => {
      closing = true
      for (const one of connections) retire(one)
      await Promise.all(leaving)
    }
  }
  made.add(client)
  return client
}
