/** Code that sends with the methods of Node's class, or of a stream, passes by the methods that a hold replaces. */
import { OutgoingMessage, type RequestListener, ServerResponse } from "node:http"
import type { Http2ServerResponse } from "node:http2"
import { describe, expect, it } from "vitest"
import { type Http2Listener, listenHttp2 } from "../../../rig/http2-gateway.ts"
import {
  answering,
  type Handler,
  modes,
  nothing,
  type Options,
  ours,
  see,
  send,
  unavailable,
  withoutOurs
} from "./bare-and-held.ts"

const { writeHead } = ServerResponse.prototype
const { end, flushHeaders, write } = OutgoingMessage.prototype

const headOfClass: Handler = (_, res) => {
  Reflect.apply(writeHead, res, [200, { "X-One": "1" }])
  res.end("text")
}

describe.each(modes)("a held response, %s", (mode) => {
  it("gets the cookie with the old name of `writeHead`", async () => {
    const handler: Handler = (_, res) => {
      Reflect.apply(Reflect.get(res, "writeHeader"), res, [201, { "X-One": "1" }])
      res.end("text")
    }
    const [bare, held] = await Promise.all([see(handler, undefined), see(handler, answering(mode, send))])
    expect(withoutOurs(held)).toEqual(bare)
    expect(held.reply).toContain(ours)
  })

  it.each([
    ["send", send],
    ["unavailable", unavailable]
  ] as const)("is broken off if the class's `writeHead` sent a head without its headers: %s", async (_, outcome) => {
    const asked: Array<number> = []
    const held = await see(headOfClass, (status) => {
      asked.push(status)
      return answering(mode, outcome)(status)
    })
    expect([held.reply, asked]).toEqual(["", [200]])
    expect(held.log[0]).toMatch(/^handler threw The head was sent before the session was stored/)
  })

  it("of HTTP/2 is broken off if its stream sent the head", async () => {
    const onStream: Handler = (_, res) => {
      const { stream } = res as unknown as Http2ServerResponse
      stream.respond({ ":status": 200 })
      res.end("text")
    }
    const serve: Options["serve"] = async (listener: RequestListener) => {
      const { close, url } = await listenHttp2(listener as unknown as Http2Listener)
      return { port: Number(new URL(url).port), close }
    }
    const [bare, held] = await Promise.all([
      see(onStream, undefined, { serve }),
      see(onStream, answering(mode, send), { serve })
    ])
    expect(bare.reply).toContain("text")
    expect(held.reply).not.toContain("text")
    expect(held.log[0]).toMatch(/^handler threw The head was sent before the session was stored/)
  })
})

it("a response that needs nothing may be sent with the class's `writeHead`", async () => {
  const [bare, held] = await Promise.all([
    see(headOfClass, undefined),
    see(headOfClass, answering("synchronous", nothing))
  ])
  expect(held).toEqual(bare)
})

it.each<[string, Handler]>([
  ["end", (_, res) => Reflect.apply(end, res, ["text"])],
  ["end without a body", (_, res) => Reflect.apply(end, res, [])],
  ["end with bytes", (_, res) => Reflect.apply(end, res, [Buffer.from("text")])],
  ["write", (_, res) => Reflect.apply(write, res, ["text"])],
  ["flushHeaders", (_, res) => Reflect.apply(flushHeaders, res, [])]
])("a response that is held sends nothing by the class's %s", async (_, handler) => {
  const { log, reply } = await see(handler, answering("deferred", send))
  expect(reply).toBe("")
  expect(log[0]).toMatch(/^handler threw The session is not stored yet/)
})
