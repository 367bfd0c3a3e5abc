import { DatabaseSync } from "node:sqlite"
import { sqliteSessions } from "../../docs/programs/sqlite-sessions.ts"
import type { SessionStore } from "../../src/adapters/interpreter/ports.ts"
import { sessionStoreContract } from "../adapters/store/contract.ts"

sessionStoreContract("the store that the docs show", async () => {
  const db = new DatabaseSync(":memory:")
  // It is typed by the built package, the contract by the sources: the same types, whose brands differ.
  const store = sqliteSessions(db) as unknown as SessionStore
  return { store, close: async () => db.close() }
})
