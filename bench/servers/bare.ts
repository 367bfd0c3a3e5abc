/** The baseline: Node's http server and one prepared join, without sessions, signatures or checks. */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import postgres from "postgres"

const sql = postgres(process.env["DATABASE_URL"] ?? "", { max: 10 })

const server = createServer(async (req, res) => {
  const key = /sessionid=([a-z0-9]+)/.exec(req.headers.cookie ?? "")?.[1] ?? ""
  const [row] =
    req.url === "/anon"
      ? []
      : await sql`
    SELECT s.session_data, u.id, u.username, u.email, u.is_active FROM django_session s
    LEFT JOIN auth_user u ON u.id = ${1} WHERE s.session_key = ${key} AND s.expire_date > ${new Date()}`
  const body = req.url === "/anon" ? "ok" : JSON.stringify({ user: row?.["username"] ?? null })
  res.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) })
  res.end(body)
})
server.listen(0, "127.0.0.1", () => console.log(`listening on ${(server.address() as AddressInfo).port}`))
