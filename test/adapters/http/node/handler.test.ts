/** What a handler of nodeAuth may return besides `undefined`. */
import { setTimeout as later } from "node:timers/promises"
import { afterEach, describe, expect, it } from "vitest"
import { type NodeHandler, nodeAuth } from "../../../../src/adapters/http/node.ts"
import type { AnyFields } from "../../../../src/adapters/request/session/session-access.ts"
import type { MemoryUser } from "../../../../src/adapters/store/memory.ts"
import { application } from "../../request/site.ts"
import type { Served } from "../contract/adapter.ts"
import { listen } from "../contract/node-server.ts"

let served: Served | undefined
afterEach(() => served?.close())

/** @returns the client's answer, then the errors that were reported */
const answered = async (handler: NodeHandler<MemoryUser, AnyFields>): Promise<ReadonlyArray<unknown>> => {
  const reported: Array<unknown> = []
  const { auth } = await application()
  served = await listen(nodeAuth(auth, handler, { report: (error) => reported.push(error) }))
  const response = await fetch(served.url)
  return [response.status, await response.text(), ...reported]
}

describe("a handler", () => {
  it("may return the response", async () => {
    expect(await answered((_req, res) => res.end("in the same tick"))).toEqual([200, "in the same tick"])
    await served?.close()
    expect(await answered(async (_req, res) => res.writeHead(201).end("in time"))).toEqual([201, "in time"])
  })

  it("may return any value, and answer later", async () => {
    const handler: NodeHandler<MemoryUser, AnyFields> = (_req, res) => {
      void later(10).then(() => res.end("later"))
      return "nothing that matters"
    }
    expect(await answered(handler)).toEqual([200, "later"])
  })

  it.each<[string, NodeHandler<MemoryUser, AnyFields>]>([
    ["requireUser", (_req, _res, { requireUser }) => requireUser().catch(() => {})],
    ["requirePermission", (_req, _res, { requirePermission }) => requirePermission("blog.edit").catch(() => {})],
    ["loginRequired", (_req, _res, { loginRequired }) => loginRequired()]
  ])("does not get its page out when it ignores %s after the head", async (_, guard) => {
    for (const begin of ["write", "writeHead", "flushHeaders"] as const) {
      const sent = answered(async (req, res, context) => {
        if (begin === "write") res.write("a page: ")
        else if (begin === "writeHead") res.writeHead(200)
        else res.flushHeaders()
        await guard(req, res, context)
        res.end("secret")
      })
      await expect(sent, begin).rejects.toThrow(TypeError)
      await served?.close()
    }
  })

  it("a guard may be called after the head was sent, if it allows the visitor", async () => {
    const handler: NodeHandler<MemoryUser, AnyFields> = async (_req, res, { userPassesTest }) => {
      res.writeHead(200)
      await userPassesTest((user) => user === undefined)
      res.end("open")
    }
    expect(await answered(handler)).toEqual([200, "open"])
  })
})
