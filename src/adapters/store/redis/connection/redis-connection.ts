/**
 * One connection to one server. Once it is dead, it is not used again. The driver would reconnect by itself and go on.
 * That is switched off, so the driver never sends an unacknowledged command a second time.
 *
 * | while | sign | then |
 * | --- | --- | --- |
 * | connecting | an error, or no answer within `deadlineSeconds` | dead |
 * | commands wait | no answer within `deadlineSeconds`; the server answers in order, so the others have none either | dead |
 * | commands wait | the time of its request is over before that | that one is rejected; the connection stays |
 * | at any time | an error of the socket, or its end | dead |
 * | commands wait | `READONLY`: a failover has demoted this server; its name may lead to the new primary by now | dead |
 *
 * Source: measured with redis 6.3.1.
 */
import { createClient, RESP_TYPES } from "redis"
import { giveUpAfter } from "../../../store-time/store-time.ts"
import { closed, ended, fromCause, neverSent, RedisFailure, silent, tooLate, unexpected } from "./redis-failure.ts"
import type { Access, Address } from "./redis-server.ts"

export type Reply = null | number | string | ReadonlyArray<Reply>

/** Bytes as text, one character per byte, so that values of other programs are returned unchanged. */
export type Command = ReadonlyArray<string>

export interface Connection {
  /**
   * Rejects only with a {@link RedisFailure}.
   * @param until a value of `performance.now()`: the command is not sent later, and its answer not awaited longer
   * @param first is sent just before; its answer is not awaited
   */
  readonly run: (command: Command, until: number, first?: Command) => Promise<Reply>
  readonly isDead: () => boolean
  /** Closes immediately. Waiting commands are rejected with `why`. */
  readonly destroy: (why: RedisFailure) => void
  /** Waits for the commands that are running. */
  readonly close: () => Promise<void>
}

export const connect = ({ host, port }: Address, access: Access): Connection => {
  const waiting = new Set<(why: RedisFailure) => void>()
  const patience = access.deadlineSeconds * 1000
  let over: RedisFailure | undefined

  const socket = { host, port, connectTimeout: patience, reconnectStrategy: false } as const
  const { database, password, tls, username } = access
  const driver = createClient({
    socket: tls === undefined ? socket : { ...tls, ...socket, tls: true },
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    database,
    RESP: 2,
    disableOfflineQueue: true,
    disableClientInfo: true,
    maintNotifications: "disabled",
    commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } }
  })

  const die = (why: RedisFailure): void => {
    if (over !== undefined) return
    over = why
    for (const reject of waiting) reject(why)
    waiting.clear()
    driver.destroy()
  }
  driver.on("error", (cause) => die(fromCause(cause)))
  driver.on("end", () => die(closed))

  /**
   * Rejects when the promise rejects, when the connection dies, or when it takes too long; then the connection dies
   * too.
   */
  const awaited = async <A>(promise: Promise<A>): Promise<A> => {
    if (over !== undefined) throw over
    let leave = (): void => {}
    const death = new Promise<never>((_, reject) => {
      const cancel = giveUpAfter(patience, () => die(silent))
      waiting.add(reject)
      leave = () => {
        waiting.delete(reject)
        cancel()
      }
    })
    try {
      return await Promise.race([promise, death])
    } catch (cause) {
      throw fromCause(cause)
    } finally {
      leave()
    }
  }

  /** {@link awaited}, or {@link tooLate} after this instant. The connection is still watched. */
  const awaitedUntil = <A>(until: number, promise: Promise<A>): Promise<A> => {
    const rest = until - performance.now()
    const answer = awaited(promise)
    return rest >= patience ? answer : notAfter(rest, answer)
  }

  const ready = awaited(driver.connect())
  // Commands that wait for `ready` are rejected themselves; there may be none. A refused login ends the connection too.
  ready.catch((cause) => die(fromCause(cause)))

  const send = (command: Command): Promise<unknown> =>
    driver.sendCommand(command.map((argument) => Buffer.from(argument, "latin1")))

  return {
    run: async (command, until, first) => {
      if (over !== undefined) throw neverSent(over)
      if (!driver.isReady)
        await notAfter(until - performance.now(), ready).catch((cause) => {
          throw neverSent(fromCause(cause))
        })
      if (performance.now() >= until) throw tooLate
      // Sent in the same tick, so that no other command comes between the two.
      if (first !== undefined) send(first).catch(() => {})
      try {
        return parsed(await awaitedUntil(until, send(command)))
      } catch (cause) {
        if (cause instanceof RedisFailure && cause.code === "READONLY") die(closed)
        throw cause
      }
    },
    isDead: () => over !== undefined,
    destroy: die,
    close: async () => {
      await Promise.allSettled([driver.isReady ? awaited(driver.close()) : Promise.resolve()])
      die(ended)
    }
  }
}

const parsed = (reply: unknown): Reply => {
  if (reply === null || typeof reply === "number" || typeof reply === "string") return reply
  if (Buffer.isBuffer(reply)) return reply.toString("latin1")
  if (Array.isArray(reply)) return reply.map(parsed)
  throw unexpected
}

/** The promise, or {@link tooLate} after so many milliseconds. */
export const notAfter = async <A>(milliseconds: number, promise: Promise<A>): Promise<A> => {
  // It may be rejected later, when nothing waits for it any more.
  promise.catch(() => {})
  let cancel = (): void => {}
  const end = new Promise<never>((_, reject) => {
    cancel = giveUpAfter(milliseconds, () => reject(tooLate))
  })
  try {
    return await Promise.race([promise, end])
  } finally {
    cancel()
  }
}
