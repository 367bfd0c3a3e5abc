import { once } from "node:events"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { setTimeout as sleep } from "node:timers/promises"
import express, { type Express, type NextFunction, type Request, type Response } from "express"
import { describe, expect, it, vi } from "vitest"
import { holdResponse } from "../../../../src/adapters/http/node/held-response.ts"
import { nativeOf } from "../../../../src/adapters/http/node/native/native-of.ts"
import type { ResponseDecision } from "../../../../src/adapters/http/node/response-decision.ts"
import {
  answering,
  bodyOf,
  code,
  exchange,
  type Handler,
  headOf,
  type Log,
  listen,
  modes,
  ours,
  request,
  see,
  send,
  unavailable,
  withoutOurs
} from "./bare-and-held.ts"

const fifty = function* (): Generator<Buffer> {
  for (let i = 0; i < 50; i++) yield Buffer.alloc(10_000, i)
}

/** Removes the stack that Express shows, since it depends on where the route was called from. */
const failure = (message: string): Error => Object.assign(new Error(message), { stack: message })

type Route = (req: Request, res: Response, log: Log) => unknown

const routes: Readonly<Record<string, Route>> = {
  json: (_, res) => res.json({ ok: true }),
  "json with a status": (_, res) => res.status(201).json({ ok: true }),
  send: (_, res) => res.send("<p>hello</p>"),
  "send of a buffer": (_, res) => res.send(Buffer.from([1, 2, 255])),
  "send nothing": (_, res) => res.send(),
  sendStatus: (_, res) => res.sendStatus(404),
  "sendStatus without a body": (_, res) => res.sendStatus(204),
  redirect: (_, res) => res.redirect("/elsewhere"),
  "redirect with a status": (_, res) => res.redirect(303, "/elsewhere"),
  end: (_, res) => res.status(202).end(),
  "cookies and vary of the application": (_, res) =>
    res.cookie("theme", "dark").cookie("lang", "en").vary("Accept-Language").json({}),
  format: (_, res) => res.format({ json: () => res.json({}), text: () => res.send("text") }),
  sendFile: (_, res, log) => res.sendFile("package.json", { root: "." }, (error) => log(`sent ${error}`)),
  "a fresh client": (req, res) => {
    req.headers["if-none-match"] = "*"
    res.set("ETag", '"x"').json({})
  },
  "an unknown path": (req) => req.next?.(),
  "a thrown error": () => {
    throw failure("thrown")
  },
  "an error after a wait": async () => {
    await sleep(5)
    throw failure("thrown later")
  },
  "an error with a status and headers": () => {
    throw Object.assign(failure("teapot"), { status: 418, headers: { "X-Pot": "tea" } })
  },
  "a pipeline": (_, res) => pipeline(Readable.from(fifty()), res.type("bin")),
  "a loop that waits for drain": async (_, res) => {
    for (const chunk of fifty()) if (!res.write(chunk)) await once(res, "drain")
    res.end()
  },
  "a stream of events": async (_, res) => {
    res.type("text/event-stream").flushHeaders()
    for (let i = 0; i < 3; i++) {
      res.write(`data: ${i}\n\n`)
      await sleep(5)
    }
    res.end()
  },
  "what a route sees after json": (_, res, log) => {
    res.json({})
    log(`${res.headersSent} ${res.writableEnded} ${res.statusCode}`)
  }
}

/** Routes that fail after they have answered. */
const afterwards: Readonly<Record<string, Route>> = {
  "json twice": (_, res) => {
    res.json({ first: 1 })
    res.json({ second: 2 })
  },
  "a throw after json": (_, res) => {
    res.json({ first: 1 })
    throw new Error("after the answer")
  },
  "an error long after json": async (_, res) => {
    res.json({ first: 1 })
    await sleep(2)
    throw new Error("long after the answer")
  },
  "a header after writeHead": (_, res) => {
    res.writeHead(200)
    res.setHeader("X-Late", "1")
  },
  "a redirect after json": (_, res) => {
    res.json({ first: 1 })
    res.redirect("/")
  },
  "sendStatus after end": (_, res) => {
    res.end("first")
    res.sendStatus(500)
  }
}

