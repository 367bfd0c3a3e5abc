/** One server, with one connection at a time. When the connection has died, the next command opens a new one. */
import { type Command, type Connection, connect, type Reply } from "./redis-connection.ts"
import { ended, RedisFailure } from "./redis-failure.ts"
import type { Access, Address } from "./redis-server.ts"

/** Whether a command may be sent again if it is not known whether it ran. */
export type Repeatable = "repeatable" | "once"

export interface Node {
  readonly address: Address
  /**
   * Rejects only with a {@link RedisFailure}. Sends a command at most twice, the second time on another connection.
   * @param until a value of `performance.now()`: nothing is sent later, and no answer awaited longer
   */
  readonly run: (command: Command, repeatable: Repeatable, until?: number, first?: Command) => Promise<Reply>
  /** Waits for the commands that are running. Later commands fail. */
  readonly close: () => Promise<void>
}

/** Connects when the first command is run. */
export const makeNode = (address: Address, access: Access): Node => {
  let current: Connection | undefined
  let closing = false

  const connection = (): Connection => {
    if (closing) throw ended
    if (current === undefined || current.isDead()) current = connect(address, access)
    return current
  }
  const send = async (command: Command, until: number, first: Command | undefined): Promise<Reply> =>
    connection().run(command, until, first)

  return {
    address,
    run: async (command, repeatable, until = Number.POSITIVE_INFINITY, first) => {
      try {
        return await send(command, until, first)
      } catch (cause) {
        if (repeatable === "once" || !(cause instanceof RedisFailure && cause.lost)) throw cause
        return send(command, until, first)
      }
    },
    close: async () => {
      closing = true
      await current?.close()
    }
  }
}
