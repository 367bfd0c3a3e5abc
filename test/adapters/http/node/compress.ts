/** A response wrapped as the packages compression and on-headers do it: writeHead, write, end and `on`. */
import type { ServerResponse } from "node:http"
import { createGzip, type Gzip, gunzipSync } from "node:zlib"

type Listener = (...args: ReadonlyArray<never>) => void

export const compress = (res: ServerResponse): void => {
  const { writeHead, write, end, on } = res
  let stream: Gzip | undefined
  let ended = false
  let fired = false
  let waiting: Array<Listener> | undefined = []

  const onHead = (): void => {
    const gzip = createGzip()
    stream = gzip
    res.setHeader("Content-Encoding", "gzip")
    res.removeHeader("Content-Length")
    gzip.on("data", (chunk: Buffer) => {
      if (Reflect.apply(write, res, [chunk]) === false) gzip.pause()
    })
    gzip.on("end", () => Reflect.apply(end, res, []))
    Reflect.apply(on, res, ["drain", () => gzip.resume()])
    for (const listener of waiting ?? []) gzip.on("drain", listener)
    waiting = undefined
  }
  const begin = (): void => {
    if (!Reflect.get(res, "_header")) Reflect.apply(Reflect.get(res, "_implicitHeader"), res, [])
  }

  Object.assign(res, {
    writeHead: (status: number, ...rest: ReadonlyArray<unknown>) => {
      const headers = rest.at(-1)
      if (typeof rest[0] === "string") res.statusMessage = rest[0]
      if (typeof headers === "object" && headers !== null) {
        for (const [name, value] of Object.entries(headers)) res.setHeader(name, value)
      }
      res.statusCode = status
      if (!fired) {
        fired = true
        onHead()
      }
      return Reflect.apply(writeHead, res, [res.statusCode])
    },
    write: (chunk: string | Buffer) => {
      if (ended) return false
      begin()
      return stream?.write(chunk) ?? Reflect.apply(write, res, [chunk])
    },
    end: (chunk?: string | Buffer) => {
      if (ended) return false
      begin()
      if (stream === undefined) return Reflect.apply(end, res, [chunk])
      ended = true
      return stream.end(chunk)
    },
    on: (event: string, listener: Listener) => {
      if (event !== "drain") return Reflect.apply(on, res, [event, listener])
      if (stream !== undefined) stream.on("drain", listener)
      else waiting?.push(listener)
      return res
    }
  })
}

/** The body of a reply, after chunked encoding and compression are removed. */
export const inflated = (reply: string): string => {
  const at = reply.indexOf("\r\n\r\n")
  const head = reply.slice(0, at).toLowerCase()
  let body = reply.slice(at + 4)
  if (head.includes("transfer-encoding: chunked")) {
    let whole = ""
    for (let length = Number.NaN; length !== 0; ) {
      const line = body.indexOf("\r\n")
      length = Number.parseInt(body.slice(0, line), 16)
      whole += body.slice(line + 2, line + 2 + length)
      body = body.slice(line + 4 + length)
    }
    body = whole
  }
  return head.includes("content-encoding: gzip") ? gunzipSync(Buffer.from(body, "latin1")).toString("latin1") : body
}
