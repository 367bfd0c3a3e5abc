/**
 * One connection to the server, which dies once and is never revived.
 *
 * The driver would connect again by itself; then a query sent between the `error` and the `close` of its socket is
 * later answered with no rows, or with another query's rows, or never. So each connection has a driver of its own
 * (`max: 1`), and whoever waits for it is told at the first sign of its end, before the driver knows.
 *
 * | while | sign | then |
 * | --- | --- | --- |
 * | connecting | an error, or nothing within `connectTimeoutSeconds` | dead |
 * | somebody waits | nothing heard for `deadlineSeconds` | dead |
 * | at any time | an error of the socket, the end of the stream, a fatal error of the server | dead |
 * | somebody waits | `operationDeadlineSeconds` since it was asked for | told so; the connection lives on |
 * | retiring | nobody waits any more | closed |
 *
 * Source: measured with postgres.js 3.4.9.
 */
import type { Socket } from "node:net"
import postgres from "postgres"
import { closed, type DatabaseFailure, ended, endsConnection, fromCause, silent, tooLate } from "./failure.ts"
import type { Server } from "./server.ts"
import { open } from "./socket.ts"
import type { Statement } from "./statement.ts"

export interface ConnectionSettings {
  readonly server: Server
  readonly deadlineSeconds: number
  readonly connectTimeoutSeconds: number
  readonly operationDeadlineSeconds: number
  /** The server is behind a pooler that hands a connection to somebody else after every transaction. */
  readonly pooler: boolean
}

/** When somebody asked, and how long both we and the server may take. */
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
  /** Ends at once; whoever waits is told. */
  readonly destroy: (why: DatabaseFailure) => void
  /** Ends when nobody waits any more. */
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
      // First in line for these events, so that nobody is answered by a driver in disarray.
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
    connection: { application_name: server.applicationName, ...(pooler ? {} : startup(deadlineSeconds)) }
  }
  const sql = postgres(options)

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
    // The second step lets Node read what arrived while the process was busy: its own slowness is nobody's silence.
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
      statement(sql).then(
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

/** What the server is told at the start; the statement timeout comes first, so that the server's word is heard. */
const startup = (deadlineSeconds: number) => ({
  statement_timeout: Math.max(1, Math.floor(deadlineSeconds * 800)),
  default_transaction_isolation: "read committed" as const,
  DateStyle: "ISO"
})
