import { DatabaseSync } from "node:sqlite"
import { test } from "node:test"
import { storePromises } from "latchkey/testing"
import { sqliteSessions } from "./sqlite-sessions.ts"

for (const promise of storePromises(() => sqliteSessions(new DatabaseSync(":memory:"))))
  test(promise.title, () => promise.check())
