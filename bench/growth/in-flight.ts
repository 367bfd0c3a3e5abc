/** The memory of requests that wait inside a handler which has read the user, beside a handler without latchkey. */
import { Agent, get } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import type { PostgresServer } from "../../test/rig/postgres-server.ts"
import { startServer } from "../load.ts"
import { median } from "../statistics.ts"
import { secretKey } from "../store.ts"
import { fillWithSessions, keyOf } from "./stored-sessions.ts"

export interface InFlightResult {
  /** Kilobytes of heap and buffers for each waiting request, the request and the socket of Node included. */
  readonly latchkey: number
  readonly bare: number
}

const waiting = 1000

export const measureInFlight = async (server: PostgresServer): Promise<InFlightResult> => {
  const url = await server.createDatabase()
  await fillWithSessions(url, waiting * 2)
  return { latchkey: await kilobytes(url, ""), bare: await kilobytes(url, "1") }
}

const kilobytes = async (url: string, bare: string): Promise<number> => {
  const command = [process.execPath, "--expose-gc", fileURLToPath(new URL("parked-server.ts", import.meta.url))]
  const site = await startServer(command, {
    DATABASE_URL: url,
    SECRET_KEY: secretKey,
    NODE_ENV: "production",
    BARE: bare
  })
  const agent = new Agent({ keepAlive: true, maxSockets: waiting })
  const visit = (path: string, session: number, by?: Agent) =>
    new Promise<string>((resolve, reject) => {
      const options = { host: "127.0.0.1", port: site.port, path, ...(by && { agent: by }) }
      get({ ...options, headers: { cookie: `sessionid=${keyOf(session)}` } }, (response) => {
        let body = ""
        response.on("data", (part) => {
          body += part
        })
        response.on("end", () => resolve(body))
      }).on("error", reject)
    })
  try {
    const found: Array<number> = []
    for (let round = 0; round < 4; round++) {
      const before = Number(await visit("/memory", 0))
      const visits = Array.from({ length: waiting }, (_, n) => visit("/wait", round * 250 + n, agent))
      while (Number(await visit("/waiting", 0)) < waiting) await sleep(200)
      const during = Number(await visit("/memory", 0))
      await visit("/release", 0)
      await Promise.all(visits)
      if (round > 0) found.push((during - before) / waiting / 1024) // in the first round, code is compiled and sockets are made
    }
    return median(found)
  } finally {
    agent.destroy()
    site.stop()
  }
}
