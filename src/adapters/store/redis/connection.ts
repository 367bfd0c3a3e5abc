/**
 * One connection to one server, which dies once and is never revived. The driver would connect again by itself and go
 * on; so it is told not to, and nothing that was not acknowledged is ever sent again behind our back.
 *
 * | while | sign | then |
 * | --- | --- | --- |
 * | connecting | an error, or nothing within `deadlineSeconds` | dead |
 * | somebody waits | no answer within `deadlineSeconds`: the server answers in order, so nobody else has one either | dead |
 * | at any time | an error of the socket, its end | dead |
 * | somebody waits | `READONLY`: a server demoted by a failover, whose name may mean its successor by now | dead |
 *
 * Source: measured with redis 6.3.1.
 */
import { setImmediate as nextMacrotask } from "node:timers/promises"
import { createClient, RESP_TYPES } from "redis"
import { closed, ended, fromCause, RedisFailure, silent, unexpected } from "./failure.ts"
import type { Access, Address } from "./server.ts"

export type Reply = null | number | string | ReadonlyArray<Reply>

/** Bytes as text, one character each: what is not ours comes back as it was. */
export type Command = ReadonlyArray<string>

export interface Connection {
  /**
   * Rejects with a {@link RedisFailure} only.
   * @param first is sent right before, and its answer is not waited for
   */
  readonly run: (command: Command, first?: Command) => Promise<Reply>
  readonly isDead: () => boolean
  /** Whoever waits is told. */
  readonly destroy: (why: RedisFailure) => void
  /** Waits for what is under way. */
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

  /** Rejects when the promise does, when the connection dies, or when it takes too long, by which the connection dies. */
  const awaited = async <A>(promise: Promise<A>): Promise<A> => {
    if (over !== undefined) throw over
    let leave = (): void => {}
    const death = new Promise<never>((_, reject) => {
      const timer = setTimeout(async () => {
        // An event loop that was busy may have the answer at hand.
        await nextMacrotask()
        if (waiting.has(reject)) die(silent)
      }, patience)
      waiting.add(reject)
      leave = () => {
        waiting.delete(reject)
        clearTimeout(timer)
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

  const ready = awaited(driver.connect())
  // Whoever waits for it learns of it; nobody need wait. A refusal to let us in is the end too.
  ready.catch((cause) => die(fromCause(cause)))

  const send = (command: Command): Promise<unknown> =>
    driver.sendCommand(command.map((argument) => Buffer.from(argument, "latin1")))

  return {
    run: async (command, first) => {
      if (over !== undefined) throw over
      if (!driver.isReady) await ready
      // Handed over in one go, so that nobody else's command comes between the two.
      if (first !== undefined) send(first).catch(() => {})
      try {
        return parsed(await awaited(send(command)))
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