type OnError = (error: unknown, res: Response, log: Log, next: NextFunction) => unknown

/** An application with one route. */
const application = (route: Route, log: Log, onError?: OnError): Express => {
  const app = express()
  app.set("env", "test")
  app.get("/", async (req, res) => {
    await route(req, res, log)
  })
  if (onError !== undefined) {
    app.use((error: unknown, _: Request, res: Response, next: NextFunction) => onError(error, res, log, next))
  }
  return app
}

const run =
  (route: Route, onError?: OnError): Handler =>
  (req, res, log) =>
    application(route, log, onError)(req, res)

describe.each(modes)("Express on a held response, %s", (mode) => {
  it.each(Object.entries(routes))("answers as on a bare response: %s", async (_, route) => {
    for (const bytes of [request(), request("HEAD")]) {
      const [bare, held] = await Promise.all([
        see(run(route), undefined, { bytes }),
        see(run(route), answering(mode, send), { bytes })
      ])
      const [theirs, expected] = [withoutOurs(held), bare]
      expect(theirs.log).toEqual(expected.log)
      expect(bodyOf(theirs.reply)).toEqual(bodyOf(expected.reply))
      const varies = headOf(expected.reply).find((line) => line.startsWith("vary: "))
      expect(headOf(theirs.reply)).toEqual(
        headOf(expected.reply).map((line) => (line === varies ? `${line}, Cookie` : line))
      )
      expect(held.reply).toContain(`Set-Cookie: ${ours}\r\n`)
    }
  })

  it.each(Object.entries(afterwards))("calls the error handler with the same errors: %s", async (_, route) => {
    const onError: OnError = (error, res, log) => {
      log(`${code(error)} ${res.headersSent} ${res.writableEnded}`)
      if (!res.writableEnded) res.end()
    }
    const [bare, held] = await Promise.all([
      see(run(route, onError), undefined),
      see(run(route, onError), answering(mode, send))
    ])
    // Only the events come later, because they wait for the commit.
    expect([...held.log].sort()).toEqual([...bare.log].sort())
    expect(withoutOurs(held).reply).toEqual(bare.reply)
  })

  it.each(
    Object.entries(afterwards)
  )("answers with Express's own error handler, without hanging or crashing: %s", async (_, route) => {
    let committed = 0
    const respond = async (): Promise<ResponseDecision> => {
      // Long enough for a route to fail meanwhile, even on a busy machine.
      await sleep(200)
      committed += 1
      return send
    }
    const [bare, held] = await Promise.all([
      see(run(route), undefined),
      see(run(route), mode === "deferred" ? respond : () => send)
    ])
    if (mode === "synchronous") expect(withoutOurs(held)).toEqual(bare)
    else {
      // Express destroys the socket: the held response is dropped, and the session is committed.
      expect(held).toEqual({ reply: "", log: ["close"] })
      await vi.waitFor(() => expect(committed).toBe(1), 20_000)
    }
  })

  it.each(["json", "sendFile", "a pipeline"])("another answer replaces the route's: %s", async (name) => {
    const { reply } = await see(run(routes[name]!), answering(mode, unavailable))
    expect(headOf(reply)[0]).toBe("HTTP/1.1 503 Service Unavailable")
    expect(headOf(reply).join()).not.toContain("x-powered-by")
    expect(bodyOf(reply)).toBe(unavailable.body)
  })

  it("serves the next request when a route failed after its answer", async () => {
    const app = express()
    app.set("env", "test")
    app.use((_, res, next) => {
      holdResponse(nativeOf(res), { respond: answering(mode, send), onError: () => unavailable })
      next()
    })
    app.get("/twice", (_, res) => {
      res.json({ first: 1 })
      res.json({ second: 2 })
    })
    app.get("/", (_, res) => {
      res.json({ fine: true })
    })
    const { server, port } = await listen(app)
    await exchange(port, request().replace("GET /", "GET /twice"))
    const reply = await exchange(port, request())
    expect(bodyOf(reply)).toBe('{"fine":true}')
    expect(reply).toContain(ours)
    server.close()
  })
})
