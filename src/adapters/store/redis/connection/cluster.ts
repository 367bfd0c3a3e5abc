/**
 * A cluster: every key has a slot, and every slot a node. When a node is lost, the driver's own cluster client sends
 * commands that it has not sent yet to another node, and it lets commands to a silent node wait. So each node here is a
 * {@link Node} with deadlines, and this file chooses the node for a command.
 *
 * | answer | then |
 * | --- | --- |
 * | `MOVED` | the slot has a new node: send it there, now and later. The command was refused, so it is not run twice |
 * | `ASK` | the key has moved, but not yet the whole slot: send it to the other node, only this time |
 * | the node is lost | query the slots again, for instance because a replica has taken its place |
 *
 * After the last, a command that is repeatable, or that was never sent, is sent once more, on a new connection to the
 * node that has the slot now.
 */

import { slotOf, slots } from "./hash-slot.ts"
import { type Command, notAfter, type Reply } from "./redis-connection.ts"
import { RedisFailure } from "./redis-failure.ts"
import { makeNode, type Node, type Repeatable } from "./redis-node.ts"
import { type Access, type Address, nameOf, parseAddress } from "./redis-server.ts"
import type { Servers } from "./servers.ts"

/** A limit for a slot that moves on while its redirections are followed. */
const maximumRedirections = 5

/** @param seeds at least one must answer; the other nodes are found through it */
export const makeCluster = (seeds: ReadonlyArray<Address>, access: Access): Servers => {
  const nodes = new Map<string, Node>()
  let holders: Array<Address | undefined> | undefined
  let learning: Promise<Array<Address | undefined>> | undefined

  const nodeAt = (address: Address): Node => {
    const name = nameOf(address)
    const known = nodes.get(name)
    if (known !== undefined) return known
    const fresh = makeNode(address, access)
    nodes.set(name, fresh)
    return fresh
  }
  for (const seed of seeds) nodeAt(seed)

  /** Uses the first answer of any node. An outdated answer is corrected by the first `MOVED`. */
  const learn = async (): Promise<Array<Address | undefined>> => {
    try {
      const views = [...nodes.values()].map(async (node) =>
        holdersIn(await node.run(["CLUSTER", "SLOTS"], "repeatable"), node.address)
      )
      holders = await Promise.any(views)
      return holders
    } catch (cause) {
      throw cause instanceof AggregateError ? cause.errors[0] : cause
    } finally {
      learning = undefined
    }
  }

  const known = async (): Promise<ReadonlyArray<Address | undefined>> => {
    if (holders === undefined) learning ??= learn()
    return holders ?? (await learning) ?? []
  }

  const holderOf = async (slot: number): Promise<Address> => {
    const holder = (await known())[slot]
    if (holder !== undefined) return holder
    holders = undefined
    throw new RedisFailure({ code: "CLUSTERDOWN", lost: false })
  }

  const run = async (
    key: string,
    command: Command,
    repeatable: Repeatable,
    until = Number.POSITIVE_INFINITY
  ): Promise<Reply> => {
    const slot = slotOf(key)
    // All callers share the query of the slots, so it has no deadline of one request.
    const holder = () => notAfter(until - performance.now(), holderOf(slot))
    let address = await holder()
    let isAsking = false
    let isRepeated = false
    for (let redirections = 0; ; redirections++) {
      try {
        return await nodeAt(address).run(command, "once", until, isAsking ? ["ASKING"] : undefined)
      } catch (cause) {
        if (!(cause instanceof RedisFailure)) throw cause
        if (cause.lost) {
          holders = undefined
          if (isRepeated || !(repeatable === "repeatable" || cause.neverSent)) throw cause
          address = await holder()
          isAsking = false
          isRepeated = true
          continue
        }
        const next = cause.address === undefined ? undefined : parseAddress(cause.address, address)
        if (next === undefined || redirections === maximumRedirections) throw cause
        isAsking = cause.code === "ASK"
        if (!isAsking && holders !== undefined) holders[slot] = next
        address = next
      }
    }
  }

  return {
    run,
    primaries: async () => [...new Set((await known()).flatMap((one) => (one === undefined ? [] : [nodeAt(one)])))],
    close: async () => {
      await Promise.all([...nodes.values()].map((node) => node.close()))
    }
  }
}

/** Reads the answer of `CLUSTER SLOTS`: first slot, last slot, the node that accepts writes, its replicas. */
const holdersIn = (reply: Reply, saidBy: Address): Array<Address | undefined> => {
  const holders = new Array<Address | undefined>(slots)
  for (const range of Array.isArray(reply) ? reply : []) {
    const [from, to, primary] = Array.isArray(range) ? range : []
    const [host, port] = Array.isArray(primary) ? primary : []
    if (typeof from !== "number" || typeof to !== "number" || typeof port !== "number") continue
    holders.fill({ host: typeof host === "string" && host !== "" ? host : saidBy.host, port }, from, to + 1)
  }
  return holders
}
