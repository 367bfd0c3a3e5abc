/**
 * One connection to the server. Once it is dead, it is not used again.
 *
 * The driver would reconnect by itself. Then a query that is sent between the `error` and the `close` of the driver's
 * socket is answered with no rows, or with another query's rows, or never. So each connection has its own driver
 * instance (`max: 1`), and its statements are rejected at the first sign of its end, before the driver notices.
 *
 * | while | sign | then |
 * | --- | --- | --- |
 * | connecting | an error, or no connection within `connectTimeoutSeconds` | dead |
 * | statements wait | no data received for `deadlineSeconds` | dead |
 * | at any time | an error of the socket, the end of the stream, a fatal error of the server | dead |
 * | statements wait | `operationDeadlineSeconds` since one was started | that one is rejected; the connection stays |
 * | statements wait | the server refuses one because it is read-only | that one is rejected; the client retires the connection |
 * | retiring | the last statement is answered | closed |
 *
 * Source: measured with postgres.js 3.4.9.
 */
import type { Socket } from "node:net"
import postgres, { type Sql } from "postgres"
import { giveUpAfter } from "../../../store-time/store-time.ts"
import { closed, type DatabaseFailure, ended, endsConnection, fromCause, silent, tooLate } from "./database-failure.ts"
import type { Server } from "./postgres-server.ts"
import { open } from "./socket.ts"
import { inTransaction, type Statement } from "./statement.ts"

export interface ConnectionSettings {
  readonly server: Server
  readonly deadlineSeconds: number
  readonly connectTimeoutSeconds: number
  readonly operationDeadlineSeconds: number
  /** The server is behind a pooler that gives a connection to another client after every transaction. */
  readonly pooler: boolean
}

/** When an operation was started, and how long it may take here and on the server. */
export interface Patience {
  /** A value of `performance.now()`. Earlier if its request may wait for stores for less than a whole operation. */
  readonly since: number
  /** Replaces the deadlines of the settings. */
  readonly seconds?: number | undefined
}

/** How a statement uses its connection. */
export type Use = "read" | "urgent" | "other"

export interface Connection {
  /** The number of statements that wait for an answer. */
  readonly waiting: () => number
  /** Whether all of them are short reads. */
  readonly isReading: () => boolean
  /** Whether one of them is neither a short read nor urgent. */
  readonly isHeld: () => boolean
  /** When data was last received, as a value of `performance.now()`; infinite until there is a socket. */
  readonly heardAt: () => number
  readonly openedAt: number
  /** Rejects only with a {@link DatabaseFailure}. */
  readonly run: <A>(statement: Statement<A>, use: Use, patience: Patience) => Promise<A>
  /** Closes immediately. Waiting statements are rejected. */
  readonly destroy: (why: DatabaseFailure) => void
  /** Closes after the last statement is answered. */
  readonly retire: () => Promise<void>
}

/**
 * @param quietSince a value of `performance.now()`: when a connection that died of silence last received data or a
 * statement
 */
export type OnDeath = (connection: Connection, why: DatabaseFailure, quietSince: number) => void

interface Waiting {
  /** Whether its caller still waits for it. */
  isWanted: boolean
  readonly reject: (why: DatabaseFailure) => void
  readonly sentAt: number
  readonly patience: Patience
}

/** How many times per deadline the timeouts are checked. */
const LOOKS = 8

