import { once } from "node:events"
import { Readable } from "node:stream"
import { finished, pipeline } from "node:stream/promises"
import { setTimeout as sleep } from "node:timers/promises"
import { attempt, code, fifty, type Handler } from "./bare-and-held.ts"

/**
 * Handlers whose whole exchange (bytes, events, callbacks, errors) must be the same as Node's, except for latchkey's
 * two lines.
 */
export const handlers: Readonly<Record<string, Handler>> = {
  "end with a body": (_, res) => res.end("hello"),
  "end without a body": (_, res) => res.end(),
  "end with an empty body": (_, res) => res.end(""),
  "end with a buffer": (_, res) => res.end(Buffer.from([1, 2, 255])),
  "end with an encoding": (_, res) => res.end("68656c6c6f", "hex"),
  "end with an encoding and a callback": (_, res, log) => res.end("héllo", "latin1", () => log("end callback")),
  "end with a callback": (_, res, log) => res.end(() => log("end callback")),
  "end with a body and a callback": (_, res, log) => res.end("hello", () => log("end callback")),
  "statusCode and statusMessage": (_, res) => {
    res.statusCode = 418
    res.statusMessage = "Short and stout"
    res.setHeader("X-Pot", "tea")
    res.end("no")
  },
  "writeHead, then end": (_, res) => res.writeHead(201, { "X-Name": "v", "Content-Length": 5 }).end("hello"),
  "writeHead with a message": (_, res) => res.writeHead(200, "Fine", { "X-Name": "v" }).end("hello"),
  "several writes": (_, res, log) => {
    res.write("a", () => log("a"))
    res.write(Buffer.from("b"), () => log("b"))
    res.write("Yw==", "base64", () => log("c"))
    res.end("d", () => log("d"))
  },
  "an empty write": (_, res) => {
    res.write("")
    res.end("x")
  },
  "a status set too late": (_, res, log) => {
    res.end("hello")
    res.statusCode = 500
    res.statusMessage = "Late"
    res.on("finish", () => log(`${res.statusCode} ${res.statusMessage}`))
  },
  flushHeaders: async (_, res) => {
    res.setHeader("Content-Type", "text/event-stream")
    res.flushHeaders()
    for (let i = 0; i < 3; i++) {
      await sleep(5)
      res.write(`data: ${i}\n\n`)
    }
    res.end()
  },
  trailers: (req, res) => {
    if (req.method !== "HEAD") res.writeHead(200, { Trailer: "X-Sum" })
    res.write("x")
    res.addTrailers({ "X-Sum": "1" })
    res.end()
  },
  "a length that the handler knows": (_, res) => {
    res.setHeader("Content-Length", 2)
    res.write("a")
    res.end("b")
  },
  "204": (_, res) => res.writeHead(204).end(),
  "204 with a body": (_, res, log) => {
    res.statusCode = 204
    res.write("dropped", () => log("write callback"))
    res.end("dropped", () => log("end callback"))
  },
  "304": (_, res) => res.writeHead(304, { ETag: '"x"' }).end(),
  "early hints first": (_, res) => {
    res.writeEarlyHints({ link: "</a.css>; rel=preload" })
    res.writeProcessing()
    res.writeContinue()
    res.end("hello")
  },
  "what is seen after the end": (_, res, log) => {
    const seen = () =>
      `${res.headersSent} ${res.writableEnded} ${res.writableFinished} ${res.writable} ${res.destroyed}`
    log(seen())
    res.write("x")
    log(seen())
    res.end("hello")
    log(seen())
    res.on("finish", () => log(seen()))
  },
  "headers after the head": (_, res, log) => {
    res.writeHead(200)
    log(attempt(() => res.setHeader("a", "1")))
    log(attempt(() => res.appendHeader("a", "1")))
    log(attempt(() => res.removeHeader("a")))
    log(attempt(() => res.setHeaders(new Map([["a", "1"]]))))
    log(attempt(() => res.writeHead(500)))
    log(attempt(() => res.writeEarlyHints({ link: "</a.css>; rel=preload" })))
    log(attempt(() => res.flushHeaders()))
    res.end("hello")
    log(attempt(() => res.setHeader("a", "1")))
    log(attempt(() => res.writeHead(500)))
  },
  "ends after the end": (_, res, log) => {
    res.end("hello", () => log("first"))
    log(attempt(() => res.end()))
    log(attempt(() => res.end(() => log("second"))))
    res.on("finish", () => res.end((error?: Error) => log(`third ${error && code(error)}`)))
  },
  "chunks that are none": (_, res, log) => {
    log(attempt(() => Reflect.apply(res.write, res, [null])))
    log(attempt(() => Reflect.apply(res.write, res, [5])))
    log(attempt(() => Reflect.apply(res.end, res, [{}])))
    res.statusCode = 400
    res.write("x")
    log(attempt(() => Reflect.apply(res.write, res, [null])))
    log(attempt(() => Reflect.apply(res.end, res, [5])))
    res.end("sorry")
    log(attempt(() => Reflect.apply(res.write, res, [null])))
  },
  "heads that Node refuses": (_, res, log) => {
    log(attempt(() => res.writeHead(99)))
    log(attempt(() => res.writeHead(1000)))
    log(attempt(() => res.writeHead(200, "bad\nmessage")))
    res.statusMessage = ""
    log(attempt(() => res.writeHead(200, ["odd"])))
    log(attempt(() => res.writeHead(200, { "X-Good": "1", "X-Bad": "a\nb" })))
    log(attempt(() => res.writeHead(200, { "bad name": "1" })))
    log(attempt(() => Reflect.apply(res.writeHead, res, [200, { "X-None": undefined }])))
    res.statusMessage = ""
    res.writeHead(500, { "X-Error": "1" }).end("sorry")
  },
  "a status that Node refuses": (_, res, log) => {
    res.statusCode = 1000
    log(attempt(() => res.end("x")))
    res.statusCode = 500
    res.end("sorry")
  },
  "pipeline from a stream": (_, res) => pipeline(Readable.from(fifty()), res),
  "pipeline from a generator": (_, res) => pipeline(fifty, res),
  pipe: async (_, res) => {
    Readable.from(fifty()).pipe(res)
    await finished(res)
  },
  "a loop that waits for drain": async (_, res) => {
    for (const chunk of fifty()) if (!res.write(chunk)) await once(res, "drain")
    res.end()
  },
  "a loop that waits for each callback": async (_, res) => {
    for (const chunk of fifty()) await new Promise((resolve) => res.write(chunk, resolve))
    await new Promise<void>((resolve) => res.end(resolve))
  },
  "a pipeline whose source fails": (_, res) =>
    pipeline(
      (async function* () {
        yield "x"
        await sleep(30)
        throw new Error("source")
      })(),
      res
    )
}
