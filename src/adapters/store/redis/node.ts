/** One server, by however many connections it takes: one at a time, a new one when the last has died. */
import { type Command, type Connection, connect, type Reply } from "./connection.ts"
import { ended, RedisFailure } from "./failure.ts"
import type { Access, Address } from "./server.ts"

/** Whether a command may be sent again when nobody knows what became of it. */
export type Repeatable = "repeatable" | "once"

export interface Node {
  readonly address: Address
  /** Rejects with a {@link RedisFailure} only. Repeats at most once, on a connection that is not the one that died. */
  readonly run: (command: Command, repeatable: Repeatable, first?: Command) => Promise<Reply>
  /** Waits for what is under way. Later commands fail. */
  readonly close: () => Promise<void>
}

/** Opens no connection before the first command. */
export const makeNode = (address: Address, access: Access): Node => {
  let current: Connection | undefined
  let closing = false

  const connection = (): Connection => {
    if (closing) throw ended
    if (current === undefined || current.isDead()) current = connect(address, access)
    return current
  }
  const send = async (command: Command, first: Command | undefined): Promise<Reply> => connection().run(command, first)

  return {
    address,
    run: async (command, repeatable, first) => {
      try {
        return await send(command, first)
      } catch (cause) {
        if (repeatable === "once" || !(cause instanceof RedisFailure && cause.lost)) throw cause
        return send(command, first)
      }
    },
    close: async () => {
      closing = true
      await current?.close()
    }
  }
}
