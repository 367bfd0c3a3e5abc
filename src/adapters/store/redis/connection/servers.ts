/** The interface to Redis that the sessions use, for one server or a cluster. */

import type { Script } from "../scripts/scripts.ts"
import type { Command, Reply } from "./redis-connection.ts"
import { RedisFailure } from "./redis-failure.ts"
import type { Node, Repeatable } from "./redis-node.ts"

export interface Servers {
  /** Runs a command about one key. Rejects only with a {@link RedisFailure}. */
  readonly run: (key: string, command: Command, repeatable: Repeatable) => Promise<Reply>
  /** The server, or the nodes of a cluster that accept writes. Rejects only with a {@link RedisFailure}. */
  readonly primaries: () => Promise<ReadonlyArray<Node>>
  readonly close: () => Promise<void>
}

export const oneServer = (node: Node): Servers => ({
  run: (_, command, repeatable) => node.run(command, repeatable),
  primaries: async () => [node],
  close: node.close
})

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
