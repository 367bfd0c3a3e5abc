/** A bug that is planted into correct stores, to show that a law detects it. */
import type { Stores, Turn } from "./stores.ts"

export interface Plant {
  readonly name: string
  /** A bug in how rows are stored. */
  readonly beneath?: (stores: Stores, turn: Turn, now: () => number) => Stores
  /** A bug in how network errors are reported. */
  readonly above?: (stores: Stores) => Stores
}
