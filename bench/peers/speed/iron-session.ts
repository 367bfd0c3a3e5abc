/** Node http with iron-session: the session is in an encrypted cookie, the user is one query. */
import { createServer } from "node:http"
import { getIronSession } from "iron-session"
import { listen } from "../../servers/listen.ts"
import { checked, userWith } from "./users.ts"

const options = {
  password: process.env.SECRET_KEY.padEnd(32, "-"),
  cookieName: "iron",
  cookieOptions: { secure: false }
}

const pages = {
  "/me": async (session) => (await userWith(session.userId))?.username ?? null,
  "/write": async (session) => {
    session.visited = Date.now()
    await session.save()
    return (await userWith(session.userId))?.username ?? null
  },
  "/login": async (session, query) => {
    const user = await checked(query.get("user"), "the password")
    session.userId = user.id
    await session.save()
    return user.username
  },
  "/logout": async (session) => {
    const user = (await userWith(session.userId))?.username ?? null
    session.destroy()
    return user
  }
}

listen(
  createServer(async (req, res) => {
    const { pathname, searchParams } = new URL(req.url, "http://localhost")
    const page = pages[pathname]
    const body =
      page === undefined
        ? "ok"
        : JSON.stringify({ user: await page(await getIronSession(req, res, options), searchParams) })
    res.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) })
    res.end(body)
  })
)
