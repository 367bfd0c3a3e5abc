/**
 * A pool of connections with deadlines. A statement is handed to a connection at once (an idle one, else a new one,
 * else the one with the fewest waiting), so nothing queues where no deadline can see it.
 */
import { setImmediate as nextMacrotask } from "node:timers/promises"
import * as Effect from "effect/Effect"
import { ConfigurationInvalid } from "../../interpreter/errors.ts"
import { type Connection, connect, type OnDeath, type Patience } from "./connection.ts"
import { closed, DatabaseFailure, ended, fromCause, silent } from "./failure.ts"
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
   * The server is behind PgBouncer in transaction mode or the like: no prepared statements, no start-up parameters (and
   * so no `statement_timeout`).
   */
  readonly pooler?: boolean
}

/** Whether a statement may be sent again when nobody knows what became of it. */
export type Repeatable = "repeatable" | "once"

export interface Client {
  /**
   * Runs one statement.
   * @param seconds instead of all the client's deadlines, for maintenance
   */
  readonly run: <A>(
    statement: Statement<A>,
    repeatable: Repeatable,
    seconds?: number
  ) => Effect.Effect<A, DatabaseFailure>
  /** Waits for what is under way, then closes all connections. Later statements fail. */
  readonly close: () => Promise<void>
}

const made = new WeakSet<object>()

/** Whether a client came from {@link createClient}: any other has queries that may wait for ever. */
export const isClient = (client: object): client is Client => made.has(client)

/**
 * Opens no connection before the first statement.
 * @throws ConfigurationInvalid
 */
export const createClient = (options: ClientOptions): Client => {
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

  const pick = (): Connection => {
    const oldest = performance.now() - settings.lifetimeSeconds * 1000
    let best: Connection | undefined
    for (const one of connections) {
      if (one.openedAt < oldest) {
        retire(one)
        continue
      }
      if (one.waiting() === 0) return one
      if (best === undefined || one.waiting() < best.waiting()) best = one
    }
    if (best !== undefined && connections.size >= settings.max) return best
    const fresh = connect(connection, onDeath)
    connections.add(fresh)
    return fresh
  }

  const send = <A>(statement: Statement<A>, patience: Patience): Promise<A> =>
    closing ? Promise.reject(ended) : pick().run(statement, patience)

  const sendTwice = async <A>(statement: Statement<A>, patience: Patience): Promise<A> => {
    try {
      return await send(statement, patience)
    } catch (cause) {
      if (!(cause instanceof DatabaseFailure) || !cause.lost) throw cause
      // Not before the driver has seen the end of the old connection.
      await nextMacrotask()
      return send(statement, patience)
    }
  }

  const client: Client = {
    run: (statement, repeatable, seconds) =>
      Effect.tryPromise({
        try: () => (repeatable === "once" ? send : sendTwice)(statement, { since: performance.now(), seconds }),
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
