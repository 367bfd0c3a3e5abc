/** Requests of clients that measure how long each answer takes; `wrk` measures how many there are. */
import { Agent, request } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"

interface Sent {
  readonly cookie?: string | undefined
  readonly body?: string | undefined
}

/** A client with so many connections that stay open. */
export const client = (port: number, connections: number) => {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  return {
    /**
     * Sends a GET, or a POST if there is a body of JSON. @returns milliseconds until the end of the answer; rejects unless
     * it has status 200 and this text
     */
    send: (path: string, expected: RegExp, { body, cookie }: Sent = {}): Promise<number> =>
      new Promise((resolve, reject) => {
        const since = performance.now()
        const headers = { ...(cookie && { cookie }), ...(body && { "content-type": "application/json" }) }
        const method = body === undefined ? "GET" : "POST"
        const options = { agent, host: "127.0.0.1", port, path, method, headers, timeout: 60_000 }
        const sent = request(options, (response) => {
          let answer = ""
          response.setEncoding("utf8").on("data", (part: string) => {
            answer += part
          })
          response.on("end", () => {
            if (response.statusCode === 200 && expected.test(answer)) resolve(performance.now() - since)
            else reject(new Error(`${path} answered ${response.statusCode}: ${answer}`))
          })
        })
        sent
          .on("error", reject)
          .on("timeout", () => sent.destroy(new Error(`${path} was not answered within a minute`)))
        sent.end(body)
      }),
    close: () => agent.destroy()
  }
}

/**
 * Sends a request every few milliseconds until it is told to stop, also while earlier ones wait.
 *
 * @returns the milliseconds of each, when all are answered
 */
export const steadily = async (
  every: number,
  send: () => Promise<number>,
  isDone: () => boolean
): Promise<ReadonlyArray<number>> => {
  const sent: Array<Promise<number>> = []
  for (const since = performance.now(); !isDone(); ) {
    const answer = send()
    answer.catch(() => {}) // it is awaited below, and may fail before
    sent.push(answer)
    await sleep(Math.max(0, since + sent.length * every - performance.now()))
  }
  return Promise.all(sent)
}

/** The time within which 99 % of the answers came. */
export const percentile99 = (milliseconds: ReadonlyArray<number>): number =>
  milliseconds.toSorted((a, b) => a - b)[Math.floor(milliseconds.length * 0.99)] ?? Number.NaN
