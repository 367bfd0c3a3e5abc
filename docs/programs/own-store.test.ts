import { equal, rejects } from "node:assert/strict"
import { DatabaseSync } from "node:sqlite"
import { test } from "node:test"
import { memory } from "latchkey/memory"
import { brokenStores, laws, storePromises, testSite } from "latchkey/testing"
import { sqliteSessions } from "./sqlite-sessions.ts"

for (const promise of storePromises(() => sqliteSessions(new DatabaseSync(":memory:"))))
  test(promise.title, () => promise.check())

test("a store that forgets to delete breaks a promise", async () => {
  const broken = brokenStores.find(({ name }) => name === "a Delete removes nothing")
  const sessions = () => broken?.stores(memory()).sessions ?? memory().sessions
  await rejects(Promise.all(storePromises(sessions).map((promise) => promise.check())))
})

const db = new DatabaseSync(":memory:")
const reset = () => db.exec("DELETE FROM session; DELETE FROM moved")
const rows = () => Array.from(db.prepare("SELECT key FROM session").iterate(), ({ key }) => String(key))
const site = testSite({ stores: (stores) => ({ ...stores, sessions: sqliteSessions(db) }), reset, rows })

test("a test site keeps its sessions in the store", async () => {
  await site.browserOf("alice")
  equal(rows().length, 1)
})

for (const law of laws(site)) test(law.title, async () => void (await law.check()))
