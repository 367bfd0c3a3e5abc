/** Requests with keep-alive connections, each timed by itself. */
import { Agent, request } from "node:http"

export interface Visit {
  readonly path: string
  readonly cookie?: string
}

/** What a client saw. */
export interface Seen {
  /** From the request to the end of the answer, in milliseconds. */
  readonly milliseconds: ReadonlyArray<number>
  readonly cookies: ReadonlyArray<string>
}

/** Sends all of them over so many connections. Rejects if one is not answered as expected. */
export const visitAll = async (
  port: number,
  visits: ReadonlyArray<Visit>,
  expected: RegExp,
  connections = 8
): Promise<Seen> => {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const milliseconds: Array<number> = []
  const cookies: Array<string> = []
  let next = 0
  const client = async () => {
    for (let visit = visits[next++]; visit !== undefined; visit = visits[next++]) {
      const since = performance.now()
      const { body, cookie } = await answerOf(agent, port, visit)
      milliseconds.push(performance.now() - since)
      if (!expected.test(body)) throw new Error(`${visit.path} answered ${body}`)
      if (cookie !== undefined) cookies.push(cookie)
    }
  }
  await Promise.all(Array.from({ length: connections }, client))
  agent.destroy()
  return { milliseconds, cookies }
}

const answerOf = (agent: Agent, port: number, { cookie, path }: Visit) =>
  new Promise<{ readonly body: string; readonly cookie: string | undefined }>((resolve, reject) => {
    const headers = cookie === undefined ? {} : { cookie }
    const sent = request({ agent, host: "127.0.0.1", port, path, headers }, (response) => {
      let body = ""
      response.setEncoding("utf8").on("data", (part: string) => {
        body += part
      })
      response.on("end", () =>
        resolve({ body, cookie: /sessionid=\w+/.exec(String(response.headers["set-cookie"]))?.[0] })
      )
    })
    sent.on("error", reject)
    sent.end()
  })
