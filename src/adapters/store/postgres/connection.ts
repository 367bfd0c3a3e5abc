/**
 * One connection to the server, which dies once and is never revived.
 *
 * The driver would connect again by itself; then a query sent between the `error` and the `close` of its socket is
 * later answered with no rows, or with another query's rows, or never. So each connection has a driver of its own
 * (`max: 1`), and its statements are rejected at the first sign of its end, before the driver knows.
 *
 * | while | sign | then |
 * | --- | --- | --- |
 * | connecting | an error, or nothing within `connectTimeoutSeconds` | dead |
 * | statements wait | nothing heard for `deadlineSeconds` | dead |
 * | at any time | an error of the socket, the end of the stream, a fatal error of the server | dead |
 * | statements wait | `operationDeadlineSeconds` since one was asked for | that one is rejected; the connection stays |
 * | statements wait | the server refuses one because it is read-only | that one is rejected; the client retires the connection |
 * | retiring | the last statement is answered | closed |
 *
 * Source: measured with postgres.js 3.4.9.
 */
import type { Socket } from "node:net"
import postgres, { type ISql, type Sql } from "postgres"
import { closed, type DatabaseFailure, ended, endsConnection, fromCause, silent, tooLate } from "./failure.ts"
import type { Server } from "./server.ts"
import { open } from "./socket.ts"
import type { Statement } from "./statement.ts"

export interface ConnectionSettings {
  readonly server: Server
  readonly deadlineSeconds: number
  readonly connectTimeoutSeconds: number
  readonly operationDeadlineSeconds: number
  /** The server is behind a pooler that hands a connection to another client after every transaction. */
  readonly pooler: boolean
}

/** When a statement was asked for, and how long both we and the server may take. */
export interface Patience {
  /** Of `performance.now()`. */
  readonly since: number
  /** Instead of the settings' deadlines. */
  readonly seconds?: number | undefined
}

export interface Connection {
  /** How many statements wait for their answer. */
  readonly waiting: () => number
  /** Whether none of them but short reads. */
  readonly isReading: () => boolean
  /** Of `performance.now()`; what does not have a socket yet has been heard from. */
  readonly heardAt: () => number
  readonly openedAt: number
  /** Rejects with a {@link DatabaseFailure} only. @param isRead whether the statement is a short read */
  readonly run: <A>(statement: Statement<A>, isRead: boolean, patience: Patience) => Promise<A>
  /** Ends at once; statements that wait are rejected. */
  readonly destroy: (why: DatabaseFailure) => void
  /** Ends when the last statement is answered. */
  readonly retire: () => Promise<void>
}

/** @param quietSince of `performance.now()`, for a connection that died of silence: when it was last heard, or asked */
export type OnDeath = (connection: Connection, why: DatabaseFailure, quietSince: number) => void

interface Waiting {
  readonly reject: (why: DatabaseFailure) => void
  readonly sentAt: number
  readonly patience: Patience
}

/** How often within a deadline the clock is looked at. */
const LOOKS = 8

