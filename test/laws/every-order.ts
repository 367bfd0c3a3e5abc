/** Runs requests in every order of their store calls, with the kit's `everyOrder`. Each order has a new world. */
import { everyOrder, Gate, type Scene } from "../../src/testing/index.ts"
import type { World } from "./world.ts"

/** Calls of the session store; everything else that a request waits for happens immediately. */
export const sessionCalls = /^(load|Insert|Update|Move|Delete) leaves$/

/** Calls of the session store and of the user store. */
export const allCalls = /^(?!the response).* leaves$/

/**
 * Runs the requests that `begin` returns, once for each order of their store calls.
 *
 * @param begin makes a world, the requests in it, and the check for afterwards
 * @param ordered the calls whose order is varied
 * @returns how many orders there were
 */
export const inEveryOrder = async (
  begin: () => Promise<Scene<unknown> & { readonly world: World }>,
  ordered: RegExp = sessionCalls
): Promise<number> => {
  const gate = new Gate()
  const site = { gate, reset: () => {} }
  const { orders } = await everyOrder(site, async () => {
    const { world, ...scene } = await begin()
    world.interleave({
      schedule: async (task, label = "") => {
        if (ordered.test(label)) await gate.turn(label)
        return task
      }
    })
    return scene
  })
  return orders
}
