/**
 * A cluster: every key has a slot, every slot a node. The driver's own cluster client moves what it has not sent yet to
 * another node when one is lost, and lets a silent node's commands wait; so here each node is a {@link Node} with its
 * deadlines, and this is what decides whom to ask.
 *
 * | answer | then |
 * | --- | --- |
 * | `MOVED` | the slot has a new node for good: ask that one. The command was refused, so this is no repetition |
 * | `ASK` | the key has moved, the slot not yet: ask the other one, this once |
 * | the node is lost | told so; what is known of slots is asked anew before the next command |
 */
import type { Command, Reply } from "./connection.ts"
import { RedisFailure } from "./failure.ts"
import { makeNode, type Node, type Repeatable } from "./node.ts"
import { type Access, type Address, nameOf, parseAddress } from "./server.ts"
import type { Servers } from "./servers.ts"
import { slotOf, slots } from "./slot.ts"

/** A slot that wanders while we follow it. */
const maximumRedirections = 5

/** @param seeds of which at least one must answer; the others are learned */
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

  /** Whoever answers first. A view that is out of date is corrected by the first `MOVED`. */
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

  const holderOf = async (slot: number): Promise<Address> => {
    if (holders === undefined) learning ??= learn()
    const holder = (holders ?? (await learning))?.[slot]
    if (holder !== undefined) return holder
    holders = undefined
    throw new RedisFailure({ code: "CLUSTERDOWN", lost: false })
  }

  const run = async (key: string, command: Command, repeatable: Repeatable): Promise<Reply> => {
    const slot = slotOf(key)
    let address = await holderOf(slot)
    let isAsking = false
    for (let redirections = 0; ; redirections++) {
      try {
        return await nodeAt(address).run(command, repeatable, isAsking ? ["ASKING"] : undefined)
      } catch (cause) {
        if (!(cause instanceof RedisFailure)) throw cause
        if (cause.lost) holders = undefined
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
    close: async () => {
      await Promise.all([...nodes.values()].map((node) => node.close()))
    }
  }
}

/** Reads `CLUSTER SLOTS`: from, to, the node that takes writes, its replicas. */
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
