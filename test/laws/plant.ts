/** A bug that is planted into correct stores, to show that a law detects it. */
import * as Effect from "effect/Effect"
import { brokenStores } from "../../src/testing/index.ts"
import { noWaiting, type Stores, type Turn } from "./stores.ts"

export interface Plant {
  readonly name: string
  /** A bug in how rows are stored. */
  readonly beneath?: (stores: Stores, turn: Turn, now: () => number) => Stores
  /** A bug in how network errors are reported. */
  readonly above?: (stores: Stores) => Stores
}

/** A fault of `brokenStores`, by its name. */
const plant = (name: string): Plant => {
  const broken = brokenStores.find((one) => one.name === name)
  if (broken === undefined) throw new Error(`brokenStores has no fault "${name}"`)
  if (broken.place === "client") return { name, above: (stores) => broken.stores(stores) }
  return {
    name,
    beneath: (stores, turn) =>
      broken.stores(stores, (label) => (turn === noWaiting ? undefined : Effect.runPromise(turn(label))))
  }
}

/** Faults of `brokenStores`, by their names. */
export const plants = (...names: ReadonlyArray<string>): ReadonlyArray<Plant> => names.map(plant)
