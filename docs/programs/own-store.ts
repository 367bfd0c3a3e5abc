import { DatabaseSync } from "node:sqlite"
import { createAuth, modelBackend } from "latchkey"
import { memory } from "latchkey/memory"
import { sqliteSessions } from "./sqlite-sessions.ts"

const db = new DatabaseSync(":memory:")
const { users } = memory()
const auth = createAuth({
  secretKey: "not a secret",
  sessions: sqliteSessions(db),
  backends: { model: modelBackend(users) }
})
await auth.createUser({ username: "alice", password: "correct horse" })

let cookie = ""
/** One request, without a server. */
const visit = async (handler: (context: ReturnType<typeof auth.open>["context"]) => Promise<unknown>) => {
  const request = auth.open({
    method: "GET",
    target: "/",
    headers: [["Cookie", cookie]],
    transport: { secure: false, serverName: "localhost", serverPort: "80" }
  })
  console.log(await handler(request.context))
  const { cookies } = await request.respond(200)
  cookie = cookies.find((line) => line.startsWith("sessionid="))?.split(";")[0] ?? cookie
}

await visit(async ({ authenticate, login, session }) => {
  const alice = await authenticate({ username: "alice", password: "correct horse" })
  if (alice) await login(alice)
  await session.set("cart", [1, 2])
  return "alice logs in"
})
await visit(async ({ getUser, session }) => `${(await getUser())?.username} has ${await session.get("cart")}`)
console.log("rows:", db.prepare("SELECT count(*) AS rows FROM session").get()?.["rows"])
db.exec("DELETE FROM session")
await visit(async ({ getUser }) => `after the row is gone: ${(await getUser())?.username ?? "no user"}`)
