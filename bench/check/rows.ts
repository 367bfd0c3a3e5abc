/** What is measured: requests to an application with stores in memory, and what tests call often. */
import { withAuth } from "latchkey/fetch"
import { credentials, memoryAuth } from "../memory-application.ts"
import { measured as testingKit } from "../testing-kit.ts"

const auth = await memoryAuth()

const answer = withAuth(auth, async (request, { authenticate, getUser, hasPerm, login, session }) => {
  const path = new URL(request.url).pathname
  if (path === "/untouched") return new Response("ok")
  if (path === "/login") {
    const user = await authenticate(credentials)
    if (user === undefined) throw new Error("alice does not exist")
    await login(user)
  }
  if (path === "/write") await session.set("visited", Date.now())
  if (path === "/may") await hasPerm("auth.view_user")
  return new Response((await getUser())?.username ?? "anonymous")
})

const loggedIn = await answer(new Request("https://localhost/login"))
/** Of a user who is logged in. */
export const cookie = loggedIn.headers
  .getSetCookie()
  .map((line) => line.split(";", 1)[0])
  .join("; ")
const request = (path: string) => () => answer(new Request(`https://localhost${path}`, { headers: { cookie } }))
if ((await (await request("/read")()).text()) !== "alice") throw new Error("the user is not logged in")

/** By the name of the row, one call. */
export const rows: Readonly<Record<string, () => unknown>> = {
  "untouched request": request("/untouched"),
  "authenticated read": request("/read"),
  "session write": request("/write"),
  "permission check": request("/may"),
  login: request("/login"),
  ...Object.fromEntries(Object.entries(testingKit).map(([name, { run }]) => [`testing: ${name}`, run]))
}