export const connect = (settings: ConnectionSettings, onDeath: OnDeath): Connection => {
  const { server, deadlineSeconds, connectTimeoutSeconds, operationDeadlineSeconds, pooler } = settings
  const openedAt = performance.now()
  const waiting = new Set<Waiting>()
  let socket: Socket | undefined
  let reading = 0
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
    for (const { reject } of waiting) reject(why)
    waiting.clear()
    emptied?.()
    socket?.destroy()
    onDeath(connection, why, quietSince)
  }

  /** The driver calls this once; whenever it tries again it learns that it is over. */
  const openSocket = async (): Promise<Socket> => {
    if (over !== undefined) throw over
    try {
      // Asked for here: the driver would let a password that cannot be had end the process.
      password = await server.password()
      const opened = await open(server, connectTimeoutSeconds)
      if (over !== undefined) {
        opened.destroy()
        throw over
      }
      socket = opened
      heardAt = performance.now()
      // First in line for these events, so that no statement is answered by a driver in disarray.
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
    // For the driver's messages; it does not connect by itself.
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
  const ask: <A>(statement: Statement<A>) => PromiseLike<A> = pooler
    ? withOwnTransaction(sql)
    : (statement) => statement(sql)

  const lastSign = () => {
    const [oldest] = waiting
    return Math.max(socket === undefined ? 0 : heardAt, oldest?.sentAt ?? 0)
  }

  const look = () => {
    const now = performance.now()
    let allowedSeconds = deadlineSeconds
    for (const { patience, reject } of waiting) {
      if (now - patience.since >= (patience.seconds ?? operationDeadlineSeconds) * 1000) reject(tooLate)
      allowedSeconds = Math.max(allowedSeconds, patience.seconds ?? 0)
    }
    if (socket !== undefined && waiting.size > 0 && now - lastSign() >= allowedSeconds * 1000) return die(silent)
    if (waiting.size > 0) lookLater()
    else looking = false
  }

  const lookLater = () => {
    looking = true
    // The second step lets Node read what arrived while the process was busy: its own slowness is not the server's silence.
    setTimeout(() => setImmediate(look), (deadlineSeconds * 1000) / LOOKS).unref()
  }

  const run = <A>(statement: Statement<A>, isRead: boolean, patience: Patience): Promise<A> =>
    new Promise((resolve, reject) => {
      if (over !== undefined) return reject(over)
      const one: Waiting = { reject, sentAt: performance.now(), patience }
      const settle = () => {
        waiting.delete(one)
        if (isRead) reading -= 1
        if (waiting.size === 0) emptied?.()
      }
      waiting.add(one)
      if (isRead) reading += 1
      if (!looking) lookLater()
      ask(statement).then(
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
    heardAt: () => heardAt,
    openedAt,
    run,
    destroy: die,
    retire
  }
  return connection
}

/**
 * How the server writes and reads values, whatever its or the database's defaults are. Poolers know these parameters,
 * and set them anew when they hand a connection on. Texts are read as UTF-8: the driver asks for that.
 */
const format = { DateStyle: "ISO", TimeZone: "UTC", standard_conforming_strings: "on" } as const

/**
 * What else must not depend on the defaults of the server, the database or the user. A lock is waited for until
 * `statement_timeout`, which comes first before our own deadline, so that the server's answer is heard.
 */
const startup = (deadlineSeconds: number) => ({
  statement_timeout: Math.max(1, Math.floor(deadlineSeconds * 800)),
  extra_float_digits: 1,
  bytea_output: "hex",
  default_transaction_isolation: "read committed" as const,
  // Names are the same in capitals. The driver's own spelling would take only 0 and false, and then leave them out.
  LOCK_TIMEOUT: "0",
  DEFAULT_TRANSACTION_READ_ONLY: "off",
  DEFAULT_TRANSACTION_DEFERRABLE: "off"
})

/**
 * Behind a pooler, where the database's defaults apply: a statement that they keep from being done is sent again in a
 * transaction that says what it needs. Once that helped, every later statement of this connection goes that way.
 */
const withOwnTransaction = (sql: Sql): (<A>(statement: Statement<A>) => Promise<A>) => {
  let always = false
  const inTransaction = async <A>(statement: Statement<A>): Promise<A> => {
    const run = async (transaction: ISql) => ({ answer: await statement(transaction) })
    return (await sql.begin("isolation level read committed read write", run)).answer
  }
  return async (statement) => {
    if (always) return inTransaction(statement)
    try {
      return await statement(sql)
    } catch (cause) {
      if (!foreignDefaults.has(fromCause(cause).code)) throw cause
      try {
        const answer = await inTransaction(statement)
        always = true
        return answer
      } catch (second) {
        // A standby refuses BEGIN READ WRITE with another code: what it said of the statement is the reason.
        throw fromCause(second).fate === "misplaced" ? cause : second
      }
    }
  }
}

/** Read-only, and a conflict that READ COMMITTED does not have. */
const foreignDefaults: ReadonlySet<string> = new Set(["25006", "40001"])