export const connect = (settings: ConnectionSettings, onDeath: OnDeath): Connection => {
  const { server, deadlineSeconds, connectTimeoutSeconds, operationDeadlineSeconds, pooler } = settings
  const openedAt = performance.now()
  const waiting = new Set<Waiting>()
  let socket: Socket | undefined
  let reading = 0
  let others = 0
  let heardAt = Number.POSITIVE_INFINITY
  let over: DatabaseFailure | undefined
  let password = ""
  let looking = false
  let emptied: (() => void) | undefined
  let retired: Promise<void> | undefined

  const die = (why: DatabaseFailure) => {
    if (over !== undefined) return
    over = why
    const quietSince = lastSign()
    for (const one of waiting) giveUp(one, why)
    waiting.clear()
    emptied?.()
    socket?.destroy()
    onDeath(connection, why, quietSince)
  }

  /**
   * The driver calls this to connect. When it calls again to reconnect, it gets the error with which the connection
   * died.
   */
  const openSocket = async (): Promise<Socket> => {
    if (over !== undefined) throw over
    try {
      // Called here: if the driver called it and it failed, the error would end the process.
      password = await server.password()
      const opened = await open(server, connectTimeoutSeconds)
      if (over !== undefined) {
        opened.destroy()
        throw over
      }
      socket = opened
      heardAt = performance.now()
      // These listeners are added before the driver's, so that statements are rejected before the driver's state is
      // wrong.
      opened.on("error", (cause) => die(fromCause(cause)))
      opened.on("end", () => die(closed))
      opened.on("close", () => die(closed))
      opened.on("data", () => {
        heardAt = performance.now()
      })
      return opened
    } catch (cause) {
      const why = fromCause(cause)
      die(why)
      throw why
    }
  }

  const options = {
    ...server.identity,
    password: () => password,
    // For the driver's messages only; the driver does not make the connection.
    ...("host" in server.address ? server.address : { path: server.address.path }),
    socket: openSocket,
    ssl: false,
    max: 1,
    connect_timeout: connectTimeoutSeconds,
    idle_timeout: 0,
    max_lifetime: null,
    fetch_types: false,
    prepare: !pooler,
    onnotice: () => {},
    connection: { application_name: server.applicationName, ...format, ...(pooler ? {} : startup(deadlineSeconds)) }
  }
  const sql = postgres(options)
  const ask: <A>(statement: Statement<A>, wanted: Wanted) => PromiseLike<A> = pooler
    ? oneAfterTheOther(withOwnTransaction(sql))
    : (statement) => statement(sql)

  const lastSign = () => {
    const [oldest] = waiting
    return Math.max(socket === undefined ? 0 : heardAt, oldest?.sentAt ?? 0)
  }

  const look = () => {
    const now = performance.now()
    let allowedSeconds = deadlineSeconds
    for (const one of waiting) {
      const { patience } = one
      if (now - patience.since >= (patience.seconds ?? operationDeadlineSeconds) * 1000) giveUp(one, tooLate)
      allowedSeconds = Math.max(allowedSeconds, patience.seconds ?? 0)
    }
    if (socket !== undefined && waiting.size > 0 && now - lastSign() >= allowedSeconds * 1000) return die(silent)
    if (waiting.size > 0) lookLater()
    else looking = false
  }

  const lookLater = () => {
    looking = true
    // Not a plain timer: a slow process must not be mistaken for a silent server.
    giveUpAfter((deadlineSeconds * 1000) / LOOKS, look)
  }

  const run = <A>(statement: Statement<A>, use: Use, patience: Patience): Promise<A> =>
    new Promise((resolve, reject) => {
      if (over !== undefined) return reject(over)
      const one: Waiting = { isWanted: true, reject, sentAt: performance.now(), patience }
      const settle = () => {
        waiting.delete(one)
        if (use === "read") reading -= 1
        if (use === "other") others -= 1
        if (waiting.size === 0) emptied?.()
      }
      waiting.add(one)
      if (use === "read") reading += 1
      if (use === "other") others += 1
      if (!looking) lookLater()
      ask(statement, one).then(
        (answer) => {
          settle()
          resolve(answer)
        },
        (cause: unknown) => {
          const why = fromCause(cause)
          settle()
          reject(why)
          if (endsConnection(cause)) die(why)
        }
      )
    })

  const leave = async () => {
    if (waiting.size > 0) {
      await new Promise<void>((resolve) => {
        emptied = resolve
      })
    }
    if (over !== undefined) return
    over = ended
    await sql.end({ timeout: 1 }).catch(() => {})
    socket?.destroy()
  }

  const retire = () => {
    retired ??= leave()
    return retired
  }

  const connection: Connection = {
    waiting: () => waiting.size,
    isReading: () => reading === waiting.size,
    isHeld: () => others > 0,
    heardAt: () => heardAt,
    openedAt,
    run,
    destroy: die,
    retire
  }
  return connection
}

