/** What the sessions ask of Redis, whether it is one server or many. */
import type { Command, Reply } from "./connection.ts"
import { RedisFailure } from "./failure.ts"
import type { Node, Repeatable } from "./node.ts"
import type { Script } from "./scripts.ts"

export interface Servers {
  /** Runs a command about one key. Rejects with a {@link RedisFailure} only. */
  readonly run: (key: string, command: Command, repeatable: Repeatable) => Promise<Reply>
  readonly close: () => Promise<void>
}

export const oneServer = (node: Node): Servers => ({
  run: (_, command, repeatable) => node.run(command, repeatable),
  close: node.close
})

/** Runs a script by its digest, and by its text where the server does not know it: then it has not run at all. */
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
