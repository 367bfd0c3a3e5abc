import { equal, rejects } from "node:assert/strict"
import { DatabaseSync } from "node:sqlite"
import { test } from "node:test"
import { memory } from "latchkey/memory"
import { brokenStores, storePromises, testSite } from "latchkey/testing"
import { sqliteSessions } from "./sqlite-sessions.ts"

for (const promise of storePromises(() => sqliteSessions(new DatabaseSync(":memory:"))))
  test(promise.title, () => promise.check())

test("a store that forgets to delete breaks a promise", async () => {
  const broken = brokenStores.find(({ name }) => name === "a Delete removes nothing")
  const sessions = () => broken?.stores(memory()).sessions ?? memory().sessions
  await rejects(Promise.all(storePromises(sessions).map((promise) => promise.check())))
})

test("a test site keeps its sessions in the store", async () => {
  const db = new DatabaseSync(":memory:")
  const site = testSite({ stores: (stores) => ({ ...stores, sessions: sqliteSessions(db) }) })
  await site.browserOf("alice")
  equal(db.prepare("SELECT count(*) AS rows FROM session").get()?.["rows"], 1)
})
