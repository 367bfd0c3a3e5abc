/**
 * A pool of connections with deadlines. A statement is handed to a connection at once (an idle one, else a new one,
 * else the one with the fewest waiting), so nothing queues where no deadline can see it.
 *
 * Short reads share: they go to the first connection that has only few of their kind to answer. What arrives together
 * is then sent in one packet and answered in one, which costs this process and the server about half as much as a
 * connection each. Whatever may wait for a lock keeps a connection to itself.
 */
import { setTimeout as pause } from "node:timers/promises"
import * as Effect from "effect/Effect"
import { ConfigurationInvalid } from "../../interpreter/errors.ts"
import { boolean, checkOptions, type Kinds, number } from "../../option-kinds.ts"
import { type Connection, connect, type OnDeath, type Patience } from "./connection.ts"
import { closed, type DatabaseFailure, ended, fromCause, silent } from "./failure.ts"
import * as Server from "./server.ts"
import type { Statement } from "./statement.ts"

export interface ClientOptions extends Server.ServerOptions {
  /** How many connections at most; default 10. An embedded PGlite needs 1. */
  readonly max?: number
  /** A server that has been asked and says nothing for so long is given up, its connection destroyed; default 1. */
  readonly deadlineSeconds?: number
  /** For a connection to be made; default 1. */
  readonly connectTimeoutSeconds?: number
  /** For a whole operation: waiting, connecting, a second try; default 3. */
  readonly operationDeadlineSeconds?: number
  /** A connection is not used for longer; default 1800. */
  readonly lifetimeSeconds?: number
  /**
   * The server is behind PgBouncer in transaction mode or the like: no prepared statements, and no start-up parameters
   * but those that every pooler knows (so no `statement_timeout`). Where the database's defaults keep a statement from
   * being done (read-only, another isolation level), it is sent again within BEGIN and COMMIT that say what it needs.
   */
  readonly pooler?: boolean
}

/**
 * What a statement asks of its connection.
 *
 * - `read`: it is short and waits for nobody; others of its kind may go before and after it
 * - `repeatable`: it may be sent again when nobody knows what became of it, as `read` may
 * - `once`: it is sent again only when it is known that it was not done
 */
export type Manner = "read" | "repeatable" | "once"

export interface Client {
  /**
   * Runs one statement.
   * @param seconds instead of all the client's deadlines, for maintenance
   */
  readonly run: <A>(statement: Statement<A>, manner: Manner, seconds?: number) => Effect.Effect<A, DatabaseFailure>
  /** Waits for what is under way, then closes all connections. Later statements fail. */
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

/** How many reads a connection is given before the next one is taken. */
const READS = 16

/** Milliseconds to wait at most before a statement is sent again that conflicted with another. */
const LONGEST_PAUSE = 100

const mayBeSentAgain = ({ fate }: DatabaseFailure, manner: Manner, isOnNewConnection: boolean): boolean => {
  if (fate === "conflict") return true
  return !isOnNewConnection && (fate === "misplaced" || (fate === "lost" && manner !== "once"))
}

const made = new WeakSet<object>()

/** Whether a client came from {@link createClient}: any other has queries that may wait for ever. */
export const isClient = (client: object): client is Client => made.has(client)

/**
 * Opens no connection before the first statement.
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

  /** A proxy that forgot one connection has forgotten the others: they shall not cost a deadline each. */
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

  /** They may lead to a server that is read-only since a failover, where reads are stale without any error. */
  const retireAllOpenedBefore = (instant: number) => {
    for (const one of connections) if (one.openedAt < instant) retire(one)
  }

  /** @param notBefore of `performance.now()`: when the connection must have been opened, where there is a choice */
  const pick = (manner: Manner, notBefore: number): Connection => {
    const oldest = performance.now() - settings.lifetimeSeconds * 1000
    let best: Connection | undefined
    for (const one of connections) {
      if (one.openedAt < oldest) {
        retire(one)
        continue
      }
      const isFree = one.waiting() === 0 || (manner === "read" && one.isReading() && one.waiting() < READS)
      if (isFree && one.openedAt >= notBefore) return one
      if (best === undefined || one.waiting() < best.waiting()) best = one
    }
    if (best !== undefined && connections.size >= settings.max) return best
    const fresh = connect(connection, onDeath)
    connections.add(fresh)
    return fresh
  }

  const send = <A>(statement: Statement<A>, manner: Manner, patience: Patience, notBefore = 0): Promise<A> =>
    closing ? Promise.reject(ended) : pick(manner, notBefore).run(statement, manner === "read", patience)

  /** Sends a statement as often as what is known about it allows: see the table in `sqlstate.ts`. */
  const sendAgain = async <A>(statement: Statement<A>, manner: Manner, patience: Patience): Promise<A> => {
    const until = patience.since + (patience.seconds ?? settings.operationDeadlineSeconds) * 1000
    let notBefore = 0
    for (let tries = 1; ; tries++) {
      const answer = send(statement, manner, patience, notBefore)
      const sentAt = performance.now()
      try {
        return await answer
      } catch (cause) {
        const why = fromCause(cause)
        const now = performance.now()
        // Those that other statements have opened since then may lead to the right server already.
        if (why.fate === "misplaced") retireAllOpenedBefore(sentAt)
        if (!mayBeSentAgain(why, manner, notBefore > 0) || now >= until) throw why
        // On a new connection: what ended this one may have ended the others.
        if (why.fate === "misplaced") notBefore = sentAt
        if (why.fate === "lost") notBefore = now
        // At least until the next macrotask: not before the driver has seen the end of the old connection.
        await pause(why.fate === "conflict" ? Math.random() * Math.min(2 ** tries, LONGEST_PAUSE) : 0)
      }
    }
  }

  const client: Client = {
    run: (statement, manner, seconds) =>
      Effect.tryPromise({
        try: () => sendAgain(statement, manner, { since: performance.now(), seconds }),
        catch: fromCause
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
