import { Agent, request } from "node:http"
import type { RunningServer } from "./servers.ts"

const users = 1000

/**
 * Logs in over HTTP, user after user, and keeps the cookies.
 *
 * @param count of sessions
 * @param file writes lines into a file and returns its path
 */
export const cookiesOf = async (
  server: RunningServer,
  count: number,
  file: (lines: ReadonlyArray<string>) => string
): Promise<string> => {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 })
  const lines: Array<string> = []
  let next = 0
  const logIns = async () => {
    for (let at = next++; at < count; at = next++) {
      const id = 1 + (at % users)
      const cookies = await setCookiesOf(server, agent, `user${id}`)
      lines.push([...cookies.map((line) => line.split(";", 1)[0]), `bench_user=${id}`].join("; "))
    }
  }
  await Promise.all(Array.from({ length: 16 }, logIns))
  agent.destroy()
  return file(lines)
}

const setCookiesOf = (
  { port, postsLogins, prefix }: RunningServer,
  agent: Agent,
  username: string
): Promise<ReadonlyArray<string>> =>
  new Promise((resolve, reject) => {
    const [method, path] = postsLogins ? ["POST", "/login"] : ["GET", `${prefix}/login?user=${username}`]
    const sent = request({ agent, host: "127.0.0.1", port, path, method }, (response) => {
      const cookies = response.headers["set-cookie"] ?? []
      response.resume()
      response.on("end", () =>
        response.statusCode === 200 && cookies.length > 0
          ? resolve(cookies)
          : reject(new Error(`${path} answered ${response.statusCode} with ${cookies.length} cookies`))
      )
    })
    sent.on("error", reject)
    sent.end(postsLogins ? JSON.stringify({ username, password: "the password" }) : undefined)
  })
