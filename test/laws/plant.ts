/** A bug, to be planted into sound stores: a law is worth something if it finds it. */
import type { Stores, Turn } from "./stores.ts"

export interface Plant {
  readonly name: string
  /** Broken where the rows are kept. */
  readonly beneath?: (stores: Stores, turn: Turn, now: () => number) => Stores
  /** Broken in how it reports what the network did. */
  readonly above?: (stores: Stores) => Stores
}