/**
 * How the server writes and reads values, so that its own or the database's defaults do not matter. Poolers know these
 * parameters, and set them again when they give a connection to another client. They are written as the server reports
 * them: PgBouncer compares the texts, and would set `ISO` again before every statement. The encoding is not here: the
 * driver sets UTF-8 itself.
 */
const format = { DateStyle: "ISO, MDY", TimeZone: "UTC", standard_conforming_strings: "on" } as const

/**
 * Other settings that must not depend on the defaults of the server, the database or the user. `statement_timeout` also
 * limits the wait for a lock. It is shorter than our own deadline, so that the server's error arrives in time.
 */
const startup = (deadlineSeconds: number) => ({
  statement_timeout: Math.max(1, Math.floor(deadlineSeconds * 800)),
  extra_float_digits: 1,
  bytea_output: "hex",
  default_transaction_isolation: "read committed" as const,
  // Upper-case names mean the same to the server. In lower case, the driver accepts only 0 and false, and does not send
  // them.
  LOCK_TIMEOUT: "0",
  DEFAULT_TRANSACTION_READ_ONLY: "off",
  DEFAULT_TRANSACTION_DEFERRABLE: "off"
})

/** Says whether the caller of a statement still waits for it. */
type Wanted = Readonly<Pick<Waiting, "isWanted">>

const giveUp = (one: Waiting, why: DatabaseFailure): void => {
  one.isWanted = false
  one.reject(why)
}

type Ask = <A>(statement: Statement<A>, wanted: Wanted) => Promise<A>

/**
 * Sends a statement when the last one is answered. Some poolers lose answers if a client sends a statement before the
 * last one is answered. If its caller was given an error meanwhile, it is not sent.
 *
 * @see https://github.com/supabase/supavisor/issues/1061
 */
const oneAfterTheOther = (ask: Ask): Ask => {
  let last: Promise<unknown> = Promise.resolve()
  return (statement, wanted) => {
    const answer = last.then(() => (wanted.isWanted ? ask(statement, wanted) : Promise.reject(tooLate)))
    last = answer.catch(() => {})
    return answer
  }
}

/**
 * A statement that is not prepared is sent with its parameters. The driver would first ask the server for the types of
 * the parameters, and so wait twice. It needs no types for texts, numbers, booleans, dates and null. If another version
 * of the driver does not know this property, it asks.
 */
const inOneRoundTrip = <Query extends object>(query: Query): Query =>
  Object.defineProperty(query, "describeFirst", { get: () => false, set: () => {} })

/**
 * Behind a pooler, the database's defaults apply. If they prevent a statement, it is sent again in a transaction that
 * sets what it needs. After that has worked once, every later statement of this connection is sent in such a
 * transaction.
 */
const withOwnTransaction = (sql: Sql): Ask => {
  let always = false
  return async (statement, wanted) => {
    if (always) return inTransaction(sql, statement)
    try {
      return await inOneRoundTrip(statement(sql))
    } catch (cause) {
      if (!foreignDefaults.has(fromCause(cause).code) || !wanted.isWanted) throw cause
      try {
        const answer = await inTransaction(sql, statement)
        always = true
        return answer
      } catch (second) {
        // A standby refuses BEGIN READ WRITE with another code. The error of the statement itself is the reason to
        // report.
        throw fromCause(second).fate === "misplaced" ? cause : second
      }
    }
  }
}

/** Read-only transaction, and serialization failure (which READ COMMITTED does not have). */
const foreignDefaults: ReadonlySet<string> = new Set(["25006", "40001"])
