/** The interface to Redis that the sessions use, for one server or a cluster. */

import * as Effect from "effect/Effect"
import { StoreUnavailable } from "../../../errors/errors.ts"
import { CurrentStoreTime } from "../../../store-time/store-time.ts"
import type { Script } from "../scripts/scripts.ts"
import type { Command, Reply } from "./redis-connection.ts"
import { fromCause, RedisFailure, tooLate } from "./redis-failure.ts"
import type { Node, Repeatable } from "./redis-node.ts"

export interface Servers {
  /**
   * Runs a command about one key. Rejects only with a {@link RedisFailure}.
   * @param until a value of `performance.now()`: nothing is sent later, and no answer awaited longer
   */
  readonly run: (key: string, command: Command, repeatable: Repeatable, until?: number) => Promise<Reply>
  /** The server, or the nodes of a cluster that accept writes. Rejects only with a {@link RedisFailure}. */
  readonly primaries: () => Promise<ReadonlyArray<Node>>
  readonly close: () => Promise<void>
  /** The same servers without the deadline of a request, to undo what was begun. Absent if they have none. */
  readonly lasting?: Servers
}

export const oneServer = (node: Node): Servers => ({
  run: (_, command, repeatable, until) => node.run(command, repeatable, until),
  primaries: async () => [node],
  close: node.close
})

/** Runs what a call of a store does, at most as long as its request may still wait for stores. */
export const attempt = <A>(
  servers: Servers,
  operation: string,
  run: (servers: Servers) => Promise<A>
): Effect.Effect<A, StoreUnavailable> =>
  Effect.withFiber((fiber) => {
    const time = fiber.getRef(CurrentStoreTime)
    return Effect.tryPromise({
      try: () => {
        if (time === undefined) return run(servers)
        const now = performance.now()
        const rest = time.start(now)
        if (rest <= 0) throw tooLate
        return run(new LimitedServers(servers, now + rest)).finally(() => time.end(performance.now()))
      },
      catch: (given) => {
        const cause = fromCause(given)
        if (cause === tooLate) time?.exhaust()
        return new StoreUnavailable({ operation, cause })
      }
    })
  })

/** Servers until the time of a request is over. */
class LimitedServers implements Servers {
  readonly lasting: Servers
  readonly #until: number

  /** @param until a value of `performance.now()` */
  constructor(servers: Servers, until: number) {
    this.lasting = servers
    this.#until = until
  }
  run(key: string, command: Command, repeatable: Repeatable): Promise<Reply> {
    return this.lasting.run(key, command, repeatable, this.#until)
  }
  primaries(): Promise<ReadonlyArray<Node>> {
    return this.lasting.primaries()
  }
  close(): Promise<void> {
    return this.lasting.close()
  }
}

/** Runs a script by its digest. If the server does not know it, nothing has run yet, and the text is sent. */
export const evaluate = async (
  servers: Servers,
  script: Script,
  keys: readonly [string, ...ReadonlyArray<string>],
  values: ReadonlyArray<string>,
  repeatable: Repeatable
): Promise<Reply> => {
  const given = [String(keys.length), ...keys, ...values]
  try {
    return await servers.run(keys[0], ["EVALSHA", script.digest, ...given], repeatable)
  } catch (cause) {
    if (!(cause instanceof RedisFailure) || cause.code !== "NOSCRIPT") throw cause
    return servers.run(keys[0], ["EVAL", script.text, ...given], repeatable)
  }
}
