import { DatabaseSync } from "node:sqlite"
import { sqliteSessions } from "../../docs/programs/sqlite-sessions.ts"
import type { SessionStore } from "../../src/adapters/ports/session-store.ts"
import { sessionStoreContract } from "../adapters/store/session-store-contract.ts"

sessionStoreContract("the store that the docs show", async () => {
  const db = new DatabaseSync(":memory:")
  // The adapter has the types of the built package, the contract those of the sources. They are equal except for their
  // brands.
  const store = sqliteSessions(db) as unknown as SessionStore
  return { store, close: async () => db.close() }
})
