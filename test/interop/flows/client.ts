/** An HTTP client that sends exactly the given bytes, and a browser's cookie jar. */
import { Agent, request } from "node:http"
import { parseSetCookie } from "../../rig/browser.ts"

export interface Answer {
  readonly status: number
  readonly vary: string | undefined
  readonly location: string | undefined
  readonly cacheControl: string | undefined
  /** Media type without parameters. */
  readonly type: string | undefined
  readonly setCookie: ReadonlyArray<string>
  readonly body: string
  /** Epoch milliseconds at which the answer arrived. */
  readonly at: number
}

export interface Sent {
  readonly method: string
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  /** Bytes as Latin-1 text. */
  readonly body: string | undefined
}

const agent = new Agent({ keepAlive: true, maxSockets: 8 })

/** @param site `http://127.0.0.1:PORT` */
export const send = (site: string, sent: Sent): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(site)
    const body = sent.body === undefined ? undefined : Buffer.from(sent.body, "latin1")
    const headers = { ...sent.headers, ...(body === undefined ? {} : { "content-length": String(body.length) }) }
    const asked = request(
      { agent, hostname, port, path: sent.target, method: sent.method, headers, setHost: false, timeout: 90_000 },
      (response) => {
        const chunks: Array<Buffer> = []
        response.on("data", (chunk: Buffer) => chunks.push(chunk))
        response.once("error", reject)
        response.once("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            vary: response.headers.vary,
            location: response.headers.location,
            cacheControl: response.headers["cache-control"],
            type: response.headers["content-type"]?.split(";")[0],
            setCookie: response.headers["set-cookie"] ?? [],
            body: Buffer.concat(chunks).toString(),
            at: Date.now()
          })
        )
      }
    )
    asked.once("timeout", () => asked.destroy(new Error(`no answer to ${sent.method} ${sent.target}`)))
    asked.once("error", reject)
    asked.end(body)
  })

/** The cookies that one browser has, and those it had before. */
export interface Jar {
  readonly now: Map<string, string>
  readonly former: Map<string, string>
}

export const jar = (): Jar => ({ now: new Map(), former: new Map() })

/** Stores the cookies of an answer as browsers do: expired ones are deleted, and ones over 4,096 bytes are ignored. */
export const keep = ({ former, now }: Jar, setCookie: ReadonlyArray<string>): void => {
  for (const { name, value, attributes } of setCookie.map(parseSetCookie)) {
    const held = now.get(name)
    const maxAge = attributes.find(([attribute]) => attribute === "Max-Age")?.[1]
    const isGone = maxAge !== undefined && Number(maxAge) <= 0
    // A signature contains the second in which it was made. So a value with a new signature always counts as changed.
    if (held !== undefined && (isGone || held !== value || held.includes(":"))) former.set(name, held)
    if (isGone) now.delete(name)
    else if (name.length + value.length <= 4096) now.set(name, value)
  }
}
